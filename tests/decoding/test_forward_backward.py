"""Probabilities of tags, beside sums over all sequences there are."""

from __future__ import annotations

import numpy as np
import pytest

from seqkit.decoding.forward_backward import log_partition, marginals
from seqkit.decoding.numerics import softmax


def summed(paths, labels: int) -> np.ndarray:
    """Each tag's share of all paths, ``(tokens, labels)``."""
    most = paths[0][1]
    shares = np.zeros((len(paths[0][0]), labels))
    for path, score in paths:
        shares[np.arange(len(path)), list(path)] += np.exp(score - most)
    return shares / shares.sum(axis=1, keepdims=True)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("forbidden", [0, 4])
def test_marginals_are_shares_of_all_paths(every_path, drawn, seed, forbidden):
    weights, rng = drawn(seed, 3, forbidden=forbidden), np.random.default_rng(seed)
    given = [rng.normal(0, 2, (n, 3)) for n in (3, 1, 5, 0, 3)]
    found = marginals(weights, given)
    assert found.pop(3).shape == (0, 3)
    del given[3]
    for emissions, rows in zip(given, found, strict=True):
        np.testing.assert_allclose(rows, summed(every_path(weights, emissions), 3), atol=1e-12)


@pytest.mark.parametrize("tokens", [1, 4])
def test_the_partition_is_the_sum_over_all_paths(every_path, drawn, tokens):
    weights = drawn(3, 3, forbidden=3)
    emissions = np.random.default_rng(0).normal(0, 2, (tokens, 3))
    scores = [score for _, score in every_path(weights, emissions)]
    wanted = np.logaddexp.reduce(scores)
    assert log_partition(weights, emissions) == pytest.approx(wanted)


def test_without_transitions_each_token_has_its_softmax():
    emissions = np.random.default_rng(0).normal(0, 2, (4, 3))
    (rows,) = marginals(np.zeros((4, 4)), [emissions])
    np.testing.assert_allclose(rows, softmax(emissions))


@pytest.mark.parametrize("scale", [500.0, 3000.0, 1e30])
def test_scores_beyond_all_exponents_are_exact(every_path, drawn, scale):
    """The best tags of a step lead nowhere, and the others are far below."""
    weights = drawn(0, 3)
    weights[0, 1:3] = weights[1, [0, 2]] = -np.inf
    emissions = np.array([[0.0, -1.0, -2.0], [-2.0, -1.0, 0.0], [0.0, -1.0, -2.5]]) * scale
    (rows,) = marginals(weights, [emissions])
    np.testing.assert_allclose(rows, summed(every_path(weights, emissions), 3), atol=1e-9)
    assert np.isfinite(log_partition(weights, emissions))
