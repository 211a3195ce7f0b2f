"""The torch-free half of a task: labels, targets, predictions and scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from seqkit.decoding.metrics import LabelScore
from seqkit.examples import Example, text_of
from seqkit.predictions import Prediction
from seqkit.tokenizers.base import Tokenizer


class Wrong(NamedTuple):
    """A prediction that is not what the data say.

    Attributes:
        step: Which token it is about; none where it is about the whole example.
        truth: What the data say.
        prediction: What the logits say.
        probability: Of the prediction.
    """

    step: int | None
    truth: str
    prediction: str
    probability: float


class Decoder(ABC):
    """Knows a task's labels: turns examples into targets, and logits into predictions.

    It is built by training, saved in the bundle's manifest as ``labels``, and used by every
    runtime, so that each gives the same predictions from the same logits.

    A one-to-many task has no labels of its own: the tokenizer's vocabulary takes their place, its
    targets are the ids themselves, and its answers are drawn by a
    :class:`~seqkit.decoding.sampling.Sampler`. It therefore leaves out :meth:`target`,
    :meth:`decode` and :meth:`decode_empty`, which every other task defines.

    Args:
        options: The head's options.
        labels: The labels in the order of the logits' last axis; empty before :meth:`fit`.
    """

    #: Whether a greater :attr:`metric` is better.
    greater_is_better: ClassVar[bool] = True

    def __init__(self, options: Any, labels: Sequence[str] = ()) -> None:
        self.options = options
        self.labels = tuple(labels)

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels in the order of the logits' last axis."""
        return self._labels

    @labels.setter
    def labels(self, labels: Iterable[str]) -> None:
        self._labels = tuple(labels)
        #: Where each label stands in :attr:`labels`.
        self.indices = {label: index for index, label in enumerate(self._labels)}

    @property
    @abstractmethod
    def metric(self) -> str:
        """The score that picks the best epoch: ``loss``, or one of those of :meth:`score`."""

    @property
    def output_size(self) -> int:
        """How many logits stand for one prediction; 0 where the vocabulary's size decides."""
        return len(self.labels)

    @property
    def distribution(self) -> str:
        """What the logits make likely, in words; empty where they give no probabilities of labels.

        The probabilities of models that say the same here have a mean that says it too.
        """
        return ""

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Each label's probability, where there is a :attr:`distribution`.

        Args:
            logits: ``(output_size,)``, or a row a token.

        Returns:
            float64, ``(labels,)`` or a row a token.
        """
        raise NotImplementedError(f"{type(self).__name__} has no probabilities of labels")

    def logits_of(self, probabilities: np.ndarray) -> np.ndarray:
        """Finite logits that :meth:`probabilities` of :meth:`of_mean` makes into these.

        Args:
            probabilities: In the form that :meth:`probabilities` gives.
        """
        raise NotImplementedError(f"{type(self).__name__} has no probabilities of labels")

    def of_mean(self) -> Self:
        """What decodes the mean of several models' probabilities; itself, for most."""
        return self

    @abstractmethod
    def fit(self, examples: Iterable[Example]) -> None:
        """Learn the label set from the training examples.

        Raises:
            DataError: An example has no label, or the set is no use, such as a single label.
        """

    def texts(self, example: Example) -> Iterable[str]:
        """What the tokenizer is trained on of an example; its text, unless there is more to it.

        Args:
            example: A training example.
        """
        yield text_of(example)

    def use(self, tokenizer: Tokenizer) -> None:  # noqa: B027 -- most have no use for it
        """Take the model's trained tokenizer; called once, before any target or answer.

        Args:
            tokenizer: Also that of the answers, where both share one.
        """

    def save(self, folder: Path) -> None:  # noqa: B027 -- most have no use for it
        """Write what was learnt beside the labels, if there is anything.

        Called once the training data were seen, and once training is done.

        Args:
            folder: Empty; files in it become those of the bundle's ``head/``.
        """

    def load(self, folder: Path) -> None:  # noqa: B027 -- most have no use for it
        """Read what :meth:`save` wrote; the labels are known by then.

        Args:
            folder: Of a bundle that may come from a stranger; missing where nothing was written.

        Raises:
            BundleError: It is damaged.
        """

    @property
    def tunes(self) -> bool:
        """Whether :meth:`tune` is wanted once the weights are found."""
        return False

    def tune(  # noqa: B027 -- most have no use for it
        self, logits: Sequence[np.ndarray], targets: Sequence[np.ndarray]
    ) -> None:
        """Learn how to read logits, from those of the development data after training.

        Args:
            logits: Those of each example, by the best weights.
            targets: What :meth:`target` gave for each.
        """

    def target(self, example: Example) -> np.ndarray:
        """What the head's loss compares with.

        Returns:
            An index, int64 ``()``; or a row of 0 and 1, float32 ``(labels,)``; or, for
            sequence-to-sequence, the answer's ids, int64 ``(S,)``; or an index a step, int64
            ``(steps,)``, negative where the step has a label that training never showed: no logit
            stands for it, so the loss leaves the step out, and :meth:`score` counts it as wrong.

        Raises:
            DataError: The example's label was not in the training examples.
        """
        raise NotImplementedError(f"{type(self).__name__} has no targets")

    def decode(
        self, logits: np.ndarray, source: str, tokens: Sequence[tuple[str, int, int]] = ()
    ) -> Prediction:
        """Read one example's logits.

        Args:
            logits: ``(output_size,)`` for many-to-one, ``(steps, output_size)`` for many-to-many.
            source: What the prediction reports as its source.
            tokens: For many-to-many, what each step stands for: its text, and the indices in the
                document of its first character and of the one after its last.

        Raises:
            BundleError: A logit is no number.
        """
        raise NotImplementedError(f"{type(self).__name__} reads no example at once")

    def decode_all(
        self,
        logits: Sequence[np.ndarray],
        sources: Sequence[str],
        tokens: Sequence[Sequence[tuple[str, int, int]]],
    ) -> Sequence[Prediction]:
        """:meth:`decode` for several examples, for a task that is faster with them at once.

        Args:
            logits: Of each example.
            sources: Of each.
            tokens: Of each.
        """
        return [self.decode(*given) for given in zip(logits, sources, tokens, strict=True)]

    def decode_empty(self, source: str) -> Prediction:
        """The answer to a text without any token, for which there are no logits.

        Args:
            source: What the prediction reports as its source.
        """
        raise NotImplementedError(f"{type(self).__name__} reads no example at once")

    @abstractmethod
    def score(
        self, logits: Sequence[np.ndarray], targets: Sequence[np.ndarray]
    ) -> Mapping[str, float]:
        """Scores over a whole data set, each between 0 and 1 unless its name says otherwise.

        Args:
            logits: Those of each example, without padding.
            targets: What :meth:`target` of this same decoder gave for each example.

        Raises:
            DataError: There is nothing to score.
            BundleError: A logit is no number.
        """

    def notes(self) -> Sequence[str]:
        """How scores were computed, where that can be done in more than one way; a line each."""
        return ()

    def report(
        self,
        logits: Sequence[np.ndarray],  # noqa: ARG002 - what a task without labels leaves unread
        targets: Sequence[np.ndarray],  # noqa: ARG002
    ) -> tuple[LabelScore, ...]:
        """The scores of each label, from what :meth:`score` takes; none without labels.

        Raises:
            DataError: There is nothing to score, for most tasks.
            BundleError: A logit is no number.
        """
        return ()

    def confusion(
        self,
        logits: Sequence[np.ndarray],  # noqa: ARG002 - what a task without labels leaves unread
        targets: Sequence[np.ndarray],  # noqa: ARG002
    ) -> tuple[tuple[int, ...], ...]:
        """How often each true label was taken for each, from what :meth:`score` takes.

        Returns:
            A row a true label, a column a predicted one, in the order of :attr:`labels`; empty
            where labels do not exclude each other.

        Raises:
            DataError: There is nothing to score, for most tasks.
            BundleError: A logit is no number.
        """
        return ()

    def calibration(
        self,
        logits: Sequence[np.ndarray],  # noqa: ARG002 - what a task without labels leaves unread
        targets: Sequence[np.ndarray],  # noqa: ARG002
    ) -> Mapping[str, float]:
        """How far probabilities can be taken at their word, from what :meth:`score` takes.

        Returns:
            ``calibration_error`` and ``brier_score``, and where the probabilities were mended the
            same with ``_before`` after their names; empty for a task without labels.

        Raises:
            DataError: There is nothing to score, for most tasks.
            BundleError: A logit is no number.
        """
        return {}

    def mistakes(
        self,
        logits: np.ndarray,  # noqa: ARG002 - what a task without labels leaves unread
        target: np.ndarray,  # noqa: ARG002
    ) -> Sequence[Wrong]:
        """What one example's logits get wrong, from what :meth:`decode` takes and its target.

        Raises:
            BundleError: A logit is no number.
        """
        return ()
