"""What a model says of labelled data, decision by decision."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from seqkit.bundle.load import Bundle
from seqkit.decoding.base import Wrong
from seqkit.errors import DataError, UsageError
from seqkit.evaluating import answered, evaluation_of
from seqkit.examples import Example, TokensExample
from seqkit.predicting import Predictor
from seqkit.reports import Evaluation

#: Told what is being done, how much of it is done, and how much there is in all; 0 if unknown.
Progress: TypeAlias = Callable[[str, int, int], None]

#: The most examples of a kind that a page shows, however many are asked for.
MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Decisions:
    """Every label that was told, of ``N`` texts, of their words, or of each label of each text.

    A decision is between classes: the labels, or, where labels do not exclude each other, ``2 j``
    for a label ``j`` that does not hold and ``2 j + 1`` for one that does.

    Attributes:
        several: Whether labels do not exclude each other.
        example: ``(N,)``, which example each is about.
        word: ``(N,)``, which word of it; -1 where it is about the whole.
        given: ``(N,)``, the class that the data name; -1 for one that the model does not know.
        told: ``(N,)``, the class that the model names.
        p_given: ``(N,)``, the probability of the class given; 0 of one that is not known.
        p_told: ``(N,)``, that of the class told.
    """

    several: bool
    example: np.ndarray
    word: np.ndarray
    given: np.ndarray
    told: np.ndarray
    p_given: np.ndarray
    p_told: np.ndarray

    @property
    def right(self) -> np.ndarray:
        """``(N,)`` bool."""
        return np.asarray(self.given == self.told)

    def forecasts(self) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities ``(N,)``, and whether what they are of came true, ``(N,)`` bool.

        They are of the label told, or, where labels do not exclude each other, of each label.
        """
        if not self.several:
            return self.p_told, self.right
        holds = self.given % 2 == 1
        return np.where(holds, self.p_given, 1 - self.p_given), holds


@dataclass(frozen=True, slots=True)
class Hard:
    """A mistake, by the number of its example."""

    example: int
    wrong: Wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """All that a page tells of.

    Attributes:
        examples: Those that have a token.
        labels: The model's.
        left_out: How many examples have none.
        evaluation: The scores.
        decisions: Every label that was told.
        mistakes: How many there are.
        hardest: The most confident of them, the first first.
        most: How many of each kind a page may show.
        known: Whether the vocabulary has the word that each decision is about; none for texts.
    """

    examples: list[Example]
    labels: tuple[str, ...]
    left_out: int
    evaluation: Evaluation
    decisions: Decisions
    mistakes: int
    hardest: list[Hard]
    most: int
    known: np.ndarray | None


def survey(
    bundle: Bundle,
    predictor: Predictor,
    examples: Iterable[Example],
    limit: int,
    on_progress: Progress,
) -> Survey:
    """Ask a model about every example.

    Args:
        bundle: An open bundle.
        predictor: The model's.
        examples: Labelled.
        limit: How many examples of each kind are to be shown; 0 for as many as may be.
        on_progress: Told how many examples are done.

    Raises:
        UsageError: The model has no labels with probabilities.
        DataError: There are no examples, or a label is missing or unknown.
    """
    decoder, arity = bundle.decoder, bundle.recipe.head_spec.arity
    if arity not in ("many-to-one", "many-to-many") or not decoder.distribution:
        raise _no_labels(bundle)
    asked = list(examples)
    if not asked:
        raise DataError("There is nothing to look at", why="no example was read")
    kept: list[Example] = []
    logits, targets, columns, found = [], [], [], []
    for example, row, target in answered(predictor, asked):
        chances = decoder.probabilities(row)
        wrong = decoder.mistakes(row, target)
        found += [Hard(len(kept), one) for one in wrong]
        place = len(kept)
        if arity == "many-to-one" and target.ndim == 1:
            columns.append(_of_each_label(place, chances, target, wrong, decoder.indices))
        else:
            words = arity == "many-to-many"
            rows = np.atleast_2d(chances), np.atleast_1d(target)
            columns.append(_of_one_label(place, *rows, wrong, decoder.indices, words=words))
        kept.append(example)
        logits.append(row)
        targets.append(target)
        on_progress("labelling", len(kept), len(asked))
    if not kept:
        raise DataError("There is nothing to look at", why="no example has a token")
    found.sort(key=lambda hard: -hard.wrong.probability)
    most = min(limit or MOST_SHOWN, MOST_SHOWN)
    several = arity == "many-to-one" and targets[0].ndim == 1
    return Survey(
        examples=kept,
        labels=decoder.labels,
        left_out=len(asked) - len(kept),
        evaluation=evaluation_of(decoder, dict(decoder.score(logits, targets)), logits, targets),
        decisions=Decisions(several, *map(np.concatenate, zip(*columns, strict=True))),
        mistakes=len(found),
        hardest=found[:most],
        most=most,
        known=_known(predictor, kept) if arity == "many-to-many" else None,
    )


def _of_one_label(
    number: int,
    chances: np.ndarray,
    target: np.ndarray,
    wrong: Iterable[Wrong],
    indices: dict[str, int],
    *,
    words: bool,
) -> tuple[np.ndarray, ...]:
    """The columns of :class:`Decisions` for one text, or for the words of one sentence."""
    N = len(target)
    known = target >= 0
    p_given = np.where(known, chances[np.arange(N), target.clip(min=0)], 0.0)
    given = np.where(known, target, -1)
    told, p_told = given.copy(), p_given.copy()
    for one in wrong:
        place = one.step or 0
        told[place], p_told[place] = indices[one.prediction], one.probability
    places = np.arange(N) if words else np.full(N, -1)
    return np.full(N, number), places, given, told, p_given, p_told


def _of_each_label(
    number: int,
    chances: np.ndarray,
    target: np.ndarray,
    wrong: Iterable[Wrong],
    indices: dict[str, int],
) -> tuple[np.ndarray, ...]:
    """The columns of :class:`Decisions` for all labels of one text."""
    holds = target > 0
    told = holds.copy()
    for one in wrong:
        place = indices[one.prediction or one.truth]
        told[place] = not holds[place]
    each = 2 * np.arange(len(target))
    nothing = np.full(len(target), -1)
    p_given = np.where(holds, chances, 1 - chances)
    p_told = np.where(told, chances, 1 - chances)
    return np.full(len(target), number), nothing, each + holds, each + told, p_given, p_told


def _known(predictor: Predictor, examples: Iterable[Example]) -> np.ndarray:
    tokenizer = predictor.encoder.tokenizer

    def each() -> Iterator[bool]:
        for example in examples:
            assert isinstance(example, TokensExample)
            for ids in tokenizer.encode_words(example.tokens):
                yield tokenizer.unk_id not in ids

    return np.fromiter(each(), dtype=bool)


def _no_labels(bundle: Bundle) -> UsageError:
    return UsageError(
        f"The {bundle.manifest.task} model {bundle.path} has no page of errors",
        why="it gives no label a probability",
        fix="Use 'seqkit evaluate' for its scores",
    )
