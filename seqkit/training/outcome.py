"""How training ended."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from seqkit.training.checkpoint import Progress
from seqkit.training.events import Reason


@dataclass(frozen=True, slots=True)
class Outcome:
    """How training ended.

    Attributes:
        reason: One of :data:`seqkit.training.events.Reason`.
        progress: Where it stood.
        weights: The best epoch's, or the latest where no epoch was finished.
        problem: Where it diverged, what is no number any more and since when.
    """

    reason: Reason
    progress: Progress
    weights: dict[str, Tensor]
    problem: str = ""
