"""How good forecasts are: MASE, sMAPE, the quantile loss, and how much an interval holds."""

from __future__ import annotations

import numpy as np


def naive_scale(training: np.ndarray, season: int) -> float:
    """The mean absolute error of the (seasonal) naive method within the training part.

    ::

        1 / (n - m) * sum over t = m+1..n of |y_t - y_{t-m}|

    It is the denominator of :func:`mase`: Hyndman and Koehler 2006, "Another look at measures of
    forecast accuracy", for m = 1; with the season for m as seasonal series have it since.

    Args:
        training: ``(n,)``, values that vary.
        season: ``m``, less than ``n``; where the seasonal method makes no error, m = 1 is taken.
    """
    error = float(np.abs(training[season:] - training[:-season]).mean())
    return error or float(np.abs(np.diff(training)).mean())


def mase(actual: np.ndarray, forecast: np.ndarray, scale: float) -> float:
    """Mean absolute scaled error: that of the forecasts as a multiple of ``scale``.

    Below 1 they are better than the naive method was, one step ahead, within the training part
    (Hyndman and Koehler 2006).

    Args:
        actual: What came, of any shape.
        forecast: What was forecast, of the same shape.
        scale: From :func:`naive_scale`.
    """
    return float(np.abs(actual - forecast).mean() / scale)


def smape(actual: np.ndarray, forecast: np.ndarray) -> float:
    """Symmetric mean absolute percentage error, from 0 to 200 percent.

    ``mean(200 * |y - f| / (|y| + |f|))``, as Hyndman and Koehler 2006 quote it of Makridakis
    1993, with absolute values below the line; 0 where both are 0.

    Args:
        actual: What came, of any shape.
        forecast: What was forecast, of the same shape.
    """
    size = np.abs(actual) + np.abs(forecast)
    return float((200 * np.abs(actual - forecast) / np.where(size, size, 1)).mean())


def pinball(actual: np.ndarray, forecast: np.ndarray, quantiles: np.ndarray) -> np.ndarray:
    """The quantile loss: what lies above the forecast costs q, what lies below 1 - q.

    ``max(q * (y - f), (q - 1) * (y - f))`` (Koenker and Bassett 1978, "Regression quantiles").

    Args:
        actual: ``(...)``.
        forecast: ``(..., Q)``.
        quantiles: ``(Q,)``.

    Returns:
        ``(..., Q)``.
    """
    error = actual[..., None] - forecast
    loss: np.ndarray = np.maximum(quantiles * error, (quantiles - 1) * error)
    return loss


def coverage(actual: np.ndarray, low: np.ndarray, high: np.ndarray) -> float:
    """The share of values that lie within their interval, its ends included."""
    return float(((low <= actual) & (actual <= high)).mean())
