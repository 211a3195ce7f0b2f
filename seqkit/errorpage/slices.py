"""How well a model does on parts of the data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from seqkit.errorpage.survey import Decisions, Survey
from seqkit.examples import words_of

#: Parts that the data are cut in by length, of about as many examples each.
PARTS = 5


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of the data.

    Attributes:
        name: What its items have in common.
        items: How many there are.
        accuracy: The share that the model tells right.
        confidence: How sure it is on average, or none where that is no single number.
    """

    name: str
    items: int
    accuracy: float
    confidence: float | None


def by_length(survey: Survey) -> list[Slice]:
    """Texts, or the words of sentences, by the number of words in each text.

    With several labels a text is right where all of them are.
    """
    decisions = survey.decisions
    lengths = np.array([len(words_of(example)) for example in survey.examples])
    edges = np.unique(np.quantile(lengths, np.arange(1, PARTS + 1) / PARTS, method="higher"))
    right, of = decisions.right, lengths[decisions.example]
    if decisions.several:
        wrong = np.bincount(decisions.example, weights=~right, minlength=len(lengths))
        right, of = wrong == 0, lengths
    part = np.searchsorted(edges, of)
    lows = [int(lengths.min()), *(int(edge) + 1 for edge in edges[:-1])]
    names = [
        f"{low:,} to {high:,} words" if low < high else f"{low:,} word{'s'[: low != 1]}"
        for low, high in zip(lows, map(int, edges), strict=True)
    ]
    return [
        _slice(name, part == k, right, None if decisions.several else decisions)
        for k, name in enumerate(names)
    ]


def by_label(survey: Survey) -> list[Slice]:
    """What the data give each label; with several labels, whether it was told where it holds."""
    decisions, step = survey.decisions, 2 if survey.decisions.several else 1
    named = [
        _slice(label, decisions.given == step * k + (step - 1), decisions.right, decisions)
        for k, label in enumerate(survey.labels)
    ]
    return [*(part for part in named if part.items), *_unseen(decisions)]


def by_vocabulary(survey: Survey) -> list[Slice]:
    """Words that the model's vocabulary has, and those that it lacks; none for texts."""
    if survey.known is None:
        return []
    return [
        _slice(name, chosen, survey.decisions.right, survey.decisions)
        for name, chosen in (("known words", survey.known), ("unknown words", ~survey.known))
    ]


def _unseen(decisions: Decisions) -> Iterator[Slice]:
    unseen = decisions.given < 0
    if unseen.any():
        yield _slice("(labels that training never showed)", unseen, decisions.right, decisions)


def _slice(name: str, chosen: np.ndarray, right: np.ndarray, decisions: Decisions | None) -> Slice:
    items = int(chosen.sum())
    confidence = None
    if decisions is not None and items:
        confidence = float(decisions.p_told[chosen].mean())
    return Slice(name, items, float(right[chosen].mean()) if items else 0.0, confidence)
