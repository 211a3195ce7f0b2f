"""Dates of rows: how they are written, and the step from each to the next."""

from __future__ import annotations

import calendar
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

#: The forms that are tried where nobody names one; the first row decides.
FORMS = (
    "%Y-%m-%d",
    "%Y-%m",
    "%Y",
    "%Y/%m/%d",
    "%Y/%m",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%dT%H:%M:%S",
    "%Y-%m-%dT%H:%M:%S%z",
)

_SUNDAY_TO_SATURDAY = 7
_DAY = 86_400  # seconds
#: Rows of a season by the step, the most usual first.
_SEASONS = {
    ("month", 1): (12,),
    ("month", 3): (4,),
    ("weekday", 1): (5,),
    ("second", 7 * _DAY): (52,),
    ("second", _DAY): (7, 365),
    ("second", 3600): (24, 168),
}


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What lies between a row and the next.

    Attributes:
        unit: Months, or days from Monday to Friday, or seconds.
        count: How many of them.
        day: For months, the day of the month; a shorter month has its last day instead.
    """

    unit: Literal["month", "weekday", "second"]
    count: Annotated[int, Meta(ge=1)]
    day: Annotated[int, Meta(ge=1, le=31)] = 1

    def after(self, date: datetime, steps: int) -> datetime:
        """The date that comes ``steps`` rows after ``date``, or before it.

        Raises:
            OverflowError: It lies outside the years 1 to 9999.
        """
        if self.unit == "second":
            return date + timedelta(seconds=self.count * steps)
        if self.unit == "weekday":
            weeks, day = divmod(date.weekday() + self.count * steps, 5)
            return date + timedelta(days=7 * weeks + day - date.weekday())
        year, month = divmod(date.year * 12 + date.month - 1 + self.count * steps, 12)
        if not 1 <= year <= 9999:
            raise OverflowError("date value out of range")
        return _in_month(date, year, month + 1, self.day)

    def between(self, first: datetime, last: datetime) -> int | None:
        """How many steps lead from ``first`` to ``last``; none if no number does."""
        if (first.tzinfo is None) != (last.tzinfo is None):
            return None  # nobody knows how far a time with a zone is from one without
        if self.unit == "second":
            distance = round((last - first).total_seconds())
        elif self.unit == "weekday":
            weeks, days = divmod((last - first).days + first.weekday(), 7)
            distance = 5 * weeks + days - first.weekday()
        else:
            distance = (last.year - first.year) * 12 + last.month - first.month
        steps = distance // self.count
        return steps if self.after(first, steps) == last else None

    @property
    def seasons(self) -> tuple[int, ...]:
        """How many rows a year, week or day has, where seasons of that length are usual."""
        return _SEASONS.get((self.unit, self.count), ())


def step_of(dates: Sequence[datetime]) -> Step | None:
    """The step that most of the dates follow; none for fewer than two, or in no order.

    Args:
        dates: In the order of their rows; some may be missing.
    """
    forward = [(a, b) for a, b in pairwise(dates) if b > a]
    if not forward:
        return None
    day = max(date.day for date in dates)
    clock = dates[0].timetz()
    if all(d.timetz() == clock and d == _in_month(d, d.year, d.month, day) for d in dates):
        months = [(b.year - a.year) * 12 + b.month - a.month for a, b in forward]
        return Step(unit="month", count=_usual(months), day=day)
    seconds = _usual([round((b - a).total_seconds()) for a, b in forward])
    if seconds == _DAY and len(dates) > _SUNDAY_TO_SATURDAY and _no_weekends(dates):
        return Step(unit="weekday", count=1)
    return Step(unit="second", count=max(seconds, 1))


def form_of(text: str) -> str | None:
    """The form in :data:`FORMS` that a date is written in."""
    return next((form for form in FORMS if parsed(text, form) is not None), None)


def parsed(text: str, form: str) -> datetime | None:
    """The date that ``text`` is in the form ``form``, as ``strptime`` has it; none if it is not."""
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None


def written(date: datetime, form: str) -> str:
    """The date in that form, the year with four digits on every system."""
    return date.strftime(form.replace("%Y", f"{date.year:04d}"))


def _in_month(date: datetime, year: int, month: int, day: int) -> datetime:
    last = calendar.monthrange(year, month)[1]
    return date.replace(year=year, month=month, day=min(day, last))


def _usual(distances: Sequence[int]) -> int:
    return min(Counter(distances).items(), key=lambda item: (-item[1], item[0]))[0]


def _no_weekends(dates: Sequence[datetime]) -> bool:
    return all(date.weekday() < 5 for date in dates)
