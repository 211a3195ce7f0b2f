"""How likely each tag is, all paths of tags considered.

The forward-backward algorithm in logarithms: Rabiner 1989, "A tutorial on hidden Markov models",
section III.A; for scores that are no probabilities, Lafferty et al. 2001, "Conditional random
fields". Weights are ``(L + 1, L + 1)``, as :attr:`seqkit.decoding.chain.Chain.weights` has them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqkit.decoding.numerics import softmax
from seqkit.decoding.viterbi import Group, groups

#: A sum of exponentials below which some that count may have underflowed.
_FAINT = 1e-250


def marginals(weights: np.ndarray, sentences: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The probability of each tag at each token, given the whole sentence.

    Args:
        weights: ``(L + 1, L + 1)``.
        sentences: Scores of each tag, ``(tokens, L)`` each, without NaN.

    Returns:
        float64 ``(tokens, L)`` each; every row sums to one.
    """
    found = [np.zeros(s.shape) for s in sentences]
    between = _Between(weights[:-1, :-1])
    back = _Between(weights[:-1, :-1].T)
    for group in groups(sentences):
        alphas = _forward(weights, between, group)
        betas = _backward(weights, back, group)
        rows = np.zeros(group.emissions.shape)
        for t, (alpha, beta) in enumerate(zip(alphas, betas, strict=True)):
            rows[t, : len(alpha)] = softmax(alpha + beta)
        for index, row in group.split(rows):
            found[index] = row
    return found


def log_partition(weights: np.ndarray, emissions: np.ndarray) -> float:
    """The logarithm of the sum over all paths of ``exp`` of their scores.

    Args:
        weights: ``(L + 1, L + 1)``.
        emissions: Scores of each tag, ``(tokens, L)``, at least one token, without NaN.
    """
    (group,) = groups([emissions])
    last = _forward(weights, _Between(weights[:-1, :-1]), group)[-1][0] + weights[:-1, -1]
    return float(np.logaddexp.reduce(last))


def _forward(weights: np.ndarray, between: _Between, group: Group) -> list[np.ndarray]:
    """At each step the logarithms of the sums over all paths that end in each tag.

    Returns:
        ``(sentences still alive, L)`` each.
    """
    alphas = [weights[-1, :-1] + group.emissions[0]]
    for t in range(1, len(group.emissions)):
        n = group.alive[t]
        alphas.append(between.step(alphas[-1][:n]) + group.emissions[t, :n])
    return alphas


def _backward(weights: np.ndarray, back: _Between, group: Group) -> list[np.ndarray]:
    """At each step the logarithms of the sums over all that may follow each tag.

    Returns:
        ``(sentences still alive, L)`` each.
    """
    betas: list[np.ndarray] = []
    for t in reversed(range(len(group.emissions))):
        n, longer = group.alive[t], group.alive[t + 1]
        beta = np.tile(weights[:-1, -1], (n, 1))
        if longer:
            beta[:longer] = back.step(group.emissions[t + 1, :longer] + betas[-1])
        betas.append(beta)
    return betas[::-1]


class _Between:
    """Steps from tag to tag by a product of matrices, which is fast, as far as that is exact.

    Args:
        weights: ``(L, L)``, from the tag of a row to that of a column; ``-inf`` for none.
    """

    def __init__(self, weights: np.ndarray) -> None:
        self._weights = weights
        self._most = weights.max()
        self._factors = np.exp(weights - self._most)
        self._reached = np.isfinite(weights).any(axis=0)

    def step(self, before: np.ndarray) -> np.ndarray:
        """The logarithms of the sums of ``exp(before + weights)`` over the tags before.

        Args:
            before: ``(B, L)``, something finite in each row.
        """
        most = before.max(axis=1, keepdims=True)
        sums = np.exp(before - most) @ self._factors
        with np.errstate(divide="ignore"):
            after: np.ndarray = np.log(sums) + (most + self._most)
        faint = ((sums < _FAINT) & self._reached).any(axis=1)
        if faint.any():
            terms = before[faint][:, :, np.newaxis] + self._weights
            after[faint] = np.logaddexp.reduce(terms, axis=1)
        return after
