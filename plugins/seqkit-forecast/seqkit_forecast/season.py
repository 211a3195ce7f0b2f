"""Finds after how many rows a series repeats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: How much more a series must resemble itself a season ago than half a season ago.
_CONTRAST = 0.3
#: The longest season that is looked for without a hint.
_LONGEST = 400


def find_season(values: np.ndarray, usual: Sequence[int] = ()) -> int:
    """The number of rows after which a series repeats; 1 if it does not.

    With the straight trend taken away, a series with a season of m rows resembles itself m rows
    ago and not half of them ago. The m of the greatest difference is taken.

    Args:
        values: ``(N,)``.
        usual: The numbers to choose from, such as those that fit the calendar; without them, each
            of which three seasons are there.
    """
    rows = np.arange(len(values))
    slope, start = np.polyfit(rows, values, 1) if len(values) > 1 else (0.0, 0.0)
    similar = _autocorrelation(values - slope * rows - start, most=len(values) // 2)
    lags = [m for m in usual if m < len(similar)]
    if not usual:
        lags = [m for m in range(4, min(len(values) // 3, _LONGEST) + 1) if _is_peak(similar, m)]
    contrasts = {m: similar[m] - similar[m // 2] for m in lags}
    best = max(contrasts, key=lambda m: contrasts[m], default=1)
    return best if contrasts.get(best, 0) > _CONTRAST and similar[best] > 0 else 1


def _is_peak(similar: np.ndarray, m: int) -> bool:
    return bool(m + 1 < len(similar) and similar[m] == similar[m - 1 : m + 2].max())


def _autocorrelation(values: np.ndarray, *, most: int) -> np.ndarray:
    """The autocorrelation at each lag from 0 to ``most``, by the Fourier transform."""
    size = 2 * len(values)  # so that the end does not meet the beginning
    spectrum = np.fft.rfft(values - values.mean(), size)
    covariance = np.fft.irfft(spectrum * spectrum.conj(), size)[: most + 1]
    return covariance / covariance[0] if covariance[0] > 0 else np.zeros(most + 1)
