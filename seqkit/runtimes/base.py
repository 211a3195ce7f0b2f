"""What prediction needs of a runtime."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from seqkit.encoding import Encoded


class Runtime(Protocol):
    """Runs a bundle's network; states are its own business and only handed back to it."""

    def logits(self, examples: Sequence[Encoded]) -> list[np.ndarray]:
        """Each example's logits: ``(L,)`` for many-to-one, ``(tokens, L)`` for many-to-many."""

    def initial_state(self, batch_size: int) -> Any:
        """The state before the first token."""

    def run(self, ids: np.ndarray, lengths: np.ndarray, state: Any) -> tuple[np.ndarray, Any]:
        """Feed tokens ``(T, B)``: logits ``(T, B, V)`` float32, and the state after them."""

    def select(self, state: Any, rows: Sequence[int]) -> Any:
        """The states of some sequences of a batch, in the order of ``rows``."""
