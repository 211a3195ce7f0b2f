"""How far a model's probabilities are to be believed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqkit.decoding.calibration import BINS


@dataclass(frozen=True, slots=True)
class Bin:
    """The forecasts whose probability lies between two bounds.

    Attributes:
        low: Those of this probability are not in it, but for 0 in the first.
        high: Those of this probability are.
        count: How many there are.
        confidence: Their mean probability; 0 for none.
        accuracy: The share that came true; 0 for none.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def bins(probabilities: np.ndarray, came_true: np.ndarray, *, count: int = BINS) -> list[Bin]:
    """Sort forecasts by their probability.

    Args:
        probabilities: ``(N,)``, each in 0 to 1.
        came_true: ``(N,)`` bool.
        count: How many bins of equal width.
    """
    place = (np.ceil(probabilities * count).astype(np.int64) - 1).clip(0, count - 1)
    counts = np.bincount(place, minlength=count)
    some = counts.clip(min=1)
    confidence = np.bincount(place, weights=probabilities, minlength=count) / some
    accuracy = np.bincount(place, weights=came_true.astype(float), minlength=count) / some
    return [
        Bin(k / count, (k + 1) / count, int(counts[k]), float(confidence[k]), float(accuracy[k]))
        for k in range(count)
    ]
