"""Corrects intervals by how often values have lain outside of them."""

from __future__ import annotations

import math

import numpy as np


def shifts(said: np.ndarray, came: np.ndarray, quantiles: tuple[float, ...]) -> np.ndarray:
    """How far to move each quantile, so that intervals hold their share of values.

    Networks that know their data by heart are too sure of themselves, so their quantiles are
    moved by what they missed on data that they have not learnt (Romano, Patterson and Candès
    2019, "Conformalized quantile regression"). The two ends of an interval around the median, such
    as 0.1 and 0.9, go outwards or inwards by the same; a quantile without such a partner goes by
    itself; the median stays.

    Args:
        said: The quantiles, scaled, of forecasts from one row after another, ``(S, K, H, Q)``.
        came: The values, scaled, ``(S, K, H)``.
        quantiles: ``Q`` shares, ascending.

    Returns:
        What to add to each, ``(Q,)``.
    """
    series, origins, steps, _ = said.shape
    # Forecasts that overlap miss alike, so they count as one.
    apart = series * -(-origins // steps)
    missed = (came[..., None] - said).reshape(-1, len(quantiles))  # above 0 for values above
    found = np.zeros(len(quantiles))
    for place, share in enumerate(quantiles):
        partner = next((p for p, q in enumerate(quantiles) if math.isclose(q, 1 - share)), None)
        if partner is None:
            side = 1 if share > 0.5 else -1
            found[place] = side * _bound(side * missed[:, place], max(share, 1 - share), apart)
        elif share < 0.5:
            outside = np.maximum(-missed[:, place], missed[:, partner])
            found[partner] = _bound(outside, 1 - 2 * share, apart)
            found[place] = -found[partner]
    return found


def _bound(missed: np.ndarray, share: float, apart: int) -> float:
    """What so large a share of misses stays below, with room for how few of them there are."""
    level = math.ceil(round((apart + 1) * share, 9)) / apart
    return float(np.quantile(missed, min(level, 1.0)))
