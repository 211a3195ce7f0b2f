"""Doubtful labels, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from seqkit.errorpage.mislabels import hints
from seqkit.errorpage.survey import Decisions


def decisions(given, told, p_given, p_told, *, several=False):
    N = len(given)
    return Decisions(
        several,
        np.arange(N),
        np.full(N, -1),
        np.array(given),
        np.array(told),
        np.array(p_given),
        np.array(p_told),
    )


def test_a_label_is_doubted_where_another_is_as_sure_as_is_usual_for_that():
    # class 0: usual (0.9 + 0.9 + 0.3 + 0.1) / 4 = 0.55; class 1: (0.8 + 0.6) / 2 = 0.7
    found = hints(
        decisions(
            [0, 0, 0, 0, 1, 1], [0, 0, 1, 1, 1, 1], [0.9, 0.9, 0.3, 0.1, 0.8, 0.6],
            [0.9, 0.9, 0.7, 0.9, 0.8, 0.6],
        )
    )  # fmt: skip
    assert [one.decision for one in found] == [3, 2]
    assert found[0].usual == pytest.approx(0.55)
    assert [one.margin for one in found] == pytest.approx([0.45, 0.25])


def test_less_sure_than_usual_is_no_hint():
    # of class 1 the usual is 0.9; 0.6 is less
    assert hints(decisions([0, 0, 1], [0, 1, 1], [0.9, 0.4, 0.9], [0.9, 0.6, 0.9])) == []


def test_a_label_that_the_model_does_not_know_is_no_hint():
    assert hints(decisions([-1, 0, 1], [1, 0, 1], [0.0, 0.9, 0.9], [0.99, 0.9, 0.9])) == []


def test_of_several_labels_each_is_doubted_by_itself():
    # label 0 holds (class 1) or not (class 0); the third text is said to lack it, at 0.9
    found = hints(decisions([1, 0, 0], [1, 0, 1], [0.8, 0.9, 0.1], [0.8, 0.9, 0.9], several=True))
    assert [one.decision for one in found] == [2]
    assert found[0].usual == pytest.approx(0.5)
