"""What stands on top of the encoder, in numpy; seqkit's own heads have the equations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from seqkit.encoding import Encoded
from seqkit.ngrams import ngram_buckets
from seqkit_kernels.dense import Dense
from seqkit_kernels.packed import widened

#: Gives a weight by its name, of the shape that it must have.
Take = Callable[..., np.ndarray]

#: What the library is to make of the steps.
POOLINGS = {"last": 0, "mean": 1, "max": 2, "attention": 0, "concat": 0}
#: Those that need all steps too.
OF_ALL_STEPS = ("attention", "concat")


class Bag:
    """The weights of a text's n-grams: the head that is nothing else, and a share of the other."""

    def __init__(self, take: Take, L: int, options: Any) -> None:
        self.options = options
        self.weight = take("head.ngrams.weight", options.ngram_buckets, L)
        self.bias = take("head.ngrams.bias", L)

    def logits(self, examples: Sequence[Encoded]) -> np.ndarray:
        """``(B, L)``."""
        present, counts = ngram_buckets(
            np.concatenate([e.ids for e in examples]),
            np.array([len(e) for e in examples]),
            longest=self.options.ngrams,
            buckets=self.options.ngram_buckets,
        )
        summed: np.ndarray = np.add.reduceat(self.weight[present], np.cumsum(counts) - counts)
        return summed + self.bias


class Classifier:
    """The built-in classification head."""

    def __init__(self, take: Take, D: int, L: int, options: Any) -> None:
        self.options = options
        P = 3 * D if options.pooling == "concat" else D
        self.W, self.b = take("head.output.weight", L, P), take("head.output.bias", L)
        if options.pooling == "attention":
            self.attention = (
                take("head.pooling.W", D, D),
                take("head.pooling.b", D),
                take("head.pooling.v", D),
            )
        self.ngrams = Bag(take, L, options) if options.ngrams else None

    def logits(self, pooled: np.ndarray, examples: Sequence[Encoded]) -> np.ndarray:
        """``(B, P)`` to ``(B, L)``."""
        logits: np.ndarray = pooled @ self.W.T + self.b
        if self.ngrams is None:
            return logits
        share = np.float32(self.options.ngram_share)
        mixed: np.ndarray = (1 - share) * logits + share * self.ngrams.logits(examples)
        return mixed

    def attend(self, steps: np.ndarray) -> np.ndarray:
        """A text's steps ``(T, D)`` as one vector ``(D,)``."""
        W, b, v = self.attention
        scores = np.tanh(steps @ W.T + b) @ v
        weights = np.exp(scores - scores.max())
        mean: np.ndarray = (weights / weights.sum()) @ steps
        return mean


def concatenated(last: np.ndarray, steps: np.ndarray, first: np.ndarray) -> np.ndarray:
    """Texts' last features beside the greatest and the mean of all their steps.

    Args:
        last: ``(B, D)``.
        steps: ``(tokens, D)``, of all texts one after the other.
        first: ``(B,)``, where each text's begin; each has one at least.

    Returns:
        ``(B, 3 * D)``.
    """
    lengths = np.diff(first, append=len(steps)).astype(np.float32)
    mean = np.add.reduceat(steps, first) / lengths[:, np.newaxis]
    return np.concatenate([last, np.maximum.reduceat(steps, first), mean], axis=1)


class Tagger:
    """The built-in tagging head, of steps with the padding that the library gives them.

    Args:
        take: Gives a weight.
        H: Units of a cell.
        P: Units with the padding.
        L: Labels.
        directions: 1 or 2.
    """

    def __init__(self, take: Take, H: int, P: int, L: int, directions: int) -> None:
        W = take("head.output.weight", L, directions * H)
        self._output = Dense(widened(W, P, directions), take("head.output.bias", L))

    def logits(self, steps: np.ndarray, *, threads: int) -> np.ndarray:
        """``(T, directions * P)`` to ``(T, L)``."""
        return self._output(steps, threads=threads)


def products(
    take: Take, D: int, V: int, options: Any, embedding: np.ndarray | None
) -> list[tuple[np.ndarray, np.ndarray]]:
    """What the generation head multiplies by, one after the other: weights ``(N, I)`` and bias."""
    bias = take("head.bias", V)
    if not options.tie_weights:
        return [(take("head.weight", V, D), bias)]
    assert embedding is not None
    E = embedding.shape[1]
    if E == D:
        return [(embedding, bias)]
    return [(take("head.projection.weight", E, D), np.zeros(E, np.float32)), (embedding, bias)]
