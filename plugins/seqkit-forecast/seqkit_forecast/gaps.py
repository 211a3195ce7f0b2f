"""Rows and cells that are missing: an error that names each, or filled in linearly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np

from seqkit.errors import DataError
from seqkit_forecast.dates import Step, step_of, written

#: How many gaps an error lists.
_SHOWN = 5
#: The most rows that are made up for each that there is.
_MOST_FILLED = 10


@dataclass(slots=True)
class Gaps:
    """What is to become of gaps, and what has.

    Attributes:
        file: What errors call the table.
        lines: The line of each row.
        fill: Whether gaps are filled rather than an error.
        form: How dates are written.
        filled: How many rows and cells were filled.
    """

    file: str
    lines: list[int]
    fill: bool
    form: str
    filled: int = 0


def dated_rows(
    cells: np.ndarray, dates: list[datetime], gaps: Gaps
) -> tuple[np.ndarray, list[datetime], Step]:
    """The rows at their dates, one for each step from the first to the last.

    Args:
        cells: ``(N, C)``.
        dates: Each row's.
        gaps: Where the rows stand; rows that are filled in are counted here.

    Returns:
        The cells with rows of NaN where one is missing, a date for each, and the step.

    Raises:
        DataError: Dates are out of order, stand twice, do not fall on a step, or are missing.
    """
    step = step_of(dates)
    _check_order(dates, gaps)
    if step is None:
        raise DataError(f"{gaps.file} has {len(dates)} dated row", why="the step needs two of them")
    places = [0]
    missing: list[str] = []
    for row, (before, date) in enumerate(pairwise(dates), start=1):
        distance = step.between(before, date)
        if distance is None or distance < 1:
            raise _off_step(step.after(before, 1), date, row, gaps)
        if distance > 1:
            missing.append(_missing(step.after(before, 1), date, row, distance - 1, gaps))
        places.append(places[-1] + distance)
    absent = places[-1] + 1 - len(dates)
    if absent and not gaps.fill:
        raise _incomplete(missing, absent)
    if absent > _MOST_FILLED * len(dates):
        raise DataError(
            f"{gaps.file} lacks {absent:,} rows and has {len(dates):,}",
            why="most of the series would be made up",
            fix="Check the dates, or the form that --date-format gives them",
        )
    whole = np.full((places[-1] + 1, cells.shape[1]), np.nan)
    whole[places] = cells
    gaps.filled += absent
    return whole, _dates_at(dates, places, step), step


def interpolated(cells: np.ndarray, names: Sequence[str], gaps: Gaps) -> np.ndarray:
    """The cells with each NaN on the straight line between its neighbours in time.

    Args:
        cells: ``(N, C)``.
        names: The columns' names.
        gaps: Cells that are filled in are counted here, but for those of missing rows, which are.

    Raises:
        DataError: A cell is empty and is not to be filled, or nothing stands on one side of it.
    """
    holes = np.isnan(cells)
    if not holes.any():
        return cells
    if not gaps.fill:
        row, column = np.argwhere(holes)[0]
        more = f", and {holes.sum() - 1} more are empty" if holes.sum() > 1 else ""
        raise DataError(
            f"{gaps.file}:{gaps.lines[row]}: the cell of column '{names[column]}' is empty{more}",
            fix="Fill it in, or have it filled linearly with --gaps fill",
        )
    filled = cells.copy()
    rows = np.arange(len(cells))
    for column, name in enumerate(names):
        known = ~holes[:, column]
        if not (known[0] and known[-1]):
            where = "end" if known[0] else "beginning"
            raise DataError(
                f"{gaps.file}: column '{name}' is empty at its {where}",
                why="a line needs a value on both sides",
                fix="Cut those rows off",
            )
        filled[:, column] = np.interp(rows, rows[known], cells[known, column])
    gaps.filled += int((holes & ~holes.all(axis=1, keepdims=True)).sum())
    return filled


def _check_order(dates: list[datetime], gaps: Gaps) -> None:
    seen = {dates[0]: gaps.lines[0]}
    for row in range(1, len(dates)):
        date, source = dates[row], f"{gaps.file}:{gaps.lines[row]}"
        if date in seen:
            raise DataError(
                f"{source}: the date {written(date, gaps.form)} stands in line {seen[date]} too",
                fix="Keep one row for each date",
            )
        if date < dates[row - 1]:
            raise DataError(
                f"{source}: the date {written(date, gaps.form)} comes after "
                f"{written(dates[row - 1], gaps.form)}",
                fix="Sort the rows by their dates",
            )
        seen[date] = gaps.lines[row]


def _off_step(expected: datetime, date: datetime, row: int, gaps: Gaps) -> DataError:
    return DataError(
        f"{gaps.file}:{gaps.lines[row]}: expected the date {written(expected, gaps.form)}, found "
        f"{written(date, gaps.form)}",
        why="no whole number of steps lies between it and the date before",
        fix="Give rows equal distances, or leave --date away to take them as they come",
    )


def _missing(expected: datetime, date: datetime, row: int, count: int, gaps: Gaps) -> str:
    rows = "1 row is" if count == 1 else f"{count:,} rows are"
    return (
        f"{gaps.file}:{gaps.lines[row]}: expected the date {written(expected, gaps.form)}, found "
        f"{written(date, gaps.form)}; {rows} missing"
    )


def _incomplete(missing: list[str], absent: int) -> DataError:
    more = len(missing) - _SHOWN
    listed = [*missing[:_SHOWN], *([f"and at {more:,} more places"] if more > 0 else [])]
    return DataError(
        ". ".join(listed),
        why="" if len(missing) == 1 else f"{absent:,} rows are missing in all",
        fix="Add them, or have them filled linearly with --gaps fill",
    )


def _dates_at(dates: list[datetime], places: list[int], step: Step) -> list[datetime]:
    known = dict(zip(places, dates, strict=True))
    whole: list[datetime] = []
    for place in range(places[-1] + 1):
        whole.append(known[place] if place in known else step.after(whole[-1], 1))
    return whole
