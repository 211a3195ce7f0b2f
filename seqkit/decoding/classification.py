"""The torch-free half of classification: labels of whole texts."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from seqkit.decoding.base import Decoder, Wrong
from seqkit.decoding.calibration import (
    calibration_of,
    fit_temperature,
    read_temperature,
    write_temperature,
)
from seqkit.decoding.label_logits import LabelLogits
from seqkit.decoding.metrics import (
    Counts,
    LabelScore,
    confusion_matrix,
    label_scores,
    macro_f1,
    nothing_to_score,
    total,
)
from seqkit.decoding.numerics import refuse_nan
from seqkit.decoding.thresholds import (
    best_thresholds,
    crossed,
    read_thresholds,
    write_thresholds,
)
from seqkit.errors import BundleError, DataError, did_you_mean
from seqkit.examples import Example, TextExample
from seqkit.predictions import Classification, MultiClassification


class ClassificationDecoder(Decoder):
    """Labels of a text, in sorted order.

    A text's logits are ``(output_size,)``; what they mean follows from the labels and from
    ``multi_label``, as :class:`~seqkit.decoding.label_logits.LabelLogits` says.

    Args:
        options: :class:`seqkit.heads.ClassificationOptions`.
        labels: The labels; empty before :meth:`fit`.
    """

    def __init__(self, options: Any, labels: Sequence[str] = ()) -> None:
        super().__init__(options, labels)
        #: What logits are divided by where probabilities are told; it moves no label.
        self.temperature = 1.0
        #: The probability from which each label holds, ``(labels,)``, once they are tuned.
        self.thresholds: np.ndarray | None = None

    @property
    def tunes(self) -> bool:
        """Whether probabilities are to be calibrated, or thresholds to be found."""
        return bool(self.options.calibrate) or self._tunes_thresholds

    @property
    def _tunes_thresholds(self) -> bool:
        return bool(self.options.multi_label and self.options.threshold == "tuned")

    def notes(self) -> Sequence[str]:
        """Where thresholds are of, lest a score on the same data be taken for an honest one."""
        if self._tunes_thresholds:
            return ("thresholds were tuned on the development data, whose scores here flatter",)
        return ()

    def tune(self, logits: Sequence[np.ndarray], targets: Sequence[np.ndarray]) -> None:
        """Find the temperature and the thresholds, as far as they are wanted.

        Raises:
            DataError: There is nothing to learn from.
        """
        truth, _ = self._compare(logits, targets)
        rows = np.stack(list(logits))
        if self._tunes_thresholds:
            self.thresholds = best_thresholds(self._form.probabilities(rows), truth)
        if self.options.calibrate:
            exclusive = not self.options.multi_label
            self.temperature = fit_temperature(
                self._form.of_labels(rows), truth, exclusive=exclusive
            )

    def save(self, folder: Path) -> None:
        """Write the temperature and the thresholds, if they were found."""
        if self.temperature != 1:
            write_temperature(folder, self.temperature)
        if self.thresholds is not None:
            write_thresholds(folder, self.thresholds)

    def load(self, folder: Path) -> None:
        """Read the temperature and the thresholds, if there are any."""
        self.temperature = read_temperature(folder)
        self.thresholds = read_thresholds(folder, labels=len(self.labels))

    @property
    def metric(self) -> str:
        """``accuracy``, or ``macro_f1`` where several labels may hold."""
        return "macro_f1" if self.options.multi_label else "accuracy"

    @property
    def distribution(self) -> str:
        """One label, or with ``multi_label`` any number."""
        return "any number of labels" if self.options.multi_label else "one label"

    @property
    def output_size(self) -> int:
        """One logit for one of two labels, otherwise one a label."""
        return self._form.size

    @property
    def _form(self) -> LabelLogits:
        return LabelLogits(len(self.labels), exclusive=not self.options.multi_label)

    def fit(self, examples: Iterable[Example]) -> None:
        """Learn the label set.

        Args:
            examples: The training examples, each with one label, or with any number of them where
                ``multi_label`` is set.

        Raises:
            DataError: An example has no label or several without ``multi_label``, or all have the
                same one.
        """
        found: set[str] = set()
        for example in examples:
            found.update(self._labels_of(example))
        if not found:
            raise DataError("the training data holds no label", fix="Give examples with labels")
        if len(found) == 1 and not self.options.multi_label:
            raise DataError(
                f"every training example has the same label '{min(found)}'",
                why="there is nothing to tell apart",
                fix="Give examples of at least two labels",
            )
        self.labels = tuple(sorted(found))

    def target(self, example: Example) -> np.ndarray:
        """The index of the example's label, or with ``multi_label`` 1 for each that holds.

        Returns:
            int64 ``()``, or float32 ``(labels,)`` with ``multi_label``.

        Raises:
            DataError: A label is missing, one too many, or unknown.
        """
        held = self._labels_of(example)
        unknown = next((label for label in held if label not in self.indices), None)
        if unknown is not None:
            raise DataError(
                f"{example.source}: the label '{unknown}' is not one that the model knows",
                fix=did_you_mean(unknown, self.labels),
            )
        if not self.options.multi_label:
            return np.array(self.indices[held[0]], dtype=np.int64)
        row = np.zeros(len(self.labels), dtype=np.float32)
        row[[self.indices[label] for label in held]] = 1
        return row

    def decode(
        self,
        logits: np.ndarray,
        source: str,
        tokens: Sequence[tuple[str, int, int]] = (),  # noqa: ARG002 - a label is of no single token
    ) -> Classification | MultiClassification:
        """The likeliest label of a text, or with ``multi_label`` all that reach the threshold."""
        batch = logits[np.newaxis]
        held = self._holds(batch)[0]
        probabilities = self._form.probabilities(batch, temperature=self.temperature)[0]
        named = dict(zip(self.labels, probabilities.tolist(), strict=True))
        if self.options.multi_label:
            order = np.argsort(-probabilities, kind="stable")
            labels = tuple(self.labels[index] for index in order if held[index])
            return MultiClassification(source=source, labels=labels, probabilities=named)
        label = self.labels[int(held.argmax())]
        return Classification(
            source=source, label=label, probability=named[label], probabilities=named
        )

    def decode_empty(self, source: str) -> Classification | MultiClassification:
        """The answer to an empty text: no label, with probability 0 and no probabilities."""
        if self.options.multi_label:
            return MultiClassification(source=source, labels=(), probabilities={})
        return Classification(source=source, label="", probability=0.0, probabilities={})

    def score(
        self, logits: Sequence[np.ndarray], targets: Sequence[np.ndarray]
    ) -> Mapping[str, float]:
        """How many texts are labelled right.

        Returns:
            ``accuracy`` (with ``multi_label``: ``subset_accuracy``, the share of texts whose
            labels are right without exception), ``macro_f1`` and ``micro_f1``.
        """
        truth, predicted = self._compare(logits, targets)
        counts = self._counts(truth, predicted).values()
        accuracy = "subset_accuracy" if self.options.multi_label else "accuracy"
        return {
            accuracy: float((truth == predicted).all(axis=1).mean()),
            "macro_f1": macro_f1(counts),
            "micro_f1": total(counts).f1,
        }

    def report(
        self, logits: Sequence[np.ndarray], targets: Sequence[np.ndarray]
    ) -> tuple[LabelScore, ...]:
        """The scores of each label, in the order of :attr:`labels`."""
        return label_scores(self._counts(*self._compare(logits, targets)))

    def confusion(
        self, logits: Sequence[np.ndarray], targets: Sequence[np.ndarray]
    ) -> tuple[tuple[int, ...], ...]:
        """How often each label was taken for each; empty with ``multi_label``."""
        if self.options.multi_label:
            return ()
        truth, predicted = self._compare(logits, targets)
        return confusion_matrix(truth.argmax(axis=1), predicted.argmax(axis=1), len(self.labels))

    def calibration(
        self, logits: Sequence[np.ndarray], targets: Sequence[np.ndarray]
    ) -> Mapping[str, float]:
        """How far probabilities can be taken at their word, mended by the temperature."""
        truth, _ = self._compare(logits, targets)
        rows, exclusive = np.stack(list(logits)), not self.options.multi_label

        def found(temperature: float) -> dict[str, float]:
            told = self._form.probabilities(rows, temperature=temperature)
            return calibration_of(told, truth, exclusive=exclusive)

        scores = found(self.temperature)
        if self.temperature != 1:
            scores |= {f"{name}_before": value for name, value in found(1.0).items()}
        return scores

    def mistakes(self, logits: np.ndarray, target: np.ndarray) -> list[Wrong]:
        """What a text is wrongly said to be.

        Returns:
            The one wrong label, if it is. With ``multi_label`` each label that is told wrong:
            one too many has an empty truth, one that was missed an empty prediction.
        """
        truth, predicted = (row[0] for row in self._compare([logits], [target]))
        batch = logits[np.newaxis]
        probabilities = self._form.probabilities(batch, temperature=self.temperature)[0]
        wrong = np.flatnonzero(truth != predicted)
        if self.options.multi_label:
            return [
                Wrong(None, "", self.labels[index], float(probabilities[index]))
                if predicted[index]
                else Wrong(None, self.labels[index], "", float(1 - probabilities[index]))
                for index in wrong
            ]
        if not wrong.size:
            return []
        true, guess = int(truth.argmax()), int(predicted.argmax())
        return [Wrong(None, self.labels[true], self.labels[guess], float(probabilities[guess]))]

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Each label's, mended by the temperature."""
        refuse_nan(logits)
        return np.asarray(
            self._form.probabilities(logits[np.newaxis], temperature=self.temperature)[0]
        )

    def logits_of(self, probabilities: np.ndarray) -> np.ndarray:
        """Their logarithms, or of labels that don't exclude each other, the logarithms of odds."""
        return self._form.of_probabilities(probabilities)

    def of_mean(self) -> Self:
        """One without a temperature: members' probabilities have theirs in them."""
        if self.temperature == 1:
            return self
        other = copy.copy(self)
        other.temperature = 1.0
        return other

    def _labels_of(self, example: Example) -> tuple[str, ...]:
        if not isinstance(example, TextExample):
            raise DataError(
                f"{example.source}: a sentence of given tokens",
                why="classification wants texts with labels",
                fix="Name a reader of labelled texts, or the tagging head",
            )
        if self.options.multi_label:
            return example.labels
        if not example.labels:
            raise DataError(f"{example.source}: no label", why="each text needs one")
        if len(example.labels) > 1:
            raise DataError(
                f"{example.source}: several labels, {', '.join(example.labels)}",
                why="this model gives each text one label",
                fix="Set the head's multi_label option, or keep one label",
            )
        return example.labels

    def _holds(self, logits: np.ndarray) -> np.ndarray:
        """``(N, output_size)`` logits to ``(N, labels)`` bool, whether each label is predicted."""
        refuse_nan(logits)
        if self.options.multi_label:
            threshold = self.options.threshold
            if self._tunes_thresholds:
                if self.thresholds is None:
                    raise BundleError(
                        "the model has no thresholds",
                        why="they are tuned when training ends, and kept in its folder head/",
                        fix="Take the bundle from its source again, or train it again",
                    )
                threshold = self.thresholds
            return np.asarray(self._form.probabilities(logits) >= threshold)
        return self._form.likeliest(logits)

    def _compare(
        self, logits: Sequence[np.ndarray], targets: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Which labels hold and which are predicted, both ``(N, labels)`` bool."""
        if not len(targets):
            raise nothing_to_score()
        rows, given = np.stack(list(targets)), np.stack(list(logits))
        if self._tunes_thresholds and self.thresholds is None:
            refuse_nan(given)
            return rows > 0, crossed(self._form.probabilities(given), rows > 0)
        predicted = self._holds(given)
        if self.options.multi_label:
            return rows > 0, predicted
        return rows[:, np.newaxis] == np.arange(len(self.labels)), predicted

    def _counts(self, truth: np.ndarray, predicted: np.ndarray) -> dict[str, Counts]:
        columns = ((truth & predicted).sum(0), predicted.sum(0), truth.sum(0))
        return {
            label: Counts(*(int(column[index]) for column in columns))
            for index, label in enumerate(self.labels)
        }
