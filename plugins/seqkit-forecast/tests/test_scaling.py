import numpy as np
import pytest
from seqkit_forecast.scaling import fit_scaling
from seqkit_forecast.settings import SCALINGS

VALUES = np.array([[1.0], [2.0], [4.0], [8.0], [16.0], [32.0], [20.0], [10.0]])
NONE = np.zeros((len(VALUES), 0))


@pytest.mark.parametrize("name", SCALINGS)
def test_the_targets_mean_the_values_that_came(name):
    scaling = fit_scaling(name, VALUES, NONE, season=3, horizon=2)
    origins = np.array([2, 3, 5])
    said = scaling.targets(VALUES, origins)[..., None]  # (1, 3, 2, 1)
    assert scaling.restore(said, VALUES, origins)[0, :, :, 0] == pytest.approx(
        np.array([[8, 16], [16, 32], [20, 10]])
    )


def test_standard_inputs_have_mean_0_and_spread_1():
    inputs = fit_scaling("standard", VALUES, NONE, season=1, horizon=1).features(VALUES, NONE)
    assert (inputs.mean(), inputs.std()) == pytest.approx((0, 1))


def test_a_difference_is_that_to_the_row_before_and_its_first_row_is_empty():
    scaling = fit_scaling("difference", VALUES, NONE, season=1, horizon=1)
    assert (scaling.mean[0], scaling.spread[0]) == pytest.approx(
        (np.diff(VALUES[:, 0]).mean(), np.diff(VALUES[:, 0]).std())
    )
    inputs = scaling.features(VALUES, NONE)[0, :, 0]
    assert inputs[0] == 0
    assert inputs[1] == pytest.approx((1 - scaling.mean[0]) / scaling.spread[0])


def said_by_zeros(name, values, origin, season):
    scaling = fit_scaling(name, values, np.zeros((len(values), 0)), season=season, horizon=2)
    return scaling.restore(np.zeros((1, 1, 2, 1)), values, np.array([origin]))[0, 0, :, 0]


def test_a_network_that_says_0_with_a_difference_goes_on_as_the_series_does_on_average():
    values = np.arange(-9.0, 16, 2)[:, None]
    assert said_by_zeros("difference", values, 12, 1) == pytest.approx([17, 19])


def test_a_network_that_says_0_with_a_seasonal_difference_repeats_the_season_and_its_growth():
    values = np.array([3.0, 7, 5, 6, 10, 8, 9, 13, 11])[:, None]  # each season 3 more
    assert said_by_zeros("seasonal-difference", values, 7, 3) == pytest.approx([11, 12])


def test_what_does_not_vary_is_not_divided_by_nothing():
    scaling = fit_scaling(
        "difference", np.arange(6.0)[:, None], np.ones((6, 1)), season=1, horizon=1
    )
    assert scaling.spread.tolist() == [1]
    assert scaling.exogenous_spread.tolist() == [1]


def test_exogenous_columns_stand_beside_the_value_in_every_series():
    values = np.column_stack([np.arange(4.0), np.arange(4.0) ** 2])
    exogenous = np.array([[0.0], [2.0], [0.0], [2.0]])
    scaling = fit_scaling("standard", values, exogenous, season=1, horizon=1)
    inputs = scaling.features(values, exogenous)
    assert inputs.shape == (2, 4, 2)
    assert inputs[:, :, 1].tolist() == [[-1, 1, -1, 1]] * 2
