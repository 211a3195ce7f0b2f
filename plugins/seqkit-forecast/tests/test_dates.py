from datetime import datetime

import pytest
from seqkit_forecast.dates import Step, form_of, parsed, step_of, written


def dates(*texts):
    return [datetime.fromisoformat(text) for text in texts]


@pytest.mark.parametrize(
    ("texts", "step"),
    [
        (("2020-01-01", "2020-02-01", "2020-03-01"), Step(unit="month", count=1)),
        (("2020-01-31", "2020-02-29", "2020-03-31"), Step(unit="month", count=1, day=31)),
        (("2020-03-31", "2020-06-30", "2020-09-30"), Step(unit="month", count=3, day=31)),
        (("2019-01-01", "2020-01-01"), Step(unit="month", count=12)),
        (("2020-01-01", "2020-01-02", "2020-01-04"), Step(unit="second", count=86400)),
        (("2020-01-01", "2020-01-08", "2020-01-15"), Step(unit="second", count=7 * 86400)),
        (("2020-01-01T00:00", "2020-01-01T00:15"), Step(unit="second", count=900)),
    ],
)
def test_the_step_is_the_one_that_most_dates_follow(texts, step):
    assert step_of(dates(*texts)) == step


def test_days_without_weekends_are_weekdays():
    days = [f"2024-01-{day:02}" for day in (1, 2, 3, 4, 5, 8, 9, 10, 11, 12)]
    step = step_of(dates(*days))
    assert step == Step(unit="weekday", count=1)
    friday = datetime(2024, 1, 12)
    assert step.after(friday, 1) == datetime(2024, 1, 15)
    assert step.after(friday, -5) == datetime(2024, 1, 5)
    assert step.between(datetime(2024, 1, 3), datetime(2024, 1, 16)) == 9
    assert step.between(datetime(2024, 1, 3), datetime(2024, 1, 13)) is None  # a Saturday


def test_months_end_at_their_last_day():
    step = Step(unit="month", count=1, day=31)
    assert step.after(datetime(2023, 12, 31), 2) == datetime(2024, 2, 29)
    assert step.between(datetime(2024, 2, 29), datetime(2024, 5, 31)) == 3
    assert step.between(datetime(2024, 2, 29), datetime(2024, 5, 30)) is None


def test_times_with_a_zone_are_apart_by_what_has_passed_and_not_comparable_with_others():
    early, late = dates("2024-01-01T00:00+02:00", "2024-01-01T00:00+00:00")
    step = Step(unit="second", count=3600)
    assert step.between(early, late) == 2
    assert step.between(early, late.replace(tzinfo=None)) is None


def test_one_date_has_no_step():
    assert step_of(dates("2020-01-01")) is None


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("1949-01", "%Y-%m"),
        ("1949-01-31", "%Y-%m-%d"),
        ("1949", "%Y"),
        ("1949/01/31", "%Y/%m/%d"),
        ("1949-01-31 10:30", "%Y-%m-%d %H:%M"),
        ("1949-01-31T10:30:05", "%Y-%m-%dT%H:%M:%S"),
    ],
)
def test_the_common_forms_are_known_and_written_again(text, form):
    assert form_of(text) == form
    assert written(parsed(text, form), form) == text


def test_a_date_whose_day_and_month_can_be_taken_for_each_other_is_not_guessed():
    assert form_of("01/02/2020") is None
