"""Fits a forecaster: trains with each scaling and keeps the best; and fits one anew on all rows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from itertools import islice

import msgspec
import numpy as np
import torch

from seqkit.errors import UsageError
from seqkit.training.interrupt import Interruptible
from seqkit_forecast.calibration import shifts
from seqkit_forecast.evaluation import rolling_origins
from seqkit_forecast.forecaster import Forecaster, trace_of
from seqkit_forecast.model import Network
from seqkit_forecast.plan import Plan, learning, plan_of
from seqkit_forecast.results import Tried
from seqkit_forecast.scaling import fit_scaling
from seqkit_forecast.scores import pinball
from seqkit_forecast.series import Series
from seqkit_forecast.settings import ScalingName, Settings, checked
from seqkit_forecast.training import passes, train
from seqkit_forecast.windows import Windows, windows, with_phase


def fit(
    series: Series,
    settings: Settings = Settings(),  # noqa: B008 -- frozen
    *,
    observe: Callable[[Tried], None] | None = None,
) -> Forecaster:
    """Fit a forecaster on all but the end of a series.

    The rows at the end that ``settings.held_out`` says are not looked at, so that
    :meth:`~seqkit_forecast.forecaster.Forecaster.evaluate` tests on them. The last fifth of the
    others is the validation tail, by which the epoch and the scaling are chosen. Ctrl-C ends
    training with the best that there is by then.

    Args:
        series: What to learn.
        settings: What to fit.
        observe: Told of each scaling that has been trained with.

    Raises:
        UsageError: The series is too short for the settings, or they make no sense.
        DataError: A column never changes.
        PluginError: There is no such cell.
    """
    plan = plan_of(series, checked(settings))
    tried: list[Tried] = []
    best: Forecaster | None = None
    with Interruptible() as interrupt, _one_thread():
        for name in plan.scalings():
            begun = time.perf_counter()
            forecaster, found = _fit_one(plan, name, lambda: interrupt.requested)
            found = msgspec.structs.replace(found, seconds=time.perf_counter() - begun)
            if best is None or found.loss < min(one.loss for one in tried):
                best = forecaster
            tried.append(found)
            if observe:
                observe(found)
            if interrupt.requested:
                break
    assert best is not None
    return replace(best, tried=tuple(tried), interrupted=interrupt.requested)


def refit(forecaster: Forecaster, series: Series) -> Forecaster:
    """Fit a forecaster anew on every row of its series, for forecasts after it has been tested.

    The settings, the scaling's kind and the number of epochs are those that it has. Intervals are
    corrected by what it missed on the rows that it had not seen. Ctrl-C leaves it as it is.

    Args:
        forecaster: As :func:`fit` made it; it is not changed.
        series: The whole series, held-out rows too.

    Raises:
        UsageError: There are too few rows that it has not seen.
    """
    settings = forecaster.settings
    unseen = rolling_origins(forecaster.first_unseen(series), len(series), settings.horizon)
    if not len(unseen):
        raise UsageError(
            "The forecaster can't be fitted anew",
            why=f"the series has fewer than {settings.horizon:,} rows that it has not seen",
        )
    said = forecaster.outputs_after(series, unseen)
    came = forecaster.scaling.targets(series.values, unseen)
    fresh, cut = _begin(settings, series, len(series), forecaster.scaling.name)
    with Interruptible() as interrupt, _one_thread():
        epochs = min(forecaster.tried, key=lambda one: one.loss).epoch
        trained = passes(fresh.network, cut, *_drawing(settings), stop=lambda: interrupt.requested)
        for _ in islice(trained, epochs + 1):
            pass
    if interrupt.requested:
        return replace(forecaster, interrupted=True)
    return replace(
        fresh,
        trace=trace_of(series, len(series)),
        shifts=shifts(said, came, settings.quantiles),
        tried=forecaster.tried,
    )


def _fit_one(plan: Plan, name: ScalingName, stop: Callable[[], bool]) -> tuple[Forecaster, Tried]:
    """Train a network with one scaling."""
    settings, series = plan.settings, plan.series
    forecaster, cut = _begin(settings, series, plan.learnt, name)
    trained = train(
        forecaster.network,
        cut,
        *_drawing(settings),
        epochs=settings.epochs,
        score=lambda: _validation_loss(forecaster, plan),
        stop=stop,
    )
    said = forecaster.outputs_after(series, plan.validation)
    came = forecaster.scaling.targets(series.values, plan.validation)
    return replace(forecaster, shifts=shifts(said, came, settings.quantiles)), Tried(
        scaling=name,
        loss=trained.loss,
        epoch=trained.epoch,
        epochs=trained.epochs,
        seconds=0.0,
    )


def _begin(
    settings: Settings, series: Series, rows: int, name: ScalingName
) -> tuple[Forecaster, Windows]:
    """A forecaster to train, and what its network is to learn from the first ``rows``."""
    learnt = series.head(rows)
    scaling = fit_scaling(
        name,
        learnt.values,
        learnt.exogenous,
        season=settings.season,
        horizon=settings.horizon,
    )
    origins = learning(settings, name, rows)
    features = with_phase(
        scaling.features(learnt.values, learnt.exogenous), season=settings.season, first=0
    )
    network = Network(
        cell=settings.cell,
        features=features.shape[2],
        hidden=settings.hidden,
        horizon=settings.horizon,
        quantiles=len(settings.quantiles),
    )
    forecaster = Forecaster(
        settings=settings,
        trace=trace_of(series, len(series)),
        scaling=scaling,
        network=network,
        shifts=np.zeros(len(settings.quantiles)),
        tried=(),
    )
    targets = scaling.targets(learnt.values, origins)
    return forecaster, windows(features, origins, settings.window, targets)


def _drawing(settings: Settings) -> tuple[torch.Tensor, torch.Generator]:
    """The quantiles to learn, and what draws."""
    generator = torch.Generator().manual_seed(settings.random_seed)
    return torch.tensor(settings.quantiles), generator


def _validation_loss(forecaster: Forecaster, plan: Plan) -> float:
    """The mean quantile loss on the validation tail, each column by its naive scale."""
    origins = plan.validation
    said = forecaster.quantiles_after(plan.series, origins)  # (S, K, H, Q)
    ahead = np.arange(1, plan.settings.horizon + 1)
    actual = plan.series.values[origins[:, None] + ahead].transpose(2, 0, 1)
    losses = pinball(actual, said, np.array(plan.settings.quantiles))
    return float((losses.mean(axis=(1, 2, 3)) / plan.scales).mean())


@contextmanager
def _one_thread() -> Iterator[None]:
    """Have torch use one thread: networks as small as these run no faster with more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
