"""The methods that a forecast must beat to be worth its while."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def naive(history: np.ndarray, horizon: int, season: int = 1) -> np.ndarray:  # noqa: ARG001
    """The last value, again and again.

    Args:
        history: ``(n,)``, the values so far.
        horizon: How many values to forecast.
        season: Unused, as in every method without a season.

    Returns:
        ``(horizon,)``.
    """
    return np.full(horizon, history[-1])


def seasonal_naive(history: np.ndarray, horizon: int, season: int) -> np.ndarray:
    """The last season, again and again; arguments as in :func:`naive`.

    Args:
        history: At least a season long.
        horizon: As there.
        season: Rows of a season.
    """
    return history[len(history) - season + np.arange(horizon) % season]


def drift(history: np.ndarray, horizon: int, season: int = 1) -> np.ndarray:  # noqa: ARG001
    """The straight line from the first value through the last; arguments as in :func:`naive`.

    Args:
        history: At least two values.
        horizon: As there.
        season: Unused.
    """
    slope = (history[-1] - history[0]) / (len(history) - 1)
    line: np.ndarray = history[-1] + slope * np.arange(1, horizon + 1)
    return line


#: Each by the name that tables give it.
METHODS: dict[str, Callable[[np.ndarray, int, int], np.ndarray]] = {
    "naive": naive,
    "seasonal-naive": seasonal_naive,
    "drift": drift,
}


def methods(season: int) -> list[str]:
    """The names of the methods that differ from one another; without a season there are two."""
    return [name for name in METHODS if season > 1 or name != "seasonal-naive"]
