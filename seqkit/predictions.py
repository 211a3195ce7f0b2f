"""What models answer with: typed, immutable, and written as JSON field by field as declared."""

from __future__ import annotations

import msgspec


class Prediction(msgspec.Struct, frozen=True, kw_only=True):
    """Base of the answers; ``msgspec.json.encode`` writes any of them."""


class Classification(Prediction, frozen=True, kw_only=True):
    """The likeliest label of one text.

    Attributes:
        source: The file, ``file:line`` or ``-`` that the text came from.
        label: The likeliest label; empty for an empty text that no label can be told of.
        probability: Its probability.
        probabilities: Each label's probability; they sum to one.
    """

    source: str
    label: str
    probability: float
    probabilities: dict[str, float]


class MultiClassification(Prediction, frozen=True, kw_only=True):
    """All labels that hold of one text.

    Attributes:
        source: The file, ``file:line`` or ``-`` that the text came from.
        labels: The labels whose probability reaches the threshold, likeliest first.
        probabilities: Each label's own probability; they need not sum to one.
    """

    source: str
    labels: tuple[str, ...]
    probabilities: dict[str, float]


class TaggedToken(Prediction, frozen=True, kw_only=True):
    """One token with its tag.

    Attributes:
        text: The token.
        tag: The likeliest tag.
        probability: Its probability.
        start: Index of its first character in the document.
        end: Index after its last character.
    """

    text: str
    tag: str
    probability: float
    start: int
    end: int


class Tagging(Prediction, frozen=True, kw_only=True):
    """A document's tokens, each with its tag.

    Attributes:
        source: The file, ``file:line`` or ``-`` that the text came from.
        tokens: The tokens in order.
    """

    source: str
    tokens: tuple[TaggedToken, ...]


class Generation(Prediction, frozen=True, kw_only=True):
    """A continuation of a seed text.

    Attributes:
        seed: The seed text.
        text: The text that follows it.
        tokens: How many tokens were drawn.
        finish_reason: ``length``, ``stop`` (a stop string) or ``end`` (the end-of-text symbol).
    """

    seed: str
    text: str
    tokens: int
    finish_reason: str


class Suggestion(Prediction, frozen=True, kw_only=True):
    """A word that may come next.

    Attributes:
        word: The word.
        probability: Its probability given all the text so far, and given that a word comes next.
    """

    word: str
    probability: float
