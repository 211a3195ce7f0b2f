"""The next tokens of several texts at once, faster than one after the other and the same."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqkit.decoding.numerics import refuse_nan
from seqkit.decoding.rules import BLOCK, heat, min_p
from seqkit.decoding.sampling import Sampler, Sampling

#: Texts below which one after the other is as fast.
_FEW = 3


def pick_all(
    samplers: Sequence[Sampler], logits: np.ndarray, histories: Sequence[Sequence[int]]
) -> list[int]:
    """What each sampler's own :meth:`~seqkit.decoding.sampling.Sampler.pick` gives.

    Args:
        samplers: One a text, all with the same options and bans.
        logits: ``(B, V)``, for the next step of each.
        histories: The ids of each so far.

    Raises:
        BundleError: A logit is no number.
    """
    texts = list(zip(samplers, logits, histories, strict=True))
    if len(texts) < _FEW:
        return [sampler.pick(row, history) for sampler, row, history in texts]
    refuse_nan(logits)
    scores = logits.astype(np.float32)
    for (sampler, _, history), row in zip(texts, scores, strict=True):
        sampler.bend(row, history)
    picked = scores.argmax(axis=1)
    possible = scores[np.arange(len(scores)), picked] > -np.inf
    options = samplers[0].sampling
    if options.temperature != 0:
        rows = possible.nonzero()[0]
        drawn = [samplers[row].uniform() for row in rows]
        picked[rows] = _draw(options, samplers, scores, rows, np.array(drawn))
    for row in (~possible).nonzero()[0]:
        picked[row] = samplers[row].last_resort(logits[row])
    chosen: list[int] = picked.tolist()
    return chosen


def _draw(
    options: Sampling,
    samplers: Sequence[Sampler],
    scores: np.ndarray,
    rows: np.ndarray,
    uniforms: np.ndarray,
) -> Sequence[int] | np.ndarray:
    """What each of some rows' samplers draws with its number."""
    leaves_out = options.top_k or options.min_p or options.top_p != 1
    if leaves_out and scores.shape[1] > BLOCK:
        # What is left of a large vocabulary is few, and quicker gathered than looked for among all
        pairs = zip(rows, uniforms, strict=True)
        return [samplers[row].draw(scores[row], uniform) for row, uniform in pairs]
    if len(rows) < len(scores):
        scores = scores[rows]
    return _draw_rows(options, scores, uniforms)


def _draw_rows(options: Sampling, scores: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
    """:meth:`seqkit.decoding.sampling.Sampler.draw` for rows ``(B, V)``, changed in place."""
    kept = None
    if options.top_k and options.top_k < scores.shape[1]:
        place = scores.shape[1] - options.top_k
        kept = scores >= np.partition(scores, place, axis=1)[:, place, np.newaxis]
    heat(scores, options.temperature)
    likely = min_p(scores, options.min_p) if options.min_p else None
    weights = np.exp(scores, out=scores)
    # A weight of 0 leaves all sums as they are, so it does for a token that is left out
    if kept is not None:
        weights *= kept
    if options.top_p != 1:
        weights *= _likeliest(weights, options.top_p)
    if likely is not None:
        weights *= likely
    return _reach(weights, uniforms)


def _likeliest(weights: np.ndarray, p: float) -> np.ndarray:
    """Which tokens :func:`seqkit.decoding.rules.top_p` keeps of each row, bool ``(B, V)``."""
    needed = p * np.add.accumulate(weights, axis=1, dtype=np.float64)[:, -1]
    order = np.argsort(-weights, axis=1, kind="stable")
    sums = np.add.accumulate(np.take_along_axis(weights, order, axis=1), axis=1, dtype=np.float64)
    needed = np.minimum(needed, np.nextafter(sums[:, -1], 0))
    kept = np.empty(weights.shape, dtype=bool)
    before = np.roll(sums, 1, axis=1)
    before[:, 0] = -np.inf
    np.put_along_axis(kept, order, before < needed[:, np.newaxis], axis=1)
    return kept


def _reach(weights: np.ndarray, uniforms: np.ndarray) -> np.ndarray:
    """:func:`seqkit.decoding.rules.draw` for each row of weights ``(B, V)``."""
    B, V = weights.shape
    wanted, begin = uniforms, np.zeros(B, dtype=np.int64)
    if V > BLOCK:
        starts = np.arange(0, V, BLOCK)
        blocks = np.add.reduceat(weights, starts, axis=1, dtype=np.float64)
        sums = np.add.accumulate(blocks, axis=1)
        wanted = wanted * sums[:, -1]
        block = np.minimum((sums <= wanted[:, np.newaxis]).sum(axis=1), len(starts) - 1)
        every = np.arange(B)
        wanted = np.where(block > 0, wanted - sums[every, block - 1], wanted)
        begin = block * BLOCK
        places = begin[:, np.newaxis] + np.arange(BLOCK)  # (B, BLOCK)
        inside = weights[every[:, np.newaxis], np.minimum(places, V - 1)]
        weights = np.where(places < V, inside, 0)
    sums = np.add.accumulate(weights, axis=1, dtype=np.float64)
    if V <= BLOCK:
        wanted = wanted * sums[:, -1]
    wanted = np.minimum(wanted, np.nextafter(sums[:, -1], 0))
    index: np.ndarray = begin + (sums <= wanted[:, np.newaxis]).sum(axis=1)
    return index
