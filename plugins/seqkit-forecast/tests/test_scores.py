import numpy as np
import pytest
from seqkit_forecast.scores import coverage, mase, naive_scale, pinball, smape


def test_the_scale_is_the_mean_error_of_the_naive_method():
    # |3-1|, |2-3|, |6-2| = 2, 1, 4
    assert naive_scale(np.array([1.0, 3.0, 2.0, 6.0]), 1) == pytest.approx(7 / 3)


def test_the_scale_of_a_season_compares_rows_a_season_apart():
    # |2-1|, |6-3| = 1, 3
    assert naive_scale(np.array([1.0, 3.0, 2.0, 6.0]), 2) == 2.0


def test_where_the_seasonal_method_is_never_wrong_the_scale_is_that_of_the_naive_one():
    assert naive_scale(np.array([1.0, 4.0, 1.0, 4.0]), 2) == 3.0


def test_mase_is_the_mean_error_as_a_multiple_of_the_scale():
    # errors 1 and 3, mean 2
    assert mase(np.array([10.0, 20.0]), np.array([11.0, 17.0]), 4.0) == 0.5


def test_smape_is_in_percent_of_the_mean_size():
    # 200*10/210 and 200*50/250
    expected = (2000 / 210 + 40) / 2
    assert smape(np.array([100.0, 150.0]), np.array([110.0, 100.0])) == pytest.approx(expected)


def test_smape_of_opposite_signs_is_200_and_of_two_zeros_0():
    assert smape(np.array([5.0]), np.array([-5.0])) == 200
    assert smape(np.array([0.0]), np.array([0.0])) == 0


def test_the_quantile_loss_weighs_what_lies_above_by_q_and_below_by_the_rest():
    loss = pinball(np.array([10.0]), np.array([[8.0, 14.0]]), np.array([0.9, 0.9]))
    assert loss[0] == pytest.approx([0.9 * 2, 0.1 * 4])


def test_coverage_counts_the_ends_as_inside():
    values, low, high = np.array([1.0, 2.0, 3.0, 9.0]), np.full(4, 1.0), np.full(4, 3.0)
    assert coverage(values, low, high) == 0.75
