import numpy as np
import pytest
from seqkit_forecast import Series, Settings
from seqkit_forecast.plan import plan_of
from seqkit_forecast.settings import SCALINGS, checked

from seqkit.errors import DataError, PluginError, UsageError

MONTHLY = Settings(horizon=3, season=12)


def wave(rows, *, low=1.0):
    values = low + 1 + np.sin(2 * np.pi * np.arange(rows) / 12)
    return Series(names=("y",), values=values[:, None])


def test_a_fifth_is_held_out_and_a_fifth_of_the_rest_is_the_validation_tail():
    plan = plan_of(wave(100), MONTHLY)
    assert (len(plan.series), plan.learnt, plan.settings.held_out) == (80, 64, 20)
    # from the last learnt row to the one that three rows come after
    assert plan.validation.tolist() == list(range(63, 77))


def test_of_a_short_series_two_forecasts_are_held_out():
    plan = plan_of(wave(100), Settings(horizon=14, season=12, window=5))
    assert (len(plan.series), plan.learnt) == (72, 44)


def test_the_number_held_out_may_be_said():
    assert len(plan_of(wave(100), replace_setting(MONTHLY, held_out=7)).series) == 93


def test_fewer_than_a_forecast_can_not_be_held_out_and_no_more_than_there_are():
    with pytest.raises(UsageError, match=r"2 rows are held out.*at least the 3"):
        plan_of(wave(100), replace_setting(MONTHLY, held_out=2))
    with pytest.raises(UsageError, match=r"too few.*0 are left"):
        plan_of(wave(100), replace_setting(MONTHLY, held_out=200))


def replace_setting(settings, **changes):
    return Settings(**{**{k: getattr(settings, k) for k in settings.__struct_fields__}, **changes})


def test_season_and_window_are_found_in_the_training_part():
    settings = plan_of(wave(200), Settings(horizon=3)).settings
    assert (settings.season, settings.window) == (12, 12)


def test_all_scalings_fit_positive_values_with_a_season():
    assert plan_of(wave(100), MONTHLY).scalings() == list(SCALINGS)


def test_logarithms_are_left_out_where_a_value_is_not_positive():
    names = plan_of(wave(100, low=-0.5), MONTHLY).scalings()
    assert names == ["standard", "difference", "seasonal-difference"]


def test_without_a_season_there_is_no_seasonal_difference():
    names = plan_of(wave(100), replace_setting(MONTHLY, season=1)).scalings()
    assert names == ["standard", "log", "difference", "log-difference"]


def test_a_scaling_that_does_not_fit_is_refused():
    plan = plan_of(wave(100, low=-0.5), replace_setting(MONTHLY, scaling="log"))
    with pytest.raises(UsageError, match=r"scaling 'log'.*a logarithm needs positive values"):
        plan.scalings()


def test_a_series_that_is_too_short_is_refused():
    with pytest.raises(UsageError, match=r"has 40 rows, too few to forecast 12"):
        plan_of(wave(40), Settings())


def test_a_constant_is_refused():
    series = wave(100)
    series.values[:70] = 4
    with pytest.raises(DataError, match="Column 'y' is 4 in each of the 64 rows"):
        plan_of(series, MONTHLY)


def test_an_unknown_cell_is_refused_with_the_near_one():
    with pytest.raises(PluginError, match="Did you mean 'gru'"):
        plan_of(wave(100), replace_setting(MONTHLY, cell="grru"))


def test_the_median_is_among_the_quantiles_in_order():
    assert checked(Settings(quantiles=(0.9, 0.1))).quantiles == (0.1, 0.5, 0.9)


@pytest.mark.parametrize("wrong", [{"horizon": 0}, {"hidden": "many"}, {"quantiles": (0.5, 1.0)}])
def test_a_setting_out_of_range_is_refused(wrong):
    with pytest.raises(UsageError, match="A setting of the forecaster is wrong"):
        checked(Settings(**wrong))
