"""A product of many rows with a head's weights, by the compiled library.

numpy's own product takes as many threads as there are cores, which wait in turns of their own and
took half of the time of tagging on a busy machine.
"""

from __future__ import annotations

import ctypes

import numpy as np

from seqkit_kernels import compiled
from seqkit_kernels.packed import ProductProblem, address, pack_product


class Dense:
    """``x W^T + b``.

    Args:
        W: ``(L, D)``.
        b: ``(L,)``.
    """

    def __init__(self, W: np.ndarray, b: np.ndarray) -> None:
        self._size, self._depth = W.shape
        self._cell = pack_product(W, b, columns=self._depth)

    def __call__(self, x: np.ndarray, *, threads: int) -> np.ndarray:
        """The product.

        Args:
            x: ``(rows, D)`` float32.
            threads: How many to compute with.

        Returns:
            ``(rows, L)``.
        """
        assert x.shape[1] == self._depth
        y = np.empty((len(x), self._cell.problem.H), np.float32)
        problem = ProductProblem(
            rows=len(x),
            threads=threads,
            x=address(x),
            y=address(y),
            cell=ctypes.pointer(self._cell.problem),
        )
        compiled.load().seqkit_multiply(ctypes.byref(problem))
        return y[:, : self._size]
