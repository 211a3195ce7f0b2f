"""What a translation model answers with."""

from __future__ import annotations

import msgspec

from seqkit.predictions import Prediction


class Alternative(msgspec.Struct, frozen=True, kw_only=True):
    """Another translation of the same sentence.

    Attributes:
        text: The translation.
        score: As that of :class:`Translation`, and no higher.
    """

    text: str
    score: float


class Translation(Prediction, frozen=True, kw_only=True):
    """A sentence in the other language.

    Attributes:
        source: The ``file:line`` or ``-:line`` that the sentence came from.
        text: The best translation that was found.
        score: The natural logarithm of its probability, divided by its length penalty.
        tokens: How many tokens it has, with the end symbol.
        complete: Whether it ends by itself, rather than at the greatest length.
        alternatives: The next best, best first; none unless they were asked for.
    """

    source: str
    text: str
    score: float
    tokens: int
    complete: bool
    alternatives: tuple[Alternative, ...] = ()
