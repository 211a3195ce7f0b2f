"""What forecasting gives: forecasts, and how good they were on what came."""

from __future__ import annotations

import msgspec

from seqkit_forecast.settings import ScalingName


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """A scaling that a network was trained with.

    Attributes:
        scaling: Its name.
        loss: The mean quantile loss on the validation tail, as a multiple of the naive method's
            mean error within the rows before it.
        epoch: The epoch of the weights, from 1; 0 for those that it began with.
        epochs: How many epochs there were.
        seconds: How long they took.
    """

    scaling: ScalingName
    loss: float
    epoch: int
    epochs: int
    seconds: float


class Forecast(msgspec.Struct, frozen=True, kw_only=True):
    """The next values of a column.

    Attributes:
        column: Its name.
        at: The date of each, or the number of its row from 1.
        quantiles: The shares of values that should lie below each number, ascending; 0.5 is there.
        values: For each value, a number a quantile.
    """

    column: str
    at: tuple[str, ...]
    quantiles: tuple[float, ...]
    values: tuple[tuple[float, ...], ...]

    @property
    def median(self) -> tuple[float, ...]:
        """The number for each value that as many values should lie above as below."""
        middle = self.quantiles.index(0.5)
        return tuple(row[middle] for row in self.values)


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """How good a method's forecasts were.

    Attributes:
        method: The cell's name, or a baseline's.
        mase: :func:`seqkit_forecast.scores.mase`.
        smape: :func:`seqkit_forecast.scores.smape`, in percent.
    """

    method: str
    mase: float
    smape: float


class ColumnScores(msgspec.Struct, frozen=True, kw_only=True):
    """The scores of a column.

    Attributes:
        column: Its name.
        scores: The network's, then each baseline's.
        coverage: The share of values within the widest interval; none for the median alone.
    """

    column: str
    scores: tuple[Score, ...]
    coverage: float | None

    @property
    def best_baseline(self) -> Score:
        """The baseline with the least MASE."""
        return min(self.scores[1:], key=lambda score: score.mase)

    @property
    def beats_baselines(self) -> bool:
        """Whether the network's MASE is less than that of every baseline."""
        return self.scores[0].mase < self.best_baseline.mase


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """A test on values that the network has not learnt from.

    Attributes:
        first: The date, or the number, of the first row that was forecast.
        last: Of the last one.
        origins: How many times the next values were forecast, each time from a later row.
        horizon: How many values each time.
        season: Rows of a season; 1 for none.
        interval: The lowest and the highest quantile.
        columns: The scores of each column.
    """

    first: str
    last: str
    origins: int
    horizon: int
    season: int
    interval: tuple[float, float]
    columns: tuple[ColumnScores, ...]
