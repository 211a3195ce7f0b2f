import signal
from dataclasses import replace

import msgspec
import numpy as np
import pytest
import torch
from seqkit_forecast import Series, Settings, fit, refit
from seqkit_forecast.baselines import methods

from seqkit.errors import UsageError


def weights(forecaster):
    return {name: t.tolist() for name, t in forecaster.network.state_dict().items()}


def numbers(scaling):
    return {
        name: np.asarray(getattr(scaling, name)).tolist()
        for name in ("mean", "spread", "step_mean", "step_spread", "exogenous_mean")
    }


def learnt(forecaster):
    return weights(forecaster), numbers(forecaster.scaling), forecaster.shifts.tolist()


def test_what_is_held_out_changes_neither_scaling_nor_weights_nor_intervals(waves, quick):
    other = replace(waves, values=waves.values.copy())
    other.values[-30:] = 1e6  # the fifth that is held out
    assert learnt(fit(other, quick)) == learnt(fit(waves, quick))


def test_one_row_more_to_learn_from_changes_them(waves, quick):
    other = replace(waves, values=waves.values.copy())
    other.values[90] += 1
    changed, before = learnt(fit(other, quick)), learnt(fit(waves, quick))
    assert all(a != b for a, b in zip(changed, before, strict=True))


def test_the_scaling_is_measured_before_the_validation_tail(waves, quick):
    other = replace(waves, values=waves.values.copy())
    other.values[96:] += 1  # 150 rows, less 30 held out, less 24 of the tail
    assert numbers(fit(other, quick).scaling) == numbers(fit(waves, quick).scaling)


def test_the_same_seed_gives_the_same_weights_and_another_gives_others(waves, quick, fitted):
    assert weights(fit(waves, quick)) == weights(fitted)
    assert weights(fit(waves, msgspec.structs.replace(quick, random_seed=1))) != weights(fitted)


def test_the_global_generator_and_the_threads_are_left_alone(waves, quick):
    before = torch.get_rng_state(), torch.get_num_threads()
    fit(waves, quick)
    assert torch.equal(torch.get_rng_state(), before[0])
    assert torch.get_num_threads() == before[1]


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_a_wave_is_learnt_well_below_the_error_of_every_baseline(waves, cell):
    settings = Settings(horizon=6, season=1, cell=cell, hidden=16, epochs=30, scaling="difference")
    forecaster = fit(waves, settings)
    own, *others = forecaster.evaluate(waves).columns[0].scores
    assert own.method == cell
    assert [score.method for score in others] == methods(1)
    assert own.mase < 0.1 * min(score.mase for score in others)


def test_the_scaling_that_forecasts_the_validation_tail_best_is_kept():
    # growing by 3 % a row, which only logarithms make a straight line
    values = 1.03 ** np.arange(120) * (1 + 0.01 * np.random.default_rng(1).normal(size=120))
    told = []
    forecaster = fit(
        Series(names=("y",), values=values[:, None]),
        Settings(horizon=4, season=1, hidden=8, window=6, epochs=5),
        observe=told.append,
    )
    assert [one.scaling for one in told] == ["standard", "log", "difference", "log-difference"]
    assert forecaster.tried == tuple(told)
    assert forecaster.scaling.name == "log-difference"
    assert min(told, key=lambda one: one.loss).scaling == "log-difference"


def test_several_columns_are_learnt_by_one_network_each_with_its_own_scale(waves, quick):
    both = replace(waves, names=("y", "z"), values=np.hstack([waves.values, 1000 * waves.values]))
    forecaster = fit(both, quick)
    y, z = forecaster.forecast(both)
    assert (y.column, z.column) == ("y", "z")
    assert np.array(z.values) == pytest.approx(1000 * np.array(y.values), rel=1e-5)


def test_an_exogenous_column_that_tells_the_next_value_is_used():
    draws = np.random.default_rng(5).normal(size=201)
    plain = Series(names=("y",), values=draws[:-1, None])
    # known one row ahead
    told = replace(plain, exogenous_names=("x",), exogenous=draws[1:, None])
    settings = Settings(horizon=1, season=1, hidden=8, window=4, epochs=20, scaling="standard")
    without, with_it = (
        fit(s, settings).evaluate(s).columns[0].scores[0].mase for s in (plain, told)
    )
    assert with_it < 0.3 * without


def test_fitted_anew_on_all_rows_it_knows_the_last_ones_too(waves, quick, fitted):
    again = refit(fitted, waves)
    assert (fitted.trace.rows, again.trace.rows) == (120, 150)
    assert weights(again) != weights(fitted)
    assert again.scaling.mean[0] == pytest.approx(waves.values.mean())
    assert again.tried == fitted.tried
    assert weights(refit(fitted, waves)) == weights(again)


def test_without_a_row_that_it_has_not_seen_it_is_not_fitted_anew(waves, fitted):
    with pytest.raises(UsageError, match="fewer than 3 rows that it has not seen"):
        refit(fitted, waves.head(122))


def test_ctrl_c_keeps_the_best_so_far(waves, quick):
    settings = msgspec.structs.replace(quick, scaling="auto", epochs=20)

    def interrupt(_):
        signal.raise_signal(signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        forecaster = fit(waves, settings, observe=interrupt)
    finally:
        signal.signal(signal.SIGINT, before)
    assert forecaster.interrupted
    assert [one.scaling for one in forecaster.tried] == ["standard"]
    assert len(forecaster.forecast(waves)[0].values) == 3
