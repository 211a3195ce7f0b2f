"""Scores: counts of right and wrong, and what they and a summed loss amount to."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from seqkit.errors import DataError

if TYPE_CHECKING:
    import numpy as np

#: How many next words a keyboard shows: a token among so many likeliest counts as suggested.
SUGGESTIONS = 3


@dataclass(frozen=True, slots=True)
class Counts:
    """How often a label, or a span's type, was predicted and was true.

    Attributes:
        correct: Times it was both.
        predicted: Times it was predicted.
        actual: Times it was true.
    """

    correct: int
    predicted: int
    actual: int

    @property
    def precision(self) -> float:
        """Share of the predicted that was true; 0 if nothing was predicted."""
        return self.correct / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """Share of the true that was predicted; 0 if nothing was true."""
        return self.correct / self.actual if self.actual else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall (van Rijsbergen 1979); 0 if either is."""
        both = self.predicted + self.actual
        return 2 * self.correct / both if both else 0.0


class LabelScore(msgspec.Struct, frozen=True, kw_only=True):
    """How well one label, or one type of span, is told from the rest.

    Attributes:
        label: The label, the tag, or the type of span.
        precision: Share of the predicted that was true.
        recall: Share of the true that was predicted.
        f1: Their harmonic mean.
        support: Times it was true.
    """

    label: str
    precision: float
    recall: float
    f1: float
    support: int


def count_labels(
    truth: Iterable[Collection[str]], predicted: Iterable[Collection[str]]
) -> dict[str, Counts]:
    """Count each label over a data set.

    Args:
        truth: The labels that hold of each item, each label once.
        predicted: The labels that were predicted of each item, as many items.

    Returns:
        The counts of each label that occurs on either side, by label in sorted order.
    """
    correct, guessed, actual = Counter[str](), Counter[str](), Counter[str]()
    for true_labels, predicted_labels in zip(truth, predicted, strict=True):
        actual.update(true_labels)
        guessed.update(predicted_labels)
        correct.update(label for label in predicted_labels if label in true_labels)
    return {
        label: Counts(correct[label], guessed[label], actual[label])
        for label in sorted(actual.keys() | guessed.keys())
    }


def total(counts: Iterable[Counts]) -> Counts:
    """The counts of all labels together; their F1 is the micro-averaged one."""
    counts = list(counts)
    return Counts(
        sum(each.correct for each in counts),
        sum(each.predicted for each in counts),
        sum(each.actual for each in counts),
    )


def macro_f1(counts: Iterable[Counts]) -> float:
    """The mean of the labels' F1; labels that are neither true nor predicted anywhere are left out.

    This is scikit-learn's macro average with ``zero_division=nan``; 0 if there are no labels.
    """
    scores = [each.f1 for each in counts if each.predicted or each.actual]
    return sum(scores) / len(scores) if scores else 0.0


def label_scores(counts: Mapping[str, Counts]) -> tuple[LabelScore, ...]:
    """The scores of each label, in the order given."""
    return tuple(
        LabelScore(
            label=label,
            precision=each.precision,
            recall=each.recall,
            f1=each.f1,
            support=each.actual,
        )
        for label, each in counts.items()
    )


def confusion_matrix(
    truth: np.ndarray, predicted: np.ndarray, size: int
) -> tuple[tuple[int, ...], ...]:
    """Count how often each label was taken for each.

    Args:
        truth: ``(N,)`` indices of the true labels.
        predicted: ``(N,)`` indices of the predicted ones.
        size: How many labels there are.

    Returns:
        As many rows and columns; the row is the true label, the column the predicted one.
    """
    import numpy as np  # heavy, and a manifest is read without it

    counts = np.bincount(truth * size + predicted, minlength=size * size)
    return tuple(map(tuple, counts.reshape(size, size).tolist()))


def perplexity(nats_per_token: float) -> float:
    """``exp`` of the mean loss: among how many equally likely tokens the model hesitates.

    Args:
        nats_per_token: The mean negative log-likelihood of a token, in nats.

    Returns:
        At least 1 for a proper loss; infinite where it is more than a float can hold.
    """
    try:
        return math.exp(nats_per_token)
    except OverflowError:
        return math.inf


def bits_per_character(total_nats: float, characters: int) -> float:
    """The length of a text's code under the model, in bits for each of its characters.

    It compares models of different tokenizers, which perplexity does not.

    Args:
        total_nats: The negative log-likelihood of the whole text, in nats.
        characters: How many characters the text has.

    Raises:
        DataError: There are no characters.
    """
    if characters <= 0:
        raise nothing_to_score()
    return total_nats / (characters * math.log(2))


def text_scores(
    total_nats: float, *, tokens: int, suggested: int, characters: int
) -> dict[str, float]:
    """The scores of running text.

    Args:
        total_nats: The negative log-likelihood of the whole text, in nats.
        tokens: How many tokens it has, end symbols included.
        suggested: How many of them are among the :data:`SUGGESTIONS` likeliest in their places.
        characters: How many characters it has, each end counted as one.

    Returns:
        ``loss`` in nats a token, ``perplexity``, ``bits_per_character``, and ``top_3``, the share
        of tokens that three suggestions would have held.

    Raises:
        DataError: There are no characters.
    """
    mean = total_nats / max(1, tokens)
    return {
        "loss": mean,
        "perplexity": perplexity(mean),
        "bits_per_character": bits_per_character(total_nats, characters),
        f"top_{SUGGESTIONS}": suggested / max(1, tokens),
    }


def nothing_to_score() -> DataError:
    """The error of scoring an empty data set."""
    return DataError("there is nothing to score", why="the data holds no labelled item")
