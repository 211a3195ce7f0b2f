"""What weights begin from, if not from chance: other models' weights, as numpy arrays.

``source.py`` opens a model and says whether it fits, ``rows.py`` matches two vocabularies, and
``beginning.py`` puts together what a recipe asks for.
"""
