"""What the command line asks of every benchmark."""

from __future__ import annotations

import os
from dataclasses import dataclass

FEWEST_ROUNDS = 3
ROUNDS = 5  # unless told otherwise


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How much to measure.

    Attributes:
        rounds: How often each contender is measured.
        seeds: Over how many random seeds the rounds go; each round takes the next one.
        threads: Processor threads that each contender may use.
        quick: Only show that everything runs: little data, and no warm-up before the one round.
    """

    rounds: int = ROUNDS
    seeds: int = ROUNDS
    threads: int = 1
    quick: bool = False

    def seed(self, number: int) -> int:
        """The random seed of the round ``number``, which is counted from 0."""
        return 1 + number % self.seeds


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
