"""A series and its forecast as a picture, PNG; matplotlib draws it where it is installed."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from seqkit.errors import MissingDependency
from seqkit_forecast.results import Forecast
from seqkit_forecast.series import Series


def check() -> None:
    """See to it, before anything is computed, that a picture can be drawn.

    Raises:
        MissingDependency: matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise MissingDependency(
            "A picture needs the module 'matplotlib', which is not installed",
            fix="Install it with: pip install 'seqkit-forecast[plots]'",
        ) from None


def picture(series: Series, forecasts: Sequence[Forecast], *, history: int) -> bytes:
    """Draw each column's last values, its forecast, and its intervals.

    Args:
        series: What was forecast from.
        forecasts: One a column, in the order of the series.
        history: How many of the last values to show.

    Raises:
        MissingDependency: matplotlib is not installed.
    """
    check()
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.4 * len(forecasts)), layout="constrained")
    for number, forecast in enumerate(forecasts):
        axes = figure.add_subplot(len(forecasts), 1, number + 1)
        values = series.values[-history:, number]
        said = np.array(forecast.values)  # (H, Q)
        past = _places(series, len(series) - len(values), len(series))
        future = _places(series, len(series) - 1, len(series) + len(said))
        ahead = np.concatenate([np.full((1, said.shape[1]), values[-1]), said])
        middle = forecast.quantiles.index(0.5)
        for low in range(middle):
            high = len(forecast.quantiles) - 1 - low
            if high > middle:
                shares = f"{forecast.quantiles[low]:g} to {forecast.quantiles[high]:g}"
                axes.fill_between(
                    future, ahead[:, low], ahead[:, high], color="C1", alpha=0.2, label=shares
                )
        axes.plot(past, values, color="C0", label=forecast.column)
        axes.plot(future, ahead[:, middle], color="C1", label="forecast")
        axes.legend(frameon=False)
        axes.grid(visible=True, color="0.9")
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    file = io.BytesIO()
    # without a date, so that the same numbers make the same file
    figure.savefig(file, format="png", dpi=120, metadata={"Software": None})
    return file.getvalue()


def _places(series: Series, first: int, end: int) -> list[Any]:
    """Where rows stand on the axis of time: their dates, or else their numbers from 1."""
    if not series.dates or series.step is None:
        return list(range(first + 1, end + 1))
    last = len(series) - 1
    return [
        series.dates[row] if row <= last else series.step.after(series.dates[-1], row - last)
        for row in range(first, end)
    ]
