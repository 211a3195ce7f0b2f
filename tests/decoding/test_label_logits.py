"""Logits of labels: one for two labels, one a label for more, and labels that hold together."""

from __future__ import annotations

import numpy as np
import pytest

from seqkit.decoding.label_logits import LabelLogits

THIRD = np.log(2)  # a sigmoid of 2/3, and twice the weight of a logit of 0


@pytest.mark.parametrize(
    ("form", "logits", "probabilities"),
    [
        (LabelLogits(2, exclusive=True), [THIRD], [1 / 3, 2 / 3]),
        (LabelLogits(3, exclusive=True), [0.0, THIRD, 0.0], [1 / 4, 1 / 2, 1 / 4]),
        (LabelLogits(2, exclusive=False), [THIRD, 0.0], [2 / 3, 1 / 2]),
    ],
)
def test_logits_and_probabilities_stand_for_each_other(form, logits, probabilities):
    given = np.array([logits], np.float32)
    assert form.size == len(logits)
    told = form.probabilities(given)
    assert told.dtype == np.float64
    assert told[0] == pytest.approx(probabilities)
    assert form.probabilities(3 * given, temperature=3.0)[0] == pytest.approx(probabilities)
    back = form.of_probabilities(np.array(probabilities))
    assert back.shape == (form.size,)
    assert form.probabilities(back[np.newaxis])[0] == pytest.approx(probabilities)


def test_one_logit_for_two_labels_speaks_for_the_second():
    form = LabelLogits(2, exclusive=True)
    logits = np.array([[1.5], [-1.5], [0.0]])
    assert form.of_labels(logits).tolist() == [[0, 1.5], [0, -1.5], [0, 0]]
    assert form.likeliest(logits).tolist() == [[False, True], [True, False], [True, False]]


def test_of_more_labels_the_greatest_logit_wins():
    logits = np.array([[0.0, 2.0, 1.0], [3.0, 2.0, 3.0]])
    form = LabelLogits(3, exclusive=True)
    assert form.of_labels(logits) is logits
    assert form.likeliest(logits).tolist() == [[False, True, False], [True, False, False]]
