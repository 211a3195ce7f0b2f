"""How a linear model of n-grams learns at once: support vectors of log-count ratios.

This is the NB-SVM of Wang and Manning 2012, "Baselines and bigrams: simple, good sentiment and
topic classification". The feature of an n-gram that a text has is its log-count ratio ``r``, as
:class:`seqkit.nn.ngrams.NGrams` has it; one that no training text has counts nothing. A linear
support vector machine ``w, b`` learns of these features for each label by itself, and what is kept
lies between it and naive Bayes:

::

    (1 - beta) |w| (r . f + log (N_1 / N_0)) + beta (w . (r f) + b)

where ``f`` is 1 for each n-gram that the text has, ``|w|`` the mean of ``w`` without its signs, and
``N_1`` and ``N_0`` the number of texts with and without the label.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from seqkit.encoding import Encoded
from seqkit.nn.ngrams import NGrams

#: Passes over the texts; of 20,000 reviews, each after the second moved the accuracy by 0.001.
_PASSES = 3
#: Texts whose n-grams are hashed at once.
_AT_ONCE = 256


@torch.no_grad()
def learn(
    model: NGrams,
    examples: Sequence[Encoded],
    targets: Tensor,
    *,
    beta: float,
    cost: float,
    generator: torch.Generator,
) -> None:
    """Set a model's weights from the training texts.

    Memory is bounded by the weights, and a number for each text and label.

    Args:
        model: Its weights are overwritten.
        examples: ``N`` texts.
        targets: 1 for each label that holds, ``(N, L)``.
        beta: How much of the support vectors, rather than of naive Bayes, is kept.
        cost: How much a text on the wrong side of its margin costs, in shares of one over the
            mean square of a text's features (Joachims 1999, "Making large-scale SVM learning
            practical"), so that the same suits short texts and long ones.
        generator: Draws the order of the texts.
    """
    holds = targets.cpu().numpy() > 0  # (N, L)
    N = len(holds)
    having, holding = _counts(model, examples, holds)
    seen = having > 0
    ratio = np.where(seen[:, np.newaxis], _log_ratio(holding, having[:, np.newaxis], seen), 0)
    ratio = ratio.astype(np.float32)
    square = having @ np.square(ratio) / N + 1  # (L,), the bias being a feature of 1
    # one number of the generator's, wherever it lies, for an order that any device shares
    seed = torch.randint(2**31, (), generator=generator, device=generator.device)
    rng = np.random.default_rng(int(seed))
    weight, bias = _machine(model, examples, holds, ratio, cost=cost / square, rng=rng)
    mean = np.abs(weight).sum(axis=0) / max(1, int(seen.sum()))
    prior = np.log((1 + holds.sum(axis=0)) / (1 + N - holds.sum(axis=0)))
    model.weight.copy_(torch.from_numpy(ratio * ((1 - beta) * mean + beta * weight)))
    model.bias.copy_(torch.from_numpy((1 - beta) * mean * prior + beta * bias))


def _counts(
    model: NGrams, examples: Sequence[Encoded], holds: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """How many texts have each bucket, ``(K,)``, and of those with each label, ``(K, L)``."""
    K, L = model.weight.shape
    having, holding = np.zeros(K, np.float32), np.zeros((K, L), np.float32)
    for text, present in _texts(model, examples, np.arange(len(examples))):
        having[present] += 1
        holding[present[:, np.newaxis], np.flatnonzero(holds[text])] += 1
    return having, holding


def _log_ratio(holding: np.ndarray, having: np.ndarray, seen: np.ndarray) -> np.ndarray:
    p, q = 1 + holding, 1 + having - holding  # (K, L)
    sums = (table.sum(axis=0, where=seen[:, np.newaxis], dtype=np.float64) for table in (p, q))
    return np.asarray(np.log(p / q) - np.log(np.divide(*sums)))


def _machine(
    model: NGrams,
    examples: Sequence[Encoded],
    holds: np.ndarray,
    ratio: np.ndarray,
    *,
    cost: np.ndarray,
    rng: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray]:
    """Weights ``(K, L)`` and bias ``(L,)`` that minimise the squares of what margins lack.

    ::

        |w|^2 / 2 + b^2 / 2 + cost * sum_i max(0, 1 - s_i (w . x_i + b))^2,    s_i = 1 or -1

    by dual coordinate descent (Hsieh, Chang, Lin, Keerthi and Sundararajan 2008, "A dual coordinate
    descent method for large-scale linear SVM"), all labels side by side.
    """
    weight, bias = np.zeros_like(ratio), np.zeros(ratio.shape[1])
    signs = np.where(holds, np.float32(1), np.float32(-1))
    duals = np.zeros_like(signs)  # (N, L)
    ridge = 1 / (2 * cost)
    for _ in range(_PASSES):
        for text, present in _texts(model, examples, rng.permutation(len(examples))):
            x, w, s, dual = ratio[present], weight[present], signs[text], duals[text]
            slope = s * (_dot(w, x) + bias) - 1 + ridge * dual  # (L,)
            after = np.maximum(dual - slope / (_dot(x, x) + 1 + ridge), 0)
            change = s * (after - dual)
            if change.any():
                duals[text] = after
                weight[present] = w + x * change.astype(np.float32)
                bias += change
    return weight, bias


def _dot(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """``(n, L)`` and the same to ``(L,)``."""
    return np.asarray(np.einsum("nl,nl->l", x, y))


def _texts(
    model: NGrams, examples: Sequence[Encoded], order: np.ndarray
) -> Iterator[tuple[int, np.ndarray]]:
    """Each text's number and the buckets that it has, in an order."""
    for start in range(0, len(order), _AT_ONCE):
        indices = order[start : start + _AT_ONCE]
        present, counts = model.present([examples[int(i)] for i in indices])
        yield from zip(indices.tolist(), np.split(present, np.cumsum(counts)[:-1]), strict=True)
