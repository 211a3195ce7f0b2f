import numpy as np
import pytest
from seqkit_forecast.calibration import shifts

VALUES = np.arange(100.0).reshape(1, 100, 1)  # 0 to 99, one step ahead each


def told(*quantiles):
    return np.tile(np.array(quantiles), (1, 100, 1, 1))


def test_an_interval_that_is_too_narrow_goes_outwards_on_both_sides_alike():
    low, median, high = shifts(told(48.5, 49.5, 50.5), VALUES, (0.1, 0.5, 0.9))
    # of 100 misses the 81st, which is that of the values from 9 to 89, or 10 to 90
    assert (low, median) == (-high, 0)
    assert 48.5 + low == pytest.approx(9.5, abs=1)
    assert 50.5 + high == pytest.approx(89.5, abs=1)


def test_an_interval_that_is_too_wide_goes_inwards():
    low, _, high = shifts(told(-1000.0, 49.5, 1099.0), VALUES, (0.1, 0.5, 0.9))
    assert low == -high
    assert 1099 + high == pytest.approx(89.5, abs=1)


def test_a_quantile_without_a_partner_goes_by_itself():
    above = shifts(told(50.0, 50.0), VALUES, (0.5, 0.9))
    assert above.tolist() == pytest.approx([0, 40], abs=2)
    below = shifts(told(50.0, 50.0), VALUES, (0.2, 0.5))
    assert below.tolist() == pytest.approx([-30, 0], abs=2)


def test_forecasts_that_overlap_count_as_one_and_few_of_them_move_it_to_the_farthest():
    values = VALUES.reshape(1, 10, 10)
    said = np.tile(np.array([49.5, 49.5, 49.5]), (1, 10, 10, 1))
    assert shifts(said, values, (0.1, 0.5, 0.9)).tolist() == [-49.5, 0, 49.5]
