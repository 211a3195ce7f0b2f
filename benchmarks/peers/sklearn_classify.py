"""scikit-learn labels reviews with the pipeline that sklearn_imdb.py trained."""

import joblib
from record import Clock, arguments, versions
from reviews import label, written

clock = Clock()

given = arguments()
model = joblib.load(given.model)


def predict(texts):
    """1 for each text that is positive."""
    return model.predict(texts) == "__label__pos"


facts = label(predict, written(given.data, quick=given.quick), clock, quick=given.quick)
clock.report(versions("scikit-learn"), **facts)
