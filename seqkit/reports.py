"""What looking at a model gives: its layers, its scores, and the examples that it gets wrong."""

from __future__ import annotations

import msgspec

from seqkit.decoding.metrics import LabelScore


class Layer(msgspec.Struct, frozen=True, kw_only=True):
    """One tensor of a model's weights.

    Attributes:
        name: Its name in the weights file.
        shape: Its shape.
        parameters: How many numbers it has.
    """

    name: str
    shape: tuple[int, ...]
    parameters: int


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """How well a model does on labelled data.

    Attributes:
        scores: Each score by name; ``loss`` is in nats, the others between 0 and 1 unless their
            names say otherwise.
        examples: How many examples were scored.
        labels: The labels, in the order of the confusion matrix.
        per_label: Precision, recall and F1 of each label.
        confusion: How often each true label (row) was taken for each (column); empty where labels
            do not exclude each other.
        notes: How scores were computed, where that can be done in more than one way.
    """

    scores: dict[str, float]
    examples: int
    labels: tuple[str, ...] = ()
    per_label: tuple[LabelScore, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    notes: tuple[str, ...] = ()


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a model got wrong.

    Attributes:
        source: Where the text stands.
        text: The text; for tagging the sentence, the token in question between ``>`` and ``<``.
        truth: What the data say.
        prediction: What the model says.
        probability: How sure the model is of it.
    """

    source: str
    text: str
    truth: str
    prediction: str
    probability: float
