"""Tests forecasts from many rows of a series, beside the baselines from the same rows."""

from __future__ import annotations

import numpy as np

from seqkit_forecast.baselines import METHODS, methods
from seqkit_forecast.results import ColumnScores, Score
from seqkit_forecast.scores import coverage, mase, naive_scale, smape

#: The most rows that forecasts are made from.
_MOST_ORIGINS = 1000


def rolling_origins(start: int, rows: int, horizon: int) -> np.ndarray:
    """The last known row of each test: every one, or evenly chosen ones of very many.

    Args:
        start: The first row that may be forecast.
        rows: How many rows there are; all of a forecast's must be among them.
        horizon: How many values are forecast each time.

    Returns:
        ``(K,)``, none where there are too few rows.
    """
    last = rows - horizon - 1
    if last < start - 1:
        return np.zeros(0, dtype=np.int64)
    count = min(last - start + 2, _MOST_ORIGINS)
    return np.linspace(start - 1, last, count).round().astype(np.int64)


def column_scores(
    values: np.ndarray,
    said: np.ndarray,
    origins: np.ndarray,
    *,
    start: int,
    season: int,
    column: str,
    method: str,
    median: int,
) -> ColumnScores:
    """Scores of a column's forecasts and of each baseline's.

    Args:
        values: ``(N,)``; those before ``start`` give the scale of MASE.
        said: What the network forecast from each origin, ``(K, H, Q)``.
        origins: ``(K,)``.
        start: The first row of the test.
        season: Rows of a season.
        column: The column's name.
        method: The network's name.
        median: The place of the median among the quantiles.
    """
    horizon = said.shape[1]
    actual = values[origins[:, None] + np.arange(1, horizon + 1)]  # (K, H)
    scale = naive_scale(values[:start], season)
    forecasts = {method: said[:, :, median]}
    for name in methods(season):
        made = [METHODS[name](values[: origin + 1], horizon, season) for origin in origins]
        forecasts[name] = np.stack(made)
    several = said.shape[2] > 1
    return ColumnScores(
        column=column,
        scores=tuple(
            Score(method=name, mase=mase(actual, made, scale), smape=smape(actual, made))
            for name, made in forecasts.items()
        ),
        coverage=coverage(actual, said[:, :, 0], said[:, :, -1]) if several else None,
    )
