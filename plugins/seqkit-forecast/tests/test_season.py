import numpy as np
import pytest
from seqkit_forecast.season import find_season

ROWS = np.arange(240)


def noise(seed):
    return np.random.default_rng(seed).normal(size=len(ROWS))


@pytest.mark.parametrize("season", [7, 12, 24])
def test_the_season_of_a_wave_is_found_under_a_trend_and_noise(season):
    values = 0.3 * ROWS + 5 * np.sin(2 * np.pi * ROWS / season) + noise(1)
    assert find_season(values) == season


def test_noise_has_no_season():
    assert find_season(noise(2)) == 1


def test_a_random_walk_has_none_that_fits_the_calendar():
    assert find_season(noise(3).cumsum(), (12,)) == 1


def test_of_those_that_fit_the_calendar_the_clearest_is_taken():
    values = np.sin(2 * np.pi * ROWS / 60) + 0.1 * noise(4)
    assert find_season(values, (7, 60)) == 60


def test_a_series_too_short_for_any_has_none():
    assert find_season(np.array([1.0, 2.0])) == 1
