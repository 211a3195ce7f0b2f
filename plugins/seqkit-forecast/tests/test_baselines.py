import numpy as np
from seqkit_forecast.baselines import drift, methods, naive, seasonal_naive

HISTORY = np.array([4.0, 1.0, 7.0, 2.0, 10.0])


def test_naive_repeats_the_last_value():
    assert naive(HISTORY, 3).tolist() == [10, 10, 10]


def test_seasonal_naive_repeats_the_last_season_beyond_its_length():
    assert seasonal_naive(HISTORY, 5, 3).tolist() == [7, 2, 10, 7, 2]


def test_drift_goes_on_in_the_line_through_the_first_and_the_last():
    # (10 - 4) / 4 a row
    assert drift(HISTORY, 2).tolist() == [11.5, 13.0]


def test_without_a_season_the_seasonal_method_is_the_naive_one_and_left_out():
    assert methods(1) == ["naive", "drift"]
    assert methods(12) == ["naive", "seasonal-naive", "drift"]
