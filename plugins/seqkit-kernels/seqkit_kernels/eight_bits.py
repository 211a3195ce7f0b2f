"""Weights as whole numbers of eight bits, with a scale for each row of them.

What they multiply is rounded at each step: the library takes ``x`` as the whole number
``u = round(127 x / m) + 128``, where ``m`` is the largest of all that the step reads, so that with
``W = scale * Q``

```text
W x = scale * m / 127 * (Q u - 128 * Q 1)
```
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

_MOST = 127  # of a weight
_ZERO = 128  # what 0 is taken for


@dataclass(frozen=True, slots=True)
class Shortened:
    """Matrices of the same rows, whose products are summed up in whole numbers.

    Attributes:
        parts: Each ``(rows, K)``, whole numbers from -127 to 127.
        scale: What 1 of them counts, ``(rows,)``.
        offsets: What makes up for 0 being taken for 128 by each part, ``(rows,)``.
    """

    parts: tuple[np.ndarray, ...]
    scale: np.ndarray
    offsets: tuple[np.ndarray, ...]


def shorten(*matrices: np.ndarray) -> Shortened:
    """Round weights to eight bits.

    Args:
        matrices: Each ``(rows, K)``, with a ``K`` of its own.
    """
    largest = np.max([np.abs(W).max(axis=1, initial=0) for W in matrices], axis=0)
    scale = np.where(largest == 0, 1, largest / _MOST)
    parts = tuple(np.rint(W / scale[:, np.newaxis]) for W in matrices)
    return Shortened(parts, scale, tuple(-_ZERO * Q.sum(axis=1) for Q in parts))


def interleaved(packed: np.ndarray) -> np.ndarray:
    """``(blocks, K, units)`` as ``(blocks, K / 4, units, 4)``, with zeros up to a whole four."""
    blocks, K, units = packed.shape
    whole = np.pad(packed, [(0, 0), (0, -K % 4), (0, 0)])
    fours = whole.reshape(blocks, -1, 4, units).swapaxes(2, 3)
    return np.ascontiguousarray(fours, dtype=np.int8)
