"""Decides what a person left open: rows held out, season, window, and the scalings to try."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec
import numpy as np

from seqkit import registry
from seqkit.errors import DataError, UsageError
from seqkit.manager import BUILTIN
from seqkit_forecast.evaluation import rolling_origins
from seqkit_forecast.scaling import lag_of
from seqkit_forecast.scores import naive_scale
from seqkit_forecast.season import find_season
from seqkit_forecast.series import Series
from seqkit_forecast.settings import SCALINGS, ScalingName, Settings

#: Windows that a network learns from, at least.
_FEWEST_WINDOWS = 8
#: The window without a season; the rows that one of whole seasons has at least; and the longest
#: season that fits one, with the window for longer ones. Chosen on validation tails.
_PLAIN, _SEASONAL, _SHORT_SEASON, _LONG = 24, 12, 60, 36


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a fit works on.

    Attributes:
        series: The training part, and nothing after it.
        settings: All decided but for the scaling.
        learnt: The rows that are learnt from; those after them are the validation tail.
        scales: The naive method's mean error in them, ``(S,)``.
    """

    series: Series
    settings: Settings
    learnt: int
    scales: np.ndarray

    @property
    def validation(self) -> np.ndarray:
        """The last known row of each forecast of the validation tail."""
        return rolling_origins(self.learnt, len(self.series), self.settings.horizon)

    def scalings(self) -> list[ScalingName]:
        """Those that fit the values, the season and the number of rows.

        Raises:
            UsageError: None does.
        """
        wanted, season = self.settings.scaling, self.settings.season
        positive = bool((self.series.values > 0).all())
        found = [
            name
            for name in (SCALINGS if wanted == "auto" else (wanted,))
            if len(learning(self.settings, name, self.learnt)) >= _FEWEST_WINDOWS
            and (positive or not name.startswith("log"))
            and (season > 1 or "seasonal" not in name)
        ]
        if not found:
            raise UsageError(
                f"No forecaster can be fitted on {self.learnt:,} rows"
                + (f" with the scaling '{wanted}'" if wanted != "auto" else ""),
                why=f"it reads {self.settings.window:,} rows to forecast "
                f"{self.settings.horizon:,}; a logarithm needs positive values, and a seasonal "
                "difference a season and as many rows more",
                fix="Give it more rows, or a shorter horizon, window or season",
            )
        return found


def learning(settings: Settings, name: ScalingName, rows: int) -> np.ndarray:
    """The last row of each window to learn from.

    Args:
        settings: All decided.
        name: The scaling.
        rows: How many rows may be looked at.
    """
    first = settings.window + lag_of(name, settings.season) - 1
    return np.arange(first, rows - settings.horizon)


def plan_of(series: Series, settings: Settings) -> Plan:
    """Hold out the end, and decide season and window by what is left.

    Raises:
        UsageError: Too little is left.
        DataError: A column never changes.
        PluginError: There is no such cell.
    """
    held_out = settings.held_out or _end(len(series), settings.horizon)
    if held_out < settings.horizon:
        raise UsageError(
            f"{held_out:,} rows are held out for the test",
            why=f"that takes at least the {settings.horizon:,} of a forecast",
        )
    training = series.head(max(len(series) - held_out, 0))
    learnt = len(training) - _end(len(training), settings.horizon)
    if learnt < 2 * max(settings.horizon, settings.season):
        raise UsageError(
            f"The series has {len(series):,} rows, too few to forecast {settings.horizon:,}"
            + (f" with a season of {settings.season:,}" if settings.season > 1 else ""),
            why=f"without the test part and the validation tail {max(learnt, 0):,} are left",
            fix="Give it more rows, or a shorter horizon",
        )
    values = training.values[:learnt]
    for name, column in zip(training.names, values.T, strict=True):
        if np.ptp(column) == 0:
            raise DataError(
                f"Column '{name}' is {column[0]:g} in each of the {learnt:,} rows to learn from",
                why="there is nothing to learn from a constant",
            )
    usual = series.step.seasons if series.step else ()
    season = settings.season or find_season(values[:, 0], usual)
    part = registry.find("cell", settings.cell)
    return Plan(
        series=training,
        settings=msgspec.structs.replace(
            settings,
            season=season,
            window=settings.window or _window(season, learnt),
            held_out=held_out,
            cell=part.spec.name if part.distribution == BUILTIN else part.qualified,
        ),
        learnt=learnt,
        scales=np.array([naive_scale(column, season) for column in values.T]),
    )


def _end(rows: int, horizon: int) -> int:
    """The rows at the end to test on: a fifth, and at least two forecasts' length."""
    return max(rows // 5, 2 * horizon)


def _window(season: int, learnt: int) -> int:
    if season == 1:
        suits = _PLAIN
    elif season > _SHORT_SEASON:
        suits = _LONG
    else:
        suits = season * -(-_SEASONAL // season)
    return max(min(suits, learnt // 4), 1)
