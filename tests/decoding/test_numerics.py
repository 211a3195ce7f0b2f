"""Softmax, log-softmax and sigmoid at ordinary and extreme magnitudes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seqkit.decoding.numerics import log_of, log_softmax, refuse_nan, sigmoid, softmax
from seqkit.errors import BundleError


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_gives_shares_of_exp_in_the_given_precision(dtype):
    probabilities = softmax(np.array([[0, math.log(3)], [1000, 1000]], dtype))
    assert probabilities.dtype == dtype
    np.testing.assert_allclose(probabilities, [[0.25, 0.75], [0.5, 0.5]], rtol=1e-6)


def test_softmax_along_the_first_axis():
    np.testing.assert_allclose(softmax(np.zeros((4, 2)), axis=0), np.full((4, 2), 0.25))


def test_softmax_of_an_impossible_outcome_is_zero():
    assert softmax(np.array([0.0, -np.inf])).tolist() == [1.0, 0.0]


def test_log_softmax_keeps_what_softmax_would_lose():
    assert log_softmax(np.array([0.0, -2000.0])).tolist() == [0.0, -2000.0]
    np.testing.assert_allclose(log_softmax(np.array([0, math.log(3)])), np.log([0.25, 0.75]))


def test_the_logarithm_of_next_to_nothing_is_finite():
    assert log_of(np.array([1.0, 0.5, 0.0])).tolist() == [0, math.log(0.5), math.log(2.0**-1022)]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_neither_overflows_nor_loses_small_probabilities(dtype):
    values = sigmoid(np.array([0, math.log(3), -80, 1e30, -1e30], dtype))
    assert values.dtype == dtype
    np.testing.assert_allclose(values, [0.5, 0.75, math.exp(-80), 1, 0], rtol=1e-5)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_logit_that_is_no_number_is_refused(bad):
    with pytest.raises(BundleError, match="the model's output is no number"):
        refuse_nan(np.array([[0.0, 1.0], [bad, 0.0]]))


def test_an_impossible_outcome_and_an_empty_array_pass():
    refuse_nan(np.array([-np.inf, -np.inf]))
    refuse_nan(np.zeros((0, 3)))
