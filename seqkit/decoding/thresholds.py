"""From which probability on each of several labels is said to hold: found by its F1.

One threshold for all labels is too high for rare ones and too low for others; the best of each is
where its own F1 is highest (Yang 2001, "A study of thresholding strategies for text
categorization", whose SCut this is).
"""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np

from seqkit.bundle.manifest import damaged, read_member

#: Texts with a label from which on it has a threshold of its own: the best of fewer is chance.
FEWEST = 10
_FILE = "thresholds.json"
_LARGEST = 1 << 22  # bytes; room for a hundred thousand labels


def best_thresholds(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The threshold of each label.

    Labels of fewer than :data:`FEWEST` texts share the one at which the F1 of all labels, counted
    together, is highest.

    Args:
        probabilities: ``(N, L)``.
        truth: Which labels hold, ``(N, L)`` bool.

    Returns:
        ``(L,)``, each above 0 and below 1.
    """
    thresholds = np.full(truth.shape[1], _best(probabilities.ravel(), truth.ravel()))
    for label in np.flatnonzero(truth.sum(axis=0) >= FEWEST):
        thresholds[label] = _best(probabilities[:, label], truth[:, label])
    return thresholds


def crossed(probabilities: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Which labels are said to hold, each text by the thresholds that the other half would have.

    What is scored so does not flatter, as it would if thresholds were found on the same texts.

    Args:
        probabilities: ``(N, L)``; every second text is of the other half.
        truth: Which labels hold, ``(N, L)`` bool.

    Returns:
        ``(N, L)`` bool.
    """
    held = np.zeros_like(truth)
    even, odd = slice(0, None, 2), slice(1, None, 2)
    for half, other in ((even, odd), (odd, even)):
        held[half] = probabilities[half] >= best_thresholds(probabilities[other], truth[other])
    return held


def _best(probabilities: np.ndarray, truth: np.ndarray) -> float:
    """The threshold at which F1 is highest, half-way between two probabilities; 0.5 for no text."""
    if not truth.any():
        return 0.5
    order = np.argsort(-probabilities, kind="stable")
    p, right = probabilities[order], np.cumsum(truth[order])
    f1 = 2 * right / (np.arange(1, len(p) + 1) + right[-1])
    # texts of the same probability are on the same side
    f1[:-1][p[:-1] == p[1:]] = 0
    last = int(f1.argmax())
    below = p[last + 1] if last + 1 < len(p) else 0.0
    most = np.nextafter(1, 0)
    return float(np.clip((p[last] + below) / 2, np.finfo(np.float64).tiny, most))


class _Thresholds(msgspec.Struct, forbid_unknown_fields=True):
    thresholds: tuple[float, ...]


def write_thresholds(folder: Path, thresholds: np.ndarray) -> None:
    """Write thresholds into the folder of a head's files."""
    (folder / _FILE).write_bytes(
        msgspec.json.encode(_Thresholds(tuple(thresholds.tolist()))) + b"\n"
    )


def read_thresholds(folder: Path, *, labels: int) -> np.ndarray | None:
    """Read what :func:`write_thresholds` wrote; none where there is nothing.

    Args:
        folder: Of the head's files.
        labels: How many there must be.

    Raises:
        BundleError: It is damaged.
    """
    if not (folder / _FILE).exists():
        return None
    data = read_member(folder, _FILE, limit=_LARGEST)
    try:
        found = np.array(msgspec.json.decode(data, type=_Thresholds).thresholds, dtype=np.float64)
    except (msgspec.DecodeError, ValueError) as error:
        raise damaged(folder / _FILE, str(error)) from error
    if len(found) != labels or not ((found > 0) & (found < 1)).all():
        raise damaged(folder / _FILE, f"it does not hold {labels:,} numbers between 0 and 1")
    return found
