"""What looking at a model gives: its layers, its scores, what it gets wrong, and why."""

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
        calibration: How far probabilities can be taken at their word: ``calibration_error`` and
            ``brier_score``, and where they were mended the same with ``_before``; empty for a task
            without labels.
    """

    scores: dict[str, float]
    examples: int
    labels: tuple[str, ...] = ()
    per_label: tuple[LabelScore, ...] = ()
    confusion: tuple[tuple[int, ...], ...] = ()
    notes: tuple[str, ...] = ()
    calibration: dict[str, float] = {}


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


class WordShare(msgspec.Struct, frozen=True, kw_only=True):
    """What one word of a text did to a logit.

    Attributes:
        text: The word, or the token of a model that reads no words.
        start: Index of its first character in the text.
        end: Index after its last character.
        share: How much of the logit it brought: above zero it speaks for the label, below against.
    """

    text: str
    start: int
    end: int
    share: float


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Which words brought a label its logit, by integrated gradients.

    ``logit = baseline + the sum of all shares + residual``.

    Attributes:
        text: What was read; given tokens are joined by spaces.
        label: The label that is explained.
        word: Which word has it, counted from 0; none where it is the whole text's.
        logit: The model's logit of the label; of one of two labels, the logarithm of its odds.
        baseline: What it would be if all vectors of the input were zero.
        words: Those that the model read, in order.
        residual: What the shares fail to account for, since the integral is a sum of steps.
        steps: How many.
    """

    text: str
    label: str
    word: int | None
    logit: float
    baseline: float
    words: tuple[WordShare, ...]
    residual: float
    steps: int

    @property
    def complete(self) -> bool:
        """Whether the shares account for all but a hundredth of what the words brought."""
        return abs(self.residual) <= tolerance(sum(word.share for word in self.words))


def tolerance(difference: float) -> float:
    """What an explanation may fail to account for: a hundredth of a difference, or of a logit."""
    return 0.01 * max(1.0, abs(difference))
