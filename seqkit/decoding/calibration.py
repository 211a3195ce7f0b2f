"""How far probabilities can be taken at their word, and one number that mends them.

A model that says 0.8 should be right in eight of ten cases. Networks mostly say more than they
should, and margins less (Guo, Pleiss, Sun and Weinberger 2017, "On calibration of modern neural
networks").
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np

from seqkit.bundle.manifest import damaged, read_member
from seqkit.decoding.numerics import sigmoid, softmax

#: Bins of the expected calibration error.
BINS = 15
#: The lowest and the highest temperature: without a mistake to learn from, none is too low.
_RANGE = 0.05, 20.0
#: Halvings of that range's logarithm, after which a float holds no more.
_HALVINGS = 60
_FILE = "temperature.json"
_LARGEST = 1024  # bytes


def fit_temperature(logits: np.ndarray, truth: np.ndarray, *, exclusive: bool) -> float:
    """The temperature ``T`` at which the truth is likeliest, with logits divided by ``T``.

    The loss is convex in ``1 / T``, so that its slope, which is
    ``mean sum_l (p_l - y_l) z_l``, has one zero at most.

    Args:
        logits: ``(N, L)``.
        truth: Which labels hold, ``(N, L)`` bool.
        exclusive: Whether exactly one of the labels holds (softmax) or any number (sigmoids).

    Returns:
        1 where there is nothing to learn from; never out of 0.05 to 20.
    """
    z = logits.astype(np.float64)
    if not z.size:
        return 1.0
    probabilities: Callable[[np.ndarray], np.ndarray] = softmax if exclusive else sigmoid
    coldest, warmest = (float(np.log(T)) for T in _RANGE)
    for _ in range(_HALVINGS):
        middle = (coldest + warmest) / 2
        slope = ((probabilities(z / np.exp(middle)) - truth) * z).sum()
        # sure of what is wrong: it must be warmer
        coldest, warmest = (middle, warmest) if slope > 0 else (coldest, middle)
    return float(np.exp((coldest + warmest) / 2))


def calibration_error(confidence: np.ndarray, right: np.ndarray) -> float:
    """How far confidence lies from how often it is right: the mean over bins of equal width.

    ::

        sum_b |b| / N * |share of b that is right - mean confidence in b|

    (Naeini, Cooper and Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian
    binning"; Guo et al. 2017).

    Args:
        confidence: ``(N,)``, each from 0 to 1.
        right: ``(N,)`` bool.
    """
    # as in the paper, a bin holds its upper end
    bins = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    apart = np.bincount(bins, weights=right - confidence, minlength=BINS)
    return float(np.abs(apart).sum() / max(1, len(confidence)))


def brier_score(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """The mean over rows of ``sum_l (p_l - y_l)^2`` (Brier 1950); lower is better.

    Args:
        probabilities: ``(N, L)``.
        truth: Which labels hold, ``(N, L)`` bool.
    """
    return float(np.square(probabilities - truth).sum() / max(1, len(truth)))


def calibration_of(
    probabilities: np.ndarray,
    truth: np.ndarray,
    *,
    exclusive: bool,
    answers: np.ndarray | None = None,
) -> dict[str, float]:
    """The two scores above.

    Where labels exclude each other, a row's confidence is that of its answer. Otherwise
    each label of each row counts by itself.

    Args:
        probabilities: ``(N, L)``.
        truth: Which labels hold, ``(N, L)`` bool.
        exclusive: Whether exactly one of the labels holds.
        answers: Which label each row was given, ``(N,)``; the likeliest unless it is told.

    Returns:
        ``calibration_error`` and ``brier_score``.
    """
    if exclusive:
        given = probabilities.argmax(axis=1) if answers is None else answers
        rows = np.arange(len(truth))
        confidence, right = probabilities[rows, given], truth[rows, given]
    else:
        probabilities, truth = probabilities.reshape(-1, 1), truth.reshape(-1, 1)
        confidence, right = probabilities[:, 0], truth[:, 0]
    return {
        "calibration_error": calibration_error(confidence, right),
        "brier_score": brier_score(probabilities, truth),
    }


class _Temperature(msgspec.Struct, forbid_unknown_fields=True):
    temperature: float


def write_temperature(folder: Path, temperature: float) -> None:
    """Write a temperature into the folder of a head's files."""
    (folder / _FILE).write_bytes(msgspec.json.encode(_Temperature(temperature)) + b"\n")


def read_temperature(folder: Path) -> float:
    """Read what :func:`write_temperature` wrote; 1 where there is nothing.

    Raises:
        BundleError: It is damaged.
    """
    if not (folder / _FILE).exists():
        return 1.0
    data = read_member(folder, _FILE, limit=_LARGEST)
    try:
        found = msgspec.json.decode(data, type=_Temperature).temperature
    except (msgspec.DecodeError, ValueError) as error:
        raise damaged(folder / _FILE, str(error)) from error
    if not _RANGE[0] <= found <= _RANGE[1]:
        raise damaged(folder / _FILE, f"a temperature of {found:g} is out of range")
    return found
