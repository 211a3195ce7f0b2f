Cell = "a stand-in that no test builds"
