"""Drawing the next token of a text: the options, and who applies the rules."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta

from seqkit.decoding.numerics import refuse_nan
from seqkit.decoding.rules import (
    ban,
    draw,
    greatest,
    heat,
    min_p,
    penalise_repetition,
    top_k,
    top_p,
)
from seqkit.errors import UsageError
from seqkit.specs import Options


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
        if len(logits) and not greatest(logits) < np.inf:
            refuse_nan(logits)
        if len(logits) != len(self._scores):
            self._scores = np.empty(len(logits), dtype=np.float32)
        scores = self._scores
        scores[:] = logits
        self.bend(scores, history)
        likeliest = int(scores.argmax())
        if scores[likeliest] == -np.inf:
            return self.last_resort(logits)
        if self.sampling.temperature == 0:
            return likeliest
        return self.draw(scores, self.uniform())

    def bend(self, scores: np.ndarray, history: Sequence[int]) -> None:
        """Apply what depends on the history, and the bans: the first step of :meth:`pick`.

        Args:
            scores: ``(V,)`` logits, which change in place.
            history: As :meth:`pick` has it.
        """
        self._remember(history)
        if self._used and self.sampling.repetition_penalty != 1:
            if len(self._used) > len(self._used_ids):
                self._used_ids = np.fromiter(self._used, np.int64, len(self._used))
            penalise_repetition(scores, self._used_ids, self.sampling.repetition_penalty)
        ban(scores, self._banned)
        if self.sampling.no_repeat_ngram_size:
            ban(scores, self._repeating(history))

    def last_resort(self, logits: np.ndarray) -> int:
        """The likeliest id that is not banned, for where the rules leave none."""
        allowed = np.setdiff1d(np.arange(len(logits)), self._banned)
        return int(allowed[logits[allowed].argmax()])

    def uniform(self) -> float:
        """The next number from the generator, at least 0 and below 1."""
        return self._generator.random()

    def draw(self, scores: np.ndarray, uniform: float) -> int:
        """Leave tokens out and draw from the rest: the last step of :meth:`pick`.

        Args:
            scores: ``(V,)``, bent, not all impossible; they change in place.
            uniform: What :meth:`uniform` gave.
        """
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
        index = draw(weights, uniform)
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
