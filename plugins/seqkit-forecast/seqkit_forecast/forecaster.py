"""A trained network with all that it needs to forecast a series."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
import torch
from msgspec import Meta

from seqkit.errors import DataError, UsageError
from seqkit_forecast.dates import Step, written
from seqkit_forecast.evaluation import column_scores, rolling_origins
from seqkit_forecast.model import Network
from seqkit_forecast.results import Evaluation, Forecast, Tried
from seqkit_forecast.scaling import Scaling
from seqkit_forecast.series import Series
from seqkit_forecast.settings import Settings
from seqkit_forecast.windows import windows, with_phase

#: Windows that the network reads side by side where no gradient is needed.
_SIDE_BY_SIDE = 512


class Trace(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a forecaster remembers of the series that it was fitted on.

    Attributes:
        names: The columns that it forecasts.
        exogenous_names: The columns that it reads along.
        rows: How many rows it was fitted on; those held out are not among them.
        step: What lies between two dates; none where rows have no dates.
        first: The first row's date.
        form: How dates are written.
    """

    names: tuple[str, ...]
    exogenous_names: tuple[str, ...]
    rows: Annotated[int, Meta(ge=1)]
    step: Step | None = None
    first: datetime | None = None
    form: str = ""


def trace_of(series: Series, rows: int) -> Trace:
    """What to remember of a series whose first ``rows`` are fitted on."""
    return Trace(
        names=series.names,
        exogenous_names=series.exogenous_names,
        rows=rows,
        step=series.step,
        first=series.dates[0] if series.dates else None,
        form=series.form,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecaster:
    """Forecasts the next values of the series that it was fitted on, or of a later stretch of it.

    Attributes:
        settings: All decided: no season or window is 0.
        trace: What it remembers of its series.
        scaling: As fitted on the rows that were learnt from.
        network: Trained.
        shifts: What is added to each quantile before it is scaled back, ``(Q,)``; see
            :mod:`seqkit_forecast.calibration`.
        tried: Every scaling that was trained with, the chosen one too.
        interrupted: Whether training was ended by Ctrl-C.
    """

    settings: Settings
    trace: Trace
    scaling: Scaling
    network: Network
    shifts: np.ndarray
    tried: tuple[Tried, ...]
    interrupted: bool = False

    def forecast(self, series: Series, horizon: int | None = None) -> tuple[Forecast, ...]:
        """The values that come after the end of a series.

        Args:
            series: The columns that it was fitted on, up to now.
            horizon: How many values, up to ``settings.horizon``; that many by default.

        Returns:
            One forecast a column.

        Raises:
            UsageError: The horizon is too long, or the series has other columns or too few rows.
            DataError: The series has another step, or values that have no logarithm.
        """
        most = self.settings.horizon
        steps = most if horizon is None else horizon
        if not 1 <= steps <= most:
            raise UsageError(
                f"The forecaster can't forecast {steps:,} values",
                why=f"it was trained to forecast from 1 to {most:,}",
                fix="Ask for those, or train another with a longer horizon",
            )
        said = self.quantiles_after(series, np.array([len(series) - 1]))[:, 0, :steps]  # (S, H, Q)
        at = tuple(series.label(len(series) + ahead) for ahead in range(steps))
        return tuple(
            Forecast(
                column=name,
                at=at,
                quantiles=self.settings.quantiles,
                values=tuple(map(tuple, values.tolist())),
            )
            for name, values in zip(series.names, said, strict=True)
        )

    def evaluate(self, series: Series, start: int | None = None) -> Evaluation:
        """Forecast from each row of the end of a series, and compare with what came.

        Args:
            series: As in :meth:`forecast`.
            start: The first row that is forecast; by default the one after those that the
                forecaster was fitted on.

        Raises:
            UsageError: There are too few rows from ``start`` on, or before it.
            DataError: As in :meth:`forecast`.
        """
        first = self.first_unseen(series) if start is None else start
        season, horizon = self.settings.season, self.settings.horizon
        origins = rolling_origins(first, len(series), horizon)
        if not len(origins) or first <= season:
            raise UsageError(
                f"The series of {len(series):,} rows can't be tested from row {first + 1:,} on",
                why=f"that takes {horizon:,} rows after those that were learnt from, and a season "
                f"of {season:,} before them",
            )
        said = self.quantiles_after(series, origins)
        quantiles = self.settings.quantiles
        return Evaluation(
            first=series.label(int(origins[0]) + 1),
            last=series.label(int(origins[-1]) + horizon),
            origins=len(origins),
            horizon=horizon,
            season=season,
            interval=(quantiles[0], quantiles[-1]),
            columns=tuple(
                column_scores(
                    series.values[:, place],
                    said[place],
                    origins,
                    start=first,
                    season=season,
                    column=name,
                    method=self.settings.cell,
                    median=quantiles.index(0.5),
                )
                for place, name in enumerate(series.names)
            ),
        )

    def first_unseen(self, series: Series) -> int:
        """The first row of a series that comes after those that this was fitted on."""
        return max(self.trace.rows - self._offset(series), 0)

    def quantiles_after(self, series: Series, origins: np.ndarray) -> np.ndarray:
        """The quantiles of the values after each of some rows, ascending.

        Args:
            series: As in :meth:`forecast`.
            origins: The last row before each forecast, ``(K,)``; no later row is looked at.

        Returns:
            ``(S, K, H, Q)``.
        """
        said = self.outputs_after(series, origins) + self.shifts
        return np.sort(self.scaling.restore(said, series.values, origins), axis=-1)

    def outputs_after(self, series: Series, origins: np.ndarray) -> np.ndarray:
        """What the network itself says after each of some rows, ascending, in scaled numbers.

        Args:
            series: As in :meth:`forecast`.
            origins: As in :meth:`quantiles_after`.

        Returns:
            ``(S, K, H, Q)``.
        """
        self._check(series, int(origins.min()))
        features = with_phase(
            self.scaling.features(series.values, series.exogenous),
            season=self.settings.season,
            first=self._offset(series),
        )
        self.network.eval()
        with torch.inference_mode():
            cut = windows(features, origins, self.settings.window)
            said = [self.network(batch).double() for batch in cut.batches(_SIDE_BY_SIDE)]
        outputs = torch.cat(said).numpy().reshape(len(features), len(origins), *said[0].shape[1:])
        return np.sort(outputs, axis=-1)

    def save(self, folder: str | Path, *, overwrite: bool = False) -> None:
        """Write it into a folder of its own; see :mod:`seqkit_forecast.storage`.

        Raises:
            BundleError: Something else stands there, or it can't be written.
        """
        from seqkit_forecast.storage import save

        save(self, Path(folder), overwrite=overwrite)

    @classmethod
    def load(cls, folder: str | Path) -> Forecaster:
        """Read what :meth:`save` wrote; nothing in it is run.

        Raises:
            BundleError: It is missing, damaged or too new.
            PluginError: Its cell is not installed.
        """
        from seqkit_forecast.storage import load

        return load(Path(folder))

    def _offset(self, series: Series) -> int:
        """How many rows the series begins after the one that was fitted on; 0 without dates."""
        if self.trace.step is None or self.trace.first is None:
            return 0
        steps = self.trace.step.between(self.trace.first, series.dates[0])
        if steps is None:
            raise DataError(
                f"The series begins at {series.label(0)}",
                why="no whole number of steps leads there from "
                f"{written(self.trace.first, self.trace.form)}, where the forecaster's begins",
            )
        return steps

    def _check(self, series: Series, first_origin: int) -> None:
        trace = self.trace
        names = (trace.names, trace.exogenous_names)
        if names != (series.names, series.exogenous_names):
            columns, others = (", ".join(part) or "none" for part in names)
            raise UsageError(
                "The series has other columns than the forecaster",
                why=f"it forecasts {columns} and reads along {others}",
            )
        if trace.step != series.step:
            raise DataError(
                "The dates of the series have another step than those of the forecaster",
                why=f"{_in_words(series.step)} rather than {_in_words(trace.step)}",
                fix="" if series.step else "Name the column of dates, as in --date NAME",
            )
        needed = self.settings.window + self.scaling.lag
        if first_origin + 1 < needed:
            raise UsageError(
                f"The series has {first_origin + 1:,} rows to forecast from",
                why=f"the forecaster reads the last {needed:,}",
            )
        if self.scaling.log and not (series.values > 0).all():
            row, column = np.argwhere(series.values <= 0)[0]
            raise DataError(
                f"Column '{series.names[column]}' is {series.values[row, column]:g} at "
                f"{series.label(int(row))}",
                why="the forecaster takes logarithms, which need positive values",
                fix="Train with another --scaling",
            )


def _in_words(step: Step | None) -> str:
    return f"{step.count} {step.unit}{'s' if step.count > 1 else ''}" if step else "no dates"
