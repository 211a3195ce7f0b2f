"""Counts, averages and what a loss amounts to, against scikit-learn and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn import metrics as sklearn_metrics

from seqkit.decoding.metrics import (
    Counts,
    LabelScore,
    bits_per_character,
    confusion_matrix,
    count_labels,
    label_scores,
    macro_f1,
    perplexity,
    total,
)
from seqkit.errors import DataError

LABELS = ["a", "b", "c", "d"]
PAIRS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1)


def test_counts_by_hand():
    counts = Counts(correct=3, predicted=4, actual=6)
    assert (counts.precision, counts.recall, counts.f1) == (0.75, 0.5, 0.6)


def test_counts_of_nothing_are_zero():
    counts = Counts(0, 0, 0)
    assert (counts.precision, counts.recall, counts.f1) == (0, 0, 0)


@settings(deadline=None, max_examples=25)
@given(PAIRS)
def test_single_labels_score_as_in_scikit_learn(pairs):
    truth, predicted = map(list, zip(*pairs, strict=True))
    counts = count_labels([{t} for t in truth], [{p} for p in predicted])
    expected = sklearn_metrics.precision_recall_fscore_support(truth, predicted, zero_division=0)
    rows = [(s.precision, s.recall, s.f1, s.support) for s in label_scores(counts)]
    np.testing.assert_allclose(rows, np.transpose(expected))
    assert macro_f1(counts.values()) == pytest.approx(
        sklearn_metrics.f1_score(truth, predicted, average="macro")
    )
    assert total(counts.values()).f1 == pytest.approx(
        sklearn_metrics.f1_score(truth, predicted, average="micro")
    )


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.sets(st.sampled_from(LABELS)), st.sets(st.sampled_from(LABELS)))))
def test_label_sets_score_as_in_scikit_learn(pairs):
    # One pair more, so that both sides have a label and no average is of nothing.
    pairs = [*pairs, ({"a"}, {"a"})]
    truth, predicted = (
        np.array([[x in s for x in LABELS] for s in side]) for side in zip(*pairs, strict=True)
    )
    counts = count_labels(*zip(*pairs, strict=True))
    assert total(counts.values()).f1 == pytest.approx(
        sklearn_metrics.f1_score(truth, predicted, average="micro", zero_division=0)
    )
    assert macro_f1(counts.values()) == pytest.approx(
        sklearn_metrics.f1_score(truth, predicted, average="macro", zero_division=np.nan)
    )


def test_labels_that_never_occur_do_not_lower_the_macro_average():
    assert macro_f1([Counts(2, 2, 2), Counts(0, 0, 0)]) == 1.0
    assert macro_f1([]) == 0.0


def test_label_scores_keep_order_and_values():
    assert label_scores({"z": Counts(1, 2, 1), "a": Counts(0, 0, 3)}) == (
        LabelScore(label="z", precision=0.5, recall=1.0, f1=2 / 3, support=1),
        LabelScore(label="a", precision=0.0, recall=0.0, f1=0.0, support=3),
    )


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1))
def test_confusion_matrix_is_scikit_learns(pairs):
    truth, predicted = np.array(pairs).T
    np.testing.assert_array_equal(
        confusion_matrix(truth, predicted, 4),
        sklearn_metrics.confusion_matrix(truth, predicted, labels=range(4)),
    )


def test_perplexity_of_a_fair_choice_among_eight_is_eight():
    assert perplexity(math.log(8)) == pytest.approx(8)


def test_perplexity_beyond_a_float_is_infinite():
    assert perplexity(1e4) == math.inf


def test_bits_per_character():
    assert bits_per_character(10 * math.log(4), characters=5) == pytest.approx(4)


def test_bits_of_no_character_are_refused():
    with pytest.raises(DataError, match="nothing to score"):
        bits_per_character(1.0, characters=0)
