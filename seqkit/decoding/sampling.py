"""Drawing the next token: what bends the logits, what leaves tokens out, and the draw itself.

Each step is a function on one row of logits, applied in the order in which Hugging Face's
``generate`` applies its own of the same name: repetition penalty, no repeated n-grams, temperature,
top-k, top-p, min-p.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
import numpy as np
from msgspec import Meta

from seqkit.decoding.numerics import refuse_nan
from seqkit.errors import UsageError
from seqkit.specs import Options

#: The least temperature that float32 can divide by.
_COLDEST = float(np.finfo(np.float32).tiny)
#: How many tokens a block holds in :func:`_reach`, and a column in :func:`_k_greatest`.
_BLOCK = 256
_COLUMN = 64
#: How many of the likeliest tokens :func:`top_p` looks at, one after the other, before all.
_HEADS = (256, 2048)


class Sampling(Options, frozen=True, kw_only=True):
    """How tokens are drawn; the defaults draw from the model's own distribution."""

    temperature: Annotated[
        float,
        Meta(
            ge=0,
            le=1000,
            description="Divides the logits: below 1 the likely tokens become likelier, above 1 "
            "less so; 0 always takes the likeliest.",
        ),
    ] = 1.0
    top_k: Annotated[
        int, Meta(ge=0, description="Draw from this many likeliest tokens; 0 for all.")
    ] = 0
    top_p: Annotated[
        float,
        Meta(
            gt=0,
            le=1,
            description="Draw from the fewest likeliest tokens that together reach this "
            "probability (Holtzman et al. 2020).",
        ),
    ] = 1.0
    min_p: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="Leave out tokens less likely than this share of the likeliest one's "
            "probability (Nguyen et al. 2024).",
        ),
    ] = 0.0
    repetition_penalty: Annotated[
        float,
        Meta(
            gt=0,
            le=1000,
            description="Above 1 makes tokens that already occurred less likely, below 1 more "
            "likely (Keskar et al. 2019).",
        ),
    ] = 1.0
    no_repeat_ngram_size: Annotated[
        int,
        Meta(ge=0, description="No run of this many tokens occurs twice; 0 for no such rule."),
    ] = 0


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
        logits: ``(V,)``, at least one finite.
        temperature: Above 0.
    """
    # Moved first, so that a tiny temperature drives the others to -inf and none to +inf.
    with np.errstate(over="ignore"):
        logits -= _greatest(logits)
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
        logits: ``(V,)``, the greatest of them 0.
        p: Above 0, at most 1.

    Returns:
        ``(V,)`` bool.
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


def _greatest(values: np.ndarray) -> Any:
    """The greatest of ``(V,)`` values, or NaN where one is: ``max``, which numpy finds slower."""
    return values[values.argmax()]


def _sums(weights: np.ndarray) -> np.ndarray:
    """The sums of weights up to each, or of more than a block up to each block's end, float64."""
    if len(weights) > _BLOCK:
        starts = np.arange(0, len(weights), _BLOCK)
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
    if len(weights) > _BLOCK:
        block = min(int(sums.searchsorted(wanted, side)), len(sums) - 1)
        if block:
            wanted -= sums[block - 1]
        begin = block * _BLOCK
        sums = np.add.accumulate(weights[begin : begin + _BLOCK], dtype=np.float64)
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


class Sampler:
    """Draws the tokens of one sequence.

    Each draw takes one number from the generator, so that the same seed gives the same text on
    every runtime; with temperature 0 none is taken.

    Args:
        sampling: How to draw.
        generator: The source of randomness.
        banned: Ids that are never drawn, such as padding.

    Raises:
        UsageError: A field of ``sampling`` is out of its range.
    """

    def __init__(
        self, sampling: Sampling, generator: np.random.Generator, *, banned: Sequence[int] = ()
    ) -> None:
        try:
            self.sampling = msgspec.convert(msgspec.structs.asdict(sampling), Sampling)
        except msgspec.ValidationError as error:
            raise UsageError("a sampling option is out of its range", why=str(error)) from None
        self._generator = generator
        self._banned = list(banned)
        self._length = 0
        self._last = -1
        # worked on in place: numpy takes longer to find memory for large rows than to fill them
        self._scores = np.empty(0, dtype=np.float32)
        self._used: set[int] = set()
        self._used_ids = np.empty(0, dtype=np.int64)
        self._followers: dict[tuple[int, ...], list[int]] = {}

    def pick(self, logits: np.ndarray, history: Sequence[int]) -> int:
        """Draw the next token.

        Args:
            logits: ``(V,)``, for the next step.
            history: The ids so far, those of the seed text included; it goes on from the history
                of the call before.

        Returns:
            An id. Where the rules leave none, the likeliest that is not banned.

        Raises:
            BundleError: A logit is no number.
            ValueError: ``history`` does not go on from the one before, or every id is banned.
        """
        # as refuse_nan, which has numpy's slower max
        if len(logits) and not _greatest(logits) < np.inf:
            refuse_nan(logits)
        self._remember(history)
        if len(logits) != len(self._scores):
            self._scores = np.empty(len(logits), dtype=np.float32)
        scores = self._scores
        scores[:] = logits
        self._bend(scores, history)
        likeliest = int(scores.argmax())
        if scores[likeliest] == -np.inf:
            allowed = np.setdiff1d(np.arange(len(logits)), self._banned)
            return int(allowed[logits[allowed].argmax()])
        if self.sampling.temperature == 0:
            return likeliest
        return self._draw(scores)

    def _bend(self, scores: np.ndarray, history: Sequence[int]) -> None:
        """Apply what depends on the history, and the bans, in place."""
        if self._used and self.sampling.repetition_penalty != 1:
            if len(self._used) > len(self._used_ids):
                self._used_ids = np.fromiter(self._used, np.int64, len(self._used))
            penalise_repetition(scores, self._used_ids, self.sampling.repetition_penalty)
        ban(scores, self._banned)
        if self.sampling.no_repeat_ngram_size:
            ban(scores, self._repeating(history))

    def _draw(self, scores: np.ndarray) -> int:
        """Apply what leaves tokens out, in place, and draw from the rest."""
        options = self.sampling
        ids = None
        # Temperature keeps the order, so that the k likeliest can be found before it, and only
        # they need dividing.
        if options.top_k:
            ids = top_k(scores, options.top_k)
            scores = scores[ids]
        heat(scores, options.temperature)
        likely = min_p(scores, options.min_p) if options.min_p else None
        weights = np.exp(scores, out=scores)
        kept = top_p(weights, options.top_p) if options.top_p != 1 else None
        if likely is not None:
            kept = likely.nonzero()[0] if kept is None else kept[likely[kept]]
        if kept is not None:
            weights = weights[kept]
            ids = kept if ids is None else ids[kept]
        index = draw(weights, self._generator.random())
        return index if ids is None else int(ids[index])

    def _remember(self, history: Sequence[int]) -> None:
        """Take in the ids that came since the last call."""
        known = self._length
        if len(history) < known or (known and history[known - 1] != self._last):
            raise ValueError("the history does not go on from the one before")
        self._used.update(history[known:])
        size = self.sampling.no_repeat_ngram_size
        if size:
            for end in range(max(known, size - 1), len(history)):
                before = tuple(history[end - size + 1 : end])
                self._followers.setdefault(before, []).append(history[end])
        self._length = len(history)
        self._last = history[-1] if self._length else -1

    def _repeating(self, history: Sequence[int]) -> list[int]:
        """The ids that would complete a run of tokens that occurred before."""
        begin = len(history) - self.sampling.no_repeat_ngram_size + 1
        return self._followers.get(tuple(history[begin:]), []) if begin >= 0 else []
