"""Prepares values for the network and takes its outputs back, as fitted on the training part.

With ``z`` the values or their logarithm, and a lag of 0, 1 or a season, the network reads
``u_t = z_t - z_{t-lag}`` (``z_t`` itself for no lag) and forecasts how far ``z_{t+h}`` is from the
last value that the lag knows, which is that of the naive or the seasonal naive method. Both are
standardised, the latter for each step ahead by itself, so that a network which says 0 is a
baseline.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqkit_forecast.settings import ScalingName

#: No larger exponent has a finite power of e in double precision.
_LARGEST = 700.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """How values become the network's inputs and targets, and its outputs values again.

    Attributes:
        name: What it is called.
        lag: Rows of the difference; 0 for none.
        mean: Of ``u``, ``(S,)``.
        spread: The standard deviation of ``u``, ``(S,)``.
        step_mean: Of what is forecast, for each step ahead, ``(S, H)``.
        step_spread: The standard deviation of it, ``(S, H)``.
        exogenous_mean: Of each exogenous column's differences, ``(E,)``.
        exogenous_spread: Their standard deviation, ``(E,)``.
    """

    name: ScalingName
    lag: int
    mean: np.ndarray
    spread: np.ndarray
    step_mean: np.ndarray
    step_spread: np.ndarray
    exogenous_mean: np.ndarray
    exogenous_spread: np.ndarray

    @property
    def log(self) -> bool:
        """Whether values are positive and taken by their logarithm."""
        return self.name.startswith("log")

    def features(self, values: np.ndarray, exogenous: np.ndarray) -> np.ndarray:
        """What the network reads at each row.

        Args:
            values: ``(N, S)``.
            exogenous: ``(N, E)``.

        Returns:
            ``(S, N, 1 + E)``; zeros in the first ``lag`` rows, where there is no difference.
        """
        own = (differences(self._levels(values), self.lag) - self.mean) / self.spread  # (N, S)
        others = (differences(exogenous, self.lag) - self.exogenous_mean) / self.exogenous_spread
        features = np.concatenate(
            [own.T[:, :, None], np.broadcast_to(others, (values.shape[1], *others.shape))], axis=2
        )
        features[:, : self.lag] = 0
        return features

    def targets(self, values: np.ndarray, origins: np.ndarray) -> np.ndarray:
        """What the network is to say after each row of ``origins``: ``(S, K, H)``."""
        distances = self._distances(values, origins)
        scaled: np.ndarray = (distances - self.step_mean[:, None]) / self.step_spread[:, None]
        return scaled

    def restore(self, outputs: np.ndarray, values: np.ndarray, origins: np.ndarray) -> np.ndarray:
        """The values that the network's outputs mean.

        Args:
            outputs: ``(S, K, H, Q)``.
            values: ``(N, S)``; nothing after an origin is looked at.
            origins: The last row before each forecast, ``(K,)``.

        Returns:
            ``(S, K, H, Q)``.
        """
        steps = outputs.shape[2]
        mean, spread = self.step_mean[:, :steps], self.step_spread[:, :steps]
        z: np.ndarray = outputs * spread[:, None, :, None] + mean[:, None, :, None]
        if self.lag:
            z = z + self._bases(self._levels(values), origins, steps)[..., None]
        if not self.log:
            return z
        values_again: np.ndarray = np.exp(np.minimum(z, _LARGEST))
        return values_again

    def _levels(self, values: np.ndarray) -> np.ndarray:
        return np.log(values) if self.log else values

    def _bases(self, z: np.ndarray, origins: np.ndarray, steps: int) -> np.ndarray:
        ahead = np.arange(1, steps + 1)
        rows = origins[:, None] + ahead - self.lag * -(-ahead // self.lag)  # (K, H)
        bases: np.ndarray = z[rows].transpose(2, 0, 1)
        return bases

    def _distances(self, values: np.ndarray, origins: np.ndarray) -> np.ndarray:
        H = self.step_mean.shape[1]
        z = self._levels(values)
        rows = origins[:, None] + np.arange(1, H + 1)  # (K, H)
        future: np.ndarray = z[rows].transpose(2, 0, 1)
        return future - self._bases(z, origins, H) if self.lag else future


def lag_of(name: ScalingName, season: int) -> int:
    """The rows of the difference that a scaling takes: none, one, or a season's."""
    return season if "seasonal" in name else 1 if "difference" in name else 0


def fit_scaling(
    name: ScalingName,
    values: np.ndarray,
    exogenous: np.ndarray,
    *,
    season: int,
    horizon: int,
) -> Scaling:
    """Measure means and spreads.

    Args:
        name: The kind of scaling.
        values: ``(N, S)``, of which every row is looked at; positive for a logarithm.
        exogenous: ``(N, E)``.
        season: Rows of a season.
        horizon: ``H``, the steps ahead.
    """
    lag = lag_of(name, season)
    columns, others = values.shape[1], exogenous.shape[1]
    blank = Scaling(
        name=name,
        lag=lag,
        mean=np.zeros(columns),
        spread=np.ones(columns),
        step_mean=np.zeros((columns, horizon)),
        step_spread=np.ones((columns, horizon)),
        exogenous_mean=np.zeros(others),
        exogenous_spread=np.ones(others),
    )
    u = blank.features(values, exogenous)[:, lag:]  # (S, N - lag, 1 + E)
    distances = blank.targets(values, np.arange(max(lag, 1) - 1, len(values) - horizon))
    return Scaling(
        name=name,
        lag=lag,
        mean=u[:, :, 0].mean(axis=1),
        spread=_spread(u[:, :, 0], axis=1),
        step_mean=distances.mean(axis=1),
        step_spread=_spread(distances, axis=1),
        exogenous_mean=u[0, :, 1:].mean(axis=0),
        exogenous_spread=_spread(u[0, :, 1:], axis=0),
    )


def differences(z: np.ndarray, lag: int) -> np.ndarray:
    """``z_t - z_{t-lag}`` of ``(N, C)``, zeros in the first ``lag`` rows; ``z`` for no lag."""
    if not lag:
        return z
    return np.concatenate([np.zeros_like(z[:lag]), z[lag:] - z[:-lag]])


def _spread(values: np.ndarray, *, axis: int) -> np.ndarray:
    """The standard deviation, 1 where nothing varies."""
    spread = values.std(axis=axis)
    # a difference of equal numbers is not always 0 in floating point
    varies = spread > 1e-9 * np.abs(values).max(axis=axis, initial=1e-300)
    return np.where(varies, spread, 1.0)
