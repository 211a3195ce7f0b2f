"""What the command tells of a forecast: text for people, JSON and CSV for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import numpy as np

from seqkit.cli.output import aligned, csv_line, to_json
from seqkit_forecast.forecaster import Forecaster
from seqkit_forecast.results import ColumnScores, Evaluation, Forecast, Tried
from seqkit_forecast.series import Series
from seqkit_forecast.settings import ScalingName, Settings
from seqkit_forecast.terminal import chart


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What ``--format json`` writes.

    Attributes:
        rows: How many rows were read, those that were filled in too.
        filled: How many rows and cells were filled in.
        settings: As they were decided.
        scaling: The one that was chosen.
        tried: Each that was trained with.
        evaluation: The test; none where no row is left for it.
        forecasts: One a column.
    """

    rows: int
    filled: int
    settings: Settings
    scaling: ScalingName
    tried: tuple[Tried, ...]
    evaluation: Evaluation | None
    forecasts: tuple[Forecast, ...]


def to_chunks(
    form: str,
    series: Series,
    forecaster: Forecaster,
    evaluation: Evaluation | None,
    forecasts: tuple[Forecast, ...],
    *,
    width: int,
) -> Iterator[str]:
    """The whole of what is written, in pieces.

    Args:
        form: ``table``, ``json`` or ``csv``.
        series: What was forecast from.
        forecaster: What forecast it.
        evaluation: Its test, if there is one.
        forecasts: Its forecasts.
        width: Characters in a line of the table's drawing.
    """
    if form == "csv":
        yield from _csv(series, forecasts)
    elif form == "json":
        report = Report(
            rows=len(series),
            filled=series.filled,
            settings=forecaster.settings,
            scaling=forecaster.scaling.name,
            tried=forecaster.tried,
            evaluation=evaluation,
            forecasts=forecasts,
        )
        yield to_json(report, indent=2) + "\n"
    else:
        lines = _text(series, forecaster, evaluation, forecasts, width)
        yield from (f"{line}\n" for line in lines)


def verdicts(evaluation: Evaluation) -> list[str]:
    """For each column a sentence that says whether the network is worth its while."""
    return [_verdict(column, several=len(evaluation.columns) > 1) for column in evaluation.columns]


def history_shown(series: Series, settings: Settings) -> int:
    """How many of the last values a picture shows beside the forecast."""
    return min(len(series), max(4 * settings.horizon, min(3 * settings.season, 400)))


def _verdict(column: ColumnScores, *, several: bool) -> str:
    own, best = column.scores[0], column.best_baseline
    where = f"{column.column}: " if several else ""
    numbers = f"MASE {own.mase:.4g} against {best.mase:.4g}"
    if column.beats_baselines:
        return f"{where}{own.method} beats the best of the others, {best.method}: {numbers}."
    return (
        f"{where}{own.method} does NOT beat {best.method}: {numbers}. The simpler method forecasts "
        "this series as well or better; use that."
    )


def _csv(series: Series, forecasts: Sequence[Forecast]) -> Iterator[str]:
    time = "date" if series.dates else "row"
    yield csv_line([time, "column", *_headings(forecasts[0])])
    for forecast in forecasts:
        for at, numbers in _rows(forecast, digits=10):
            yield csv_line([at, forecast.column, *numbers])


def _text(
    series: Series,
    forecaster: Forecaster,
    evaluation: Evaluation | None,
    forecasts: Sequence[Forecast],
    width: int,
) -> Iterator[str]:
    settings = forecaster.settings
    yield (
        f"{', '.join(series.names)}: {len(series):,} rows, {series.label(0)} to "
        f"{series.label(len(series) - 1)}, "
        + (f"season {settings.season:,}" if settings.season > 1 else "no season")
    )
    if series.filled:
        yield f"filled in linearly: {series.filled:,} rows and cells"
    tried = len(forecaster.tried)
    yield (
        f"{settings.cell} of {settings.hidden:,} units, reads {settings.window:,} rows; scaling "
        f"{forecaster.scaling.name}"
        + (f", the best of {tried} on the validation tail" if tried > 1 else "")
    )
    if evaluation is not None:
        yield ""
        yield from _test(evaluation)
    time = "date" if series.dates else "row"
    for place, forecast in enumerate(forecasts):
        yield ""
        yield f"forecast of {forecast.column}"
        yield from _forecast(forecast, time)
        yield ""
        yield from _chart(series, place, forecast, history_shown(series, settings), width)


def _test(evaluation: Evaluation) -> Iterator[str]:
    yield (
        f"tested on {evaluation.first} to {evaluation.last}: the next {evaluation.horizon:,} "
        f"values, forecast from {evaluation.origins:,} rows"
    )
    several = len(evaluation.columns) > 1
    header = ["method", "MASE", "sMAPE %"]
    for column in evaluation.columns:
        if several:
            yield column.column
        rows = [[s.method, f"{s.mase:.3f}", f"{s.smape:.2f}"] for s in column.scores]
        yield from aligned([header, *rows], right=(1, 2))
    yield from verdicts(evaluation)
    low, high = evaluation.interval
    for column in evaluation.columns:
        if column.coverage is not None:
            where = f" of {column.column}" if several else ""
            yield (
                f"The interval from {low:g} to {high:g} should hold {high - low:.0%} of the values"
                f"{where}; it held {column.coverage:.0%}."
            )


def _forecast(forecast: Forecast, time: str) -> Iterator[str]:
    header = [time, *_headings(forecast)]
    rows = [[at, *numbers] for at, numbers in _rows(forecast, digits=6)]
    yield from aligned([header, *rows], right=range(1, len(header)))


def _headings(forecast: Forecast) -> list[str]:
    return ["forecast", *(f"q{q:g}" for q in forecast.quantiles if q != 0.5)]


def _rows(forecast: Forecast, *, digits: int) -> Iterator[tuple[str, list[str]]]:
    """For each value its date, then the median and the other quantiles with so many digits."""
    others = [place for place, q in enumerate(forecast.quantiles) if q != 0.5]
    for at, middle, row in zip(forecast.at, forecast.median, forecast.values, strict=True):
        yield at, [f"{number:.{digits}g}" for number in (middle, *(row[p] for p in others))]


def _chart(
    series: Series, place: int, forecast: Forecast, history: int, width: int
) -> Iterator[str]:
    said = np.array(forecast.values)  # (H, Q)
    first = len(series) - history
    yield from chart(
        series.values[first:, place],
        np.array(forecast.median),
        said[:, 0],
        said[:, -1],
        labels=(series.label(first), series.label(len(series) - 1), forecast.at[-1]),
        width=width,
    )
