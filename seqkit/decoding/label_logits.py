"""What the logits of a text say of each of its labels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqkit.decoding.numerics import log_of, sigmoid, softmax


@dataclass(frozen=True, slots=True)
class LabelLogits:
    """How logits are read, which follows from how many labels there are and may hold.

    - one label of two: a single logit, whose sigmoid is the second label's probability;
    - one label of more: a logit each, whose softmax gives the probabilities;
    - several labels: a logit each, whose sigmoid is that label's probability.

    Attributes:
        labels: How many there are.
        exclusive: Whether one alone holds for a text.
    """

    labels: int
    exclusive: bool

    @property
    def size(self) -> int:
        """How many logits a text has."""
        return 1 if self._single else self.labels

    @property
    def _single(self) -> bool:
        return self.exclusive and self.labels == 2

    def of_labels(self, logits: np.ndarray) -> np.ndarray:
        """``(N, size)`` logits to one for each label, ``(N, labels)``."""
        return np.concatenate([0 * logits, logits], axis=1) if self._single else logits

    def probabilities(self, logits: np.ndarray, *, temperature: float = 1.0) -> np.ndarray:
        """``(N, size)`` logits to ``(N, labels)`` probabilities, float64.

        Args:
            logits: Finite, or ``-inf`` where softmax allows it.
            temperature: What they are divided by.
        """
        logits = logits.astype(np.float64) / temperature
        if self._single:
            return sigmoid(np.concatenate([-logits, logits], axis=1))
        return softmax(logits) if self.exclusive else sigmoid(logits)

    def of_probabilities(self, probabilities: np.ndarray) -> np.ndarray:
        """The finite logits ``(size,)`` whose :meth:`probabilities` are these ``(labels,)``."""
        log = log_of(probabilities)
        if self._single:
            return np.asarray(log[1:] - log[:1])
        return log if self.exclusive else np.asarray(log - log_of(1 - probabilities))

    def likeliest(self, logits: np.ndarray) -> np.ndarray:
        """``(N, size)`` logits to ``(N, labels)`` bool: of exclusive labels, which one holds."""
        best = logits[:, 0] > 0 if self._single else logits.argmax(axis=1)
        return np.asarray(np.arange(self.labels) == best[:, np.newaxis])
