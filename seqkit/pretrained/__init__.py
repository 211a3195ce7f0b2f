"""What weights begin from, if not from chance: other models' weights, or vectors of words.

``source.py`` opens a model and says whether it fits, ``rows.py`` matches two vocabularies,
``vectors.py`` reads files of vectors, and ``beginning.py`` puts together what a recipe asks for.
All are numpy arrays.
"""
