"""fastText labels reviews with the model that fasttext_imdb.py trained."""

import numpy as np
from record import Clock, arguments, versions
from reviews import label, written

clock = Clock()

import fasttext

given = arguments()
model = fasttext.load_model(str(given.model))


def predict(texts):
    """1 for each text that is positive."""
    labels, _ = model.predict(texts)
    return np.array([best[0] == "__label__pos" for best in labels])


facts = label(predict, written(given.data, quick=given.quick), clock, quick=given.quick)
clock.report(versions("fasttext-wheel"), **facts)
