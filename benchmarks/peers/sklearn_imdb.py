"""Logistic regression on the TF-IDF of words and pairs of words, in scikit-learn.

``min_df`` and ``C`` are the best of a small grid on the validation reviews.
"""

from record import Clock, arguments, versions

clock = Clock()

import joblib
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

given = arguments()


def split(name):
    """The texts and their labels."""
    lines = (given.data / f"{name}.txt").read_text(encoding="utf-8").split("\n")[:-1]
    labels, texts = zip(*(line.split(" ", 1) for line in lines), strict=True)
    return texts, labels


train, dev = split("train"), split("dev")
clock.start()
model = make_pipeline(
    TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\S+", min_df=3, sublinear_tf=True),  # noqa: S106 -- no password
    LogisticRegression(C=100, max_iter=1000, random_state=given.seed),
)
model.fit(*train)
clock.stop()
clock.point(accuracy=float(model.score(*dev)))
if given.save:
    joblib.dump(model, given.save)
clock.report(versions("scikit-learn"), parameters=int(model[-1].coef_.size))
