from dataclasses import replace
from datetime import datetime

import numpy as np
import pytest
from seqkit_forecast import Series, Settings, fit
from seqkit_forecast.dates import Step
from seqkit_forecast.evaluation import column_scores, rolling_origins

from seqkit.errors import DataError, UsageError

MONTH = Step(unit="month", count=1)


def months(first_year, rows):
    first = datetime(first_year, 1, 1)
    return tuple(MONTH.after(first, row) for row in range(rows))


@pytest.fixture(scope="module")
def monthly():
    rows = np.arange(96)
    values = 10 + np.sin(2 * np.pi * rows / 12) + 0.01 * rows
    return Series(
        names=("y",), values=values[:, None], dates=months(2000, 96), step=MONTH, form="%Y-%m"
    )


@pytest.fixture(scope="module")
def of_months(monthly):
    return fit(monthly, Settings(horizon=3, hidden=8, epochs=3, season=12, scaling="standard"))


def test_quantiles_ascend_and_rows_are_called_by_their_numbers(fitted, waves):
    (forecast,) = fitted.forecast(waves)
    assert (forecast.column, forecast.at) == ("y", ("151", "152", "153"))
    assert forecast.quantiles == (0.1, 0.5, 0.9)
    assert all(list(row) == sorted(row) for row in forecast.values)
    assert forecast.median == tuple(row[1] for row in forecast.values)


def test_a_shorter_forecast_is_the_beginning_of_the_longer_one(fitted, waves):
    assert fitted.forecast(waves, 1)[0].values == fitted.forecast(waves)[0].values[:1]


def test_a_longer_one_is_refused(fitted, waves):
    with pytest.raises(UsageError, match=r"can't forecast 4 values.*from 1 to 3"):
        fitted.forecast(waves, 4)


def test_what_comes_after_an_origin_changes_nothing(fitted, waves):
    other = replace(waves, values=waves.values.copy())
    other.values[100:] = -7
    origins = np.array([60, 99])
    said = fitted.quantiles_after(waves, origins)
    assert said.shape == (1, 2, 3, 3)
    assert fitted.quantiles_after(other, origins).tolist() == said.tolist()


def test_only_the_last_rows_are_read(fitted, waves):
    short = replace(waves, values=waves.values[-12:])
    assert np.array(fitted.forecast(short)[0].values) == pytest.approx(
        np.array(fitted.forecast(waves)[0].values)
    )
    with pytest.raises(UsageError, match=r"has 11 rows to forecast from.*reads the last 12"):
        fitted.forecast(replace(waves, values=waves.values[-11:]))


def test_dates_go_on_after_the_last(of_months, monthly):
    assert of_months.forecast(monthly)[0].at == ("2008-01", "2008-02", "2008-03")


def test_a_later_stretch_of_the_series_is_placed_in_its_season_by_its_dates(of_months, monthly):
    late = replace(monthly, values=monthly.values[53:], dates=monthly.dates[53:])
    assert np.array(of_months.forecast(late)[0].values) == pytest.approx(
        np.array(of_months.forecast(monthly)[0].values)
    )
    assert of_months.first_unseen(late) == of_months.first_unseen(monthly) - 53 == 24


def test_a_series_of_another_step_is_refused(of_months, monthly):
    with pytest.raises(DataError, match="no dates rather than 1 month"):
        of_months.forecast(replace(monthly, dates=(), step=None))


def test_a_series_of_other_columns_is_refused(fitted, waves):
    with pytest.raises(UsageError, match="forecasts y and reads along none"):
        fitted.forecast(replace(waves, names=("z",)))


def test_a_value_without_a_logarithm_is_named(waves, quick):
    forecaster = fit(waves, Settings(horizon=3, season=1, hidden=4, epochs=1, scaling="log"))
    other = replace(waves, values=waves.values.copy())
    other.values[140] = -2
    with pytest.raises(DataError, match="Column 'y' is -2 at 141"):
        forecaster.forecast(other)


def test_the_test_begins_after_the_rows_that_were_learnt_from(fitted, waves):
    found = fitted.evaluate(waves)
    assert (found.first, found.last, found.origins) == ("121", "150", 28)
    assert (found.horizon, found.interval) == (3, (0.1, 0.9))


def test_a_test_on_too_few_rows_is_refused(fitted, waves):
    with pytest.raises(UsageError, match="can't be tested from row 149 on"):
        fitted.evaluate(waves, start=148)


def test_scores_are_those_of_the_formulas():
    values = np.array([1.0, 3.0, 2.0, 6.0, 4.0, 8.0])
    # from rows 3 and 4, one value ahead each: 4 and 8
    said = np.array([[[4.0, 5.0, 9.0]], [[0.0, 6.0, 7.0]]])
    found = column_scores(
        values,
        said,
        np.array([3, 4]),
        start=4,
        season=1,
        column="y",
        method="gru",
        median=1,
    )
    scale = 7 / 3  # of 1, 3, 2, 6
    own, naive, drift = found.scores
    assert own.mase == pytest.approx((1 + 2) / 2 / scale)
    assert own.smape == pytest.approx((200 / 9 + 400 / 14) / 2)
    assert naive.mase == pytest.approx((2 + 4) / 2 / scale)
    # 6 + 5/3 rather than 4, and 4 + 3/4 rather than 8
    assert drift.mase == pytest.approx((11 / 3 + 13 / 4) / 2 / scale)
    assert found.coverage == 0.5  # 4 lies in [4, 9], 8 not in [0, 7]
    assert found.best_baseline == naive
    assert found.beats_baselines


def test_origins_roll_over_all_rows_that_have_a_whole_forecast_after_them():
    assert rolling_origins(5, 10, 3).tolist() == [4, 5, 6]
    assert rolling_origins(8, 10, 3).tolist() == []


def test_of_very_many_origins_evenly_chosen_ones_are_used():
    origins = rolling_origins(100, 100_000, 10)
    assert (len(origins), origins[0], origins[-1]) == (1000, 99, 99_989)
