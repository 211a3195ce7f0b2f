"""The interface of a runtime: what runs a bundle's network to predict."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from seqkit.bundle.load import Bundle
from seqkit.encoding import Encoded


def cores() -> int:
    """The processor cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Runtime(ABC):
    """A bundle's network, ready to predict: numbers in, logits out.

    Whatever it computes with, it gives the logits that seqkit's own torch network gives, to the
    rounding that its documentation states. Calls may come from several threads at once.

    Args:
        bundle: An open bundle, for which :meth:`obstacle` found nothing.
        threads: Processor threads to compute with at most; 0 for as many as there are cores.

    Raises:
        BundleError: The bundle's weights are damaged, or do not fit its recipe.
    """

    @classmethod
    @abstractmethod
    def obstacle(cls, bundle: Bundle) -> str:
        """Why it can't run a bundle; empty where it can. Reads no weights, and is quick."""

    @abstractmethod
    def __init__(self, bundle: Bundle, *, threads: int = 0) -> None: ...

    @abstractmethod
    def logits(self, examples: Sequence[Encoded]) -> list[np.ndarray]:
        """Each example's logits, in the order of the examples, each of at least one token.

        Returns:
            ``(L,)`` each for many-to-one; ``(tokens, L)`` for many-to-many; float32. What a
            sequence-to-sequence head found, in the decoder's own form.
        """

    @abstractmethod
    def initial_state(self, batch_size: int) -> Any:
        """The state before the first token; its form is the runtime's own business."""

    @abstractmethod
    def advance(self, ids: np.ndarray, lengths: np.ndarray, state: Any) -> tuple[np.ndarray, Any]:
        """Feed tokens to a one-to-many model.

        Args:
            ids: ``(T, B)``, padding after each sequence's length.
            lengths: ``(B,)``, each in ``1..T``.
            state: The state before them, which stays as it is.

        Returns:
            The logits after each sequence's last token, ``(B, V)`` float32, and the state then.
        """

    @abstractmethod
    def select(self, state: Any, rows: Sequence[int]) -> Any:
        """The states of some sequences of a batch, in the order of ``rows``, repeated or not."""

    @abstractmethod
    def join(self, states: Sequence[Any]) -> Any:
        """The states of several batches as those of one, in their order."""
