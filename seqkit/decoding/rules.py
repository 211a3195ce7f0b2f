"""What bends a row of logits, what leaves tokens out, and the draw itself.

Each rule is a function on one row, applied in the order in which Hugging Face's ``generate``
applies its own of the same name: repetition penalty, no repeated n-grams, temperature, top-k,
top-p, min-p.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

#: The least temperature that float32 can divide by.
_COLDEST = float(np.finfo(np.float32).tiny)
#: How many tokens a block of sums holds in :func:`_reach`, and a column in :func:`_k_greatest`.
BLOCK = 256
_COLUMN = 64
#: How many of the likeliest tokens :func:`top_p` looks at, one after the other, before all.
_HEADS = (256, 2048)


def penalise_repetition(logits: np.ndarray, ids: np.ndarray, penalty: float) -> None:
    """Make some tokens less likely, in place: divide positive logits, multiply negative ones.

    Args:
        logits: ``(V,)``.
        ids: The tokens; repeated ones count once.
        penalty: Above 1 for less likely.
    """
    chosen = logits[ids]
    logits[ids] = np.where(chosen < 0, chosen * penalty, chosen / penalty)


def ban(logits: np.ndarray, ids: Sequence[int]) -> None:
    """Make some tokens impossible, in place: ``-inf`` for each.

    Args:
        logits: ``(V,)``.
        ids: The tokens.
    """
    for i in ids:  # there are few, and numpy takes longer over a list of them
        logits[i] = -np.inf


def heat(logits: np.ndarray, temperature: float) -> None:
    """Divide by a temperature above 0, in place, with the greatest logit moved to 0.

    Args:
        logits: ``(V,)`` or rows ``(B, V)``, at least one finite in each.
        temperature: Above 0.
    """
    # Moved first, so that a tiny temperature drives the others to -inf and none to +inf.
    with np.errstate(over="ignore"):
        logits -= greatest(logits) if logits.ndim == 1 else logits.max(axis=1, keepdims=True)
        if temperature != 1:
            logits /= max(temperature, _COLDEST)


def top_k(logits: np.ndarray, k: int) -> np.ndarray:
    """The ``k`` likeliest tokens, and any that are exactly as likely as the last of them.

    Args:
        logits: ``(V,)``.
        k: At least 1.

    Returns:
        Their indices, ascending; fewer than ``k`` if the rest is impossible.
    """
    ids = _k_greatest(logits, min(k, len(logits)))
    chosen = logits[ids]
    if chosen[chosen.argmin()] == -np.inf:
        return np.asarray(ids[chosen > -np.inf])
    return ids


def top_p(weights: np.ndarray, p: float) -> np.ndarray:
    """The fewest likeliest tokens that together reach probability ``p``.

    Args:
        weights: ``(V,)``, each token's probability times any factor.
        p: Above 0, at most 1.

    Returns:
        Their indices, ascending; of equally likely tokens the lower ids come first.
    """
    needed = p * _sums(weights)[-1]
    # A head that most often reaches far enough is sorted, and more only where it does not.
    head = weights
    for size in _HEADS:
        if size >= len(weights):
            break
        chosen = weights[_k_greatest(weights, size)]
        if chosen.sum(dtype=np.float64) >= needed:
            head = chosen
            break
    head = np.sort(head)[::-1]
    count = _reach(head, _sums(head), needed, side="left") + 1
    least = head[count - 1]
    kept = _at_least(weights, least)
    if len(kept) > count:
        ties = (weights[kept] == least).nonzero()[0]
        kept = np.delete(kept, ties[count - len(kept) :])
    return kept


def min_p(logits: np.ndarray, p: float) -> np.ndarray:
    """Which tokens are at least ``p`` times as likely as the likeliest.

    Args:
        logits: Of any shape, the greatest of each row 0.
        p: Above 0, at most 1.

    Returns:
        Bool, of the same shape.
    """
    least = np.log(p)
    # in the logits' own precision, in which numpy compares much faster
    narrow = logits.dtype.type(least)
    if narrow < least:
        narrow = np.nextafter(narrow, np.inf, dtype=logits.dtype)
    return np.asarray(logits >= narrow)


def draw(weights: np.ndarray, uniform: float) -> int:
    """Turn one uniform number into an index by the inverse of the cumulative distribution.

    Args:
        weights: ``(V,)``, each token's probability times any factor.
        uniform: At least 0 and below 1.

    Returns:
        An index with the probability that the weights give it.
    """
    sums = _sums(weights)
    return _reach(weights, sums, uniform * sums[-1], side="right")


def greatest(values: np.ndarray) -> Any:
    """The greatest of ``(V,)`` values, or NaN where one is: ``max``, which numpy finds slower."""
    return values[values.argmax()]


def _sums(weights: np.ndarray) -> np.ndarray:
    """The sums of weights up to each, or of more than a block up to each block's end, float64."""
    if len(weights) > BLOCK:
        starts = np.arange(0, len(weights), BLOCK)
        weights = np.add.reduceat(weights, starts, dtype=np.float64)
    return np.add.accumulate(weights, dtype=np.float64)


def _reach(
    weights: np.ndarray, sums: np.ndarray, wanted: float, *, side: Literal["left", "right"]
) -> int:
    """The first index up to which weights sum to at least ``wanted``, or to more.

    Args:
        weights: ``(V,)``, not all 0.
        sums: Their :func:`_sums`.
        wanted: At most the last of them, but for rounding.
        side: ``left`` for at least, ``right`` for more.
    """
    begin = 0
    # Found first among sums of blocks, then inside one: a sum over all tokens one by one is slow.
    if len(weights) > BLOCK:
        block = min(int(sums.searchsorted(wanted, side)), len(sums) - 1)
        if block:
            wanted -= sums[block - 1]
        begin = block * BLOCK
        sums = np.add.accumulate(weights[begin : begin + BLOCK], dtype=np.float64)
    # The two sums of a block may round differently. Below its end, an index is always found and
    # is never that of an impossible token.
    return begin + int(sums.searchsorted(min(wanted, math.nextafter(sums[-1], 0)), side))


def _k_greatest(values: np.ndarray, k: int) -> np.ndarray:
    """Indices, ascending, of the ``k`` greatest of ``(V,)`` values, and of what equals the last."""
    # Each column's maximum is one of the values, so the k-th greatest maximum is a lower bound
    # that leaves few to partition.
    columns = len(values) // _COLUMN
    if k > columns:
        return _at_least(values, np.partition(values, len(values) - k)[len(values) - k])
    maxima = values[: columns * _COLUMN].reshape(_COLUMN, columns).max(axis=0)
    ids = _at_least(values, np.partition(maxima, columns - k)[columns - k])
    few = values[ids]
    return np.asarray(ids[few >= np.partition(few, len(few) - k)[len(few) - k]])


def _at_least(values: np.ndarray, least: Any) -> np.ndarray:
    return np.asarray((values >= least).nonzero()[0])  # numpy finds np.flatnonzero slower
