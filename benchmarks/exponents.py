"""How time grows with size: the exponent of a power law, by least squares on logarithms."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_FEWEST = 3  # sizes that a law is fitted to, where there are as many


@dataclass(frozen=True, slots=True, kw_only=True)
class Exponent:
    """``time ~ size ** middle``.

    Attributes:
        middle: The median of the rounds' exponents.
        low: The lowest.
        high: The highest.
        constant: ``time / size ** middle`` through the middle of the medians of the rounds.
        sizes: What it was fitted to.
    """

    middle: float
    low: float
    high: float
    constant: float
    sizes: tuple[int, ...]


def upper(sizes: Sequence[int]) -> tuple[int, ...]:
    """The larger half of the sizes, where overheads matter least; at least three if there are."""
    return tuple(sorted(sizes)[-max(_FEWEST, -(-len(sizes) // 2)) :])


def fit(times: dict[int, list[float]]) -> Exponent | None:
    """Fit a power law to the upper range of sizes, in each round by itself.

    Args:
        times: By size, of each round.

    Returns:
        None with fewer than two sizes.
    """
    sizes = upper(list(times))
    if len(sizes) < 2:
        return None
    x = np.log(sizes)
    rounds = np.log([times[size] for size in sizes])  # (sizes, rounds)
    x -= (middle := x.mean())
    slopes = ((x @ rounds) / (x @ x)).tolist()
    exponent = statistics.median(slopes)
    level = float(np.mean(np.median(rounds, axis=1)))
    return Exponent(
        middle=exponent,
        low=min(slopes),
        high=max(slopes),
        constant=float(np.exp(level - exponent * middle)),
        sizes=sizes,
    )
