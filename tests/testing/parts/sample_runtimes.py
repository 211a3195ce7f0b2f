"""Runtimes that each break the contract in one way."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from seqkit.bundle.load import Bundle
from seqkit.encoding import Encoded
from seqkit.errors import BundleError
from seqkit.runtimes.onnx import OnnxRuntime


class Imprecise(OnnxRuntime):
    """Is off by a thousandth."""

    def logits(self, examples: Sequence[Encoded]) -> list[np.ndarray]:
        return [row + np.float32(1e-3) for row in super().logits(examples)]


class WritesOtherText(OnnxRuntime):
    """Prefers some tokens from the second step on."""

    def advance(self, ids: np.ndarray, lengths: np.ndarray, state: Any) -> Any:
        logits, state = super().advance(ids, lengths, state)
        return logits * np.float32(0.1), state


class KeepsOneState(OnnxRuntime):
    """Writes the new state over the old one."""

    def advance(self, ids: np.ndarray, lengths: np.ndarray, state: Any) -> Any:
        logits, after = super().advance(ids, lengths, state)
        for old, new in zip(state, after, strict=True):
            old[:] = new
        return logits, state


class JoinsBackwards(OnnxRuntime):
    def join(self, states: Sequence[Any]) -> Any:
        return super().join(states[::-1])


class ReadsWeightsFirst(OnnxRuntime):
    @classmethod
    def obstacle(cls, bundle: Bundle) -> str:
        return "" if bundle.weights() else "no weights"


class SharesItsInput(OnnxRuntime):
    """Keeps what it is asked for where other threads write too."""

    def logits(self, examples: Sequence[Encoded]) -> list[np.ndarray]:
        self.asked = examples
        time.sleep(0.01)
        return super().logits(self.asked)


class RunsNothing(OnnxRuntime):
    @classmethod
    def obstacle(cls, bundle: Bundle) -> str:
        return "it is asleep"


class FeelsCrowded(OnnxRuntime):
    """Gives something else the more there is to do."""

    def logits(self, examples: Sequence[Encoded]) -> list[np.ndarray]:
        return [row + np.float32(0.01 * len(examples)) for row in super().logits(examples)]


class OpensAnything(OnnxRuntime):
    """Takes damaged weights for zeros."""

    def __init__(self, bundle: Bundle, *, threads: int = 0) -> None:
        with suppress(BundleError):
            super().__init__(bundle, threads=threads)
