"""Series: columns of numbers, read from a table with every row checked."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Literal

import numpy as np

from seqkit.errors import DataError, UsageError, did_you_mean
from seqkit.readers.lines import bad_row, open_binary, read_lines, shown
from seqkit.readers.table import Record, records
from seqkit_forecast.dates import FORMS, Step, form_of, parsed, written
from seqkit_forecast.gaps import Gaps, dated_rows, interpolated

#: The most rows that are read.
MOST_ROWS = 2_000_000

_EMPTY = {"", "na", "n/a", "nan", "null", "none"}


@dataclass(frozen=True, slots=True)
class Series:
    """One or several columns, a row for each step of time.

    Attributes:
        names: The columns to forecast.
        values: Their values, ``(N, S)`` float64.
        exogenous_names: Columns that are read along, but not forecast.
        exogenous: Their values, ``(N, E)`` float64.
        dates: Each row's date; empty where rows have none.
        step: What lies between two dates.
        form: How dates are written, as ``strftime`` has it.
        filled: How many rows and cells were filled in.
    """

    names: tuple[str, ...]
    values: np.ndarray
    exogenous_names: tuple[str, ...] = ()
    exogenous: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    dates: tuple[datetime, ...] = ()
    step: Step | None = None
    form: str = ""
    filled: int = 0

    def __post_init__(self) -> None:
        if not self.exogenous_names:  # a table without columns has as many rows as the other
            object.__setattr__(self, "exogenous", np.zeros((len(self.values), 0)))

    def __len__(self) -> int:
        return len(self.values)

    def head(self, rows: int) -> Series:
        """The first rows."""
        return replace(
            self,
            values=self.values[:rows],
            exogenous=self.exogenous[:rows],
            dates=self.dates[:rows],
        )

    def label(self, row: int) -> str:
        """What a row is called, past the end too: its date, or else its number from 1.

        Raises:
            DataError: Its date lies beyond the calendar.
        """
        if not self.dates or self.step is None:
            return str(row + 1)
        if row < len(self.dates):
            return written(self.dates[row], self.form)
        try:
            return written(self.step.after(self.dates[-1], row + 1 - len(self.dates)), self.form)
        except OverflowError:
            raise DataError("The forecast goes beyond the year 9999", fix="Ask for less") from None


def read_series(
    path: str | Path,
    columns: Sequence[str],
    *,
    date: str = "",
    exogenous: Sequence[str] = (),
    date_format: str = "",
    gaps: Literal["error", "fill"] = "error",
    encoding: str = "utf-8",
) -> Series:
    """Read columns of a table whose first row names them.

    Args:
        path: Comma-separated values, or tab-separated ones where the name ends in ``.tsv``; also
            packed with gzip.
        columns: The columns to forecast.
        date: The column of dates; without it rows are taken for equally distant.
        exogenous: Columns that are read along.
        date_format: How dates are written, as ``strptime`` has it; one of
            :data:`seqkit_forecast.dates.FORMS` without it.
        gaps: Whether missing rows and empty cells are an error, or filled linearly.
        encoding: The text's encoding.

    Raises:
        DataError: The file can't be read, or a row is bad; the message names its line.
        UsageError: A column is asked for twice, or none is.
    """
    names, others = tuple(columns), tuple(exogenous)
    _check_names(names, others, date)
    name = str(path)
    with open_binary(Path(path)) as stream:
        delimiter = "\t" if ".tsv" in Path(path).suffixes else ","
        rows = records(read_lines(stream, name, encoding), name, delimiter=delimiter, quoting=True)
        lines, cells, dates, form = _read(rows, name, [*names, *others], date, date_format)
    found = Gaps(file=name, lines=lines, fill=gaps == "fill", form=form)
    step = None
    if date:
        cells, dates, step = dated_rows(cells, dates, found)
    cells = interpolated(cells, [*names, *others], found)
    return Series(
        names=names,
        values=cells[:, : len(names)],
        exogenous_names=others,
        exogenous=cells[:, len(names) :],
        dates=tuple(dates),
        step=step,
        form=form,
        filled=found.filled,
    )


def _check_names(names: Sequence[str], others: Sequence[str], date: str) -> None:
    if not names:
        raise UsageError("No column is named", fix="Name the one to forecast, as in --column NAME")
    wanted = [*names, *others, *([date] if date else [])]
    for name in wanted:
        if wanted.count(name) > 1:
            raise UsageError(
                f"The column '{name}' is named twice",
                why="a column is a series, a date or exogenous, and only once",
            )


def _read(
    rows: Iterator[Record], name: str, wanted: Sequence[str], date: str, form: str
) -> tuple[list[int], np.ndarray, list[datetime], str]:
    """The line of each row, its cells ``(N, C)`` with NaN for empty ones, its date, its form."""
    number, header, problem = next(rows, Record(1, []))
    if problem or not header:
        raise problem or bad_row(f"{name}:1", "a row that names the columns", "nothing")
    header = [cell.strip() for cell in header]
    places = [_place(column, header, f"{name}:{number}") for column in wanted]
    date_place = _place(date, header, f"{name}:{number}") if date else -1
    lines: list[int] = []
    values: list[list[float]] = []
    dates: list[datetime] = []
    for number, cells, problem in rows:
        source = f"{name}:{number}"
        if problem:
            raise problem
        if len(cells) != len(header):
            raise bad_row(source, f"{len(header)} cells", f"{len(cells)}: {shown(','.join(cells))}")
        if len(lines) == MOST_ROWS:
            raise bad_row(source, f"at most {MOST_ROWS:,} rows", "more")
        lines.append(number)
        values.append([_number(cells[place], source, header[place]) for place in places])
        if date:
            text = cells[date_place].strip()
            form = form or form_of(text) or ""
            dates.append(_date(text, form, source))
    if not lines:
        raise bad_row(f"{name}:{number + 1}", "a row of values", "the end of the file")
    return lines, np.array(values, dtype=np.float64), dates, form


def _place(wanted: str, header: list[str], source: str) -> int:
    if wanted not in header:
        raise DataError(
            f"{source}: there is no column '{wanted}'", fix=did_you_mean(wanted, header)
        )
    if header.count(wanted) > 1:
        raise DataError(f"{source}: more than one column is named '{wanted}'")
    return header.index(wanted)


def _number(cell: str, source: str, column: str) -> float:
    """The number in a cell, NaN for an empty one."""
    text = cell.strip()
    if text.lower() in _EMPTY:
        return math.nan
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or "_" in text:
        raise bad_row(
            source,
            f"a number in column '{column}'",
            shown(text),
            fix="Write it with a point for the fraction and nothing between thousands",
        )
    return value


def _date(text: str, form: str, source: str) -> datetime:
    found = parsed(text, form) if form else None
    if found is None:
        raise bad_row(
            source,
            f"a date written {form}" if form else f"a date written {' or '.join(FORMS[:3])}",
            shown(text),
            fix="Say how dates are written, as in --date-format '%d.%m.%Y'",
        )
    return found
