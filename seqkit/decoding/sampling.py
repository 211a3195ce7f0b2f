"""Drawing the next token: what bends the logits, what leaves tokens out, and the draw itself.

Each step is a function on one row of logits, applied in the order in which Hugging Face's
``generate`` applies its own of the same name: repetition penalty, no repeated n-grams, temperature,
top-k, top-p, min-p.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta

from seqkit.decoding.numerics import refuse_nan
from seqkit.errors import UsageError
from seqkit.specs import Options

#: The least temperature that float32 can divide by.
_COLDEST = float(np.finfo(np.float32).tiny)
#: How many tokens a block holds in :func:`draw`, and a column in :func:`_kth_greatest`.
_BLOCK = 256
_COLUMN = 64


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


def penalise_repetition(logits: np.ndarray, ids: np.ndarray, penalty: float) -> np.ndarray:
    """Make some tokens less likely: positive logits are divided, negative ones multiplied.

    Args:
        logits: ``(V,)``.
        ids: The tokens; repeated ones count once.
        penalty: Above 1 for less likely.

    Returns:
        A new array.
    """
    bent = logits.copy()
    chosen = logits[ids]
    bent[ids] = np.where(chosen < 0, chosen * penalty, chosen / penalty)
    return bent


def ban(logits: np.ndarray, ids: Sequence[int]) -> np.ndarray:
    """Make some tokens impossible.

    Args:
        logits: ``(V,)``.
        ids: The tokens.

    Returns:
        A new array with ``-inf`` for them.
    """
    bent = logits.copy()
    bent[list(ids)] = -np.inf
    return bent


def heat(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Divide by a temperature above 0, with the greatest logit moved to 0.

    Args:
        logits: ``(V,)``, at least one finite.
        temperature: Above 0.

    Returns:
        A new array.
    """
    # Moved first, so that a tiny temperature drives the others to -inf and none to +inf.
    with np.errstate(over="ignore"):
        return np.asarray((logits - logits.max()) / max(temperature, _COLDEST))


def top_k(logits: np.ndarray, k: int) -> np.ndarray:
    """The ``k`` likeliest tokens, and any that are exactly as likely as the last of them.

    Args:
        logits: ``(V,)``.
        k: At least 1.

    Returns:
        Their indices, ascending; fewer than ``k`` if the rest is impossible.
    """
    least = _kth_greatest(logits, min(k, len(logits)))
    return np.flatnonzero(logits >= least if least > -np.inf else logits > -np.inf)


def top_p(logits: np.ndarray, p: float) -> np.ndarray:
    """The fewest likeliest tokens that together reach probability ``p``.

    Args:
        logits: ``(V,)``, at least one finite.
        p: Above 0, at most 1.

    Returns:
        Their indices, ascending; of equally likely tokens the lower ids come first.
    """
    weights = np.exp(logits - logits.max())
    needed = p * weights.sum(dtype=np.float64)
    size = min(256, len(weights))
    while True:
        # The head alone is sorted, and a longer one only if it does not reach far enough.
        head = weights[weights >= _kth_greatest(weights, size)]
        head = np.sort(head)[::-1]
        count = int(np.searchsorted(np.cumsum(head, dtype=np.float64), needed)) + 1
        if count <= len(head) or size == len(weights):
            break
        size = min(8 * size, len(weights))
    least = head[min(count, len(head)) - 1]
    kept = np.flatnonzero(weights >= least)
    ties = np.flatnonzero(weights[kept] == least)
    return np.delete(kept, ties[len(ties) - max(len(kept) - count, 0) :])


def min_p(logits: np.ndarray, p: float) -> np.ndarray:
    """The tokens at least ``p`` times as likely as the likeliest.

    Args:
        logits: ``(V,)``, at least one finite.
        p: Above 0, at most 1.

    Returns:
        Their indices, ascending.
    """
    return np.flatnonzero(logits - logits.max() >= np.log(p))


def draw(logits: np.ndarray, uniform: float) -> int:
    """Turn one uniform number into an index by the inverse of the cumulative distribution.

    Args:
        logits: ``(V,)``, at least one finite.
        uniform: At least 0 and below 1.

    Returns:
        An index with the probability that the softmax gives it.
    """
    weights = np.exp(logits - logits.max())
    # Found first among sums of blocks, then inside one: a sum over all tokens one by one is slow.
    sums = np.cumsum(np.add.reduceat(weights, range(0, len(weights), _BLOCK), dtype=np.float64))
    wanted = uniform * sums[-1]
    block = int(np.searchsorted(sums, wanted, side="right"))
    if block:
        wanted -= sums[block - 1]
    begin = block * _BLOCK
    reached = np.cumsum(weights[begin : begin + _BLOCK], dtype=np.float64)
    # The two sums of a block may round differently. Below its end and from the right, an index is
    # always found and is never that of an impossible token.
    wanted = min(wanted, np.nextafter(reached[-1], 0))
    return begin + int(np.searchsorted(reached, wanted, side="right"))


def _kth_greatest(values: np.ndarray, k: int) -> float:
    """The ``k``-th greatest of ``(V,)`` values, ``1 <= k <= V``."""
    # Each column's maximum is one of the values, so the k-th greatest maximum is a lower bound
    # that leaves few to partition.
    columns = len(values) // _COLUMN
    if k <= columns:
        maxima = values[: columns * _COLUMN].reshape(_COLUMN, columns).max(axis=0)
        values = values[values >= np.partition(maxima, columns - k)[columns - k]]
    return float(np.partition(values, len(values) - k)[len(values) - k])


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
        self._used: set[int] = set()
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
        refuse_nan(logits)
        self._remember(history)
        scores = self._bend(np.asarray(logits, dtype=np.float32), history)
        likeliest = int(scores.argmax())
        if scores[likeliest] == -np.inf:
            allowed = np.setdiff1d(np.arange(len(logits)), self._banned)
            return int(allowed[logits[allowed].argmax()])
        if self.sampling.temperature == 0:
            return likeliest
        return self._draw(scores)

    def _bend(self, scores: np.ndarray, history: Sequence[int]) -> np.ndarray:
        """Apply what depends on the history, and the bans."""
        if self._used and self.sampling.repetition_penalty != 1:
            ids = np.fromiter(self._used, np.int64, len(self._used))
            scores = penalise_repetition(scores, ids, self.sampling.repetition_penalty)
        banned = self._banned
        if self.sampling.no_repeat_ngram_size:
            banned = banned + self._repeating(history)
        return ban(scores, banned) if banned else scores

    def _draw(self, scores: np.ndarray) -> int:
        """Apply what leaves tokens out, and draw from the rest."""
        options = self.sampling
        ids = None
        # Temperature keeps the order, so that the k likeliest can be found before it, and only
        # they need dividing.
        if options.top_k:
            ids = top_k(scores, options.top_k)
            scores = scores[ids]
        scores = heat(scores, options.temperature)
        for keep, p, neutral in ((top_p, options.top_p, 1), (min_p, options.min_p, 0)):
            if p != neutral:
                kept = keep(scores, p)
                scores = scores[kept]
                ids = kept if ids is None else ids[kept]
        index = draw(scores, self._generator.random())
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
