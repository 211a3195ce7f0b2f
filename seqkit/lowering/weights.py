"""A bundle's arrays, handed out by name and held against the shapes that the recipe asks for."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from seqkit.bundle.manifest import RECIPE, damaged
from seqkit.errors import BundleError


class Weights:
    """Arrays by name, each taken once or more often, and none left over at the end.

    Args:
        arrays: What the bundle holds.
        file: Where it does, for what is said of a misfit.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray], file: Path) -> None:
        self._arrays, self._file, self._prefix = arrays, file, ""
        self._taken: set[str] = set()

    def below(self, prefix: str) -> Weights:
        """The same with names that go on from ``prefix``, such as ``head.``."""
        part = Weights(self._arrays, self._file)
        part._prefix, part._taken = self._prefix + prefix, self._taken
        return part

    def take(self, name: str, *shape: int, dtype: type[np.generic] = np.float32) -> np.ndarray:
        """One array, of float32 unless another type is asked for.

        Raises:
            BundleError: There is none of that name, or it has another shape.
        """
        full = self._prefix + name
        if full not in self._arrays:
            raise self._misfit(f"{full} is missing")
        array = self._arrays[full]
        if array.shape != shape or array.dtype != dtype:
            raise self._misfit(f"size mismatch for {full}: it is {array.dtype} {array.shape}")
        self._taken.add(full)
        return array

    def take_order(self, name: str, size: int) -> np.ndarray:
        """One int64 array ``(size,)`` in which each number below that stands once.

        Raises:
            BundleError: As in :meth:`take`, or it is something else.
        """
        order = self.take(name, size, dtype=np.int64)
        if not np.array_equal(np.sort(order), np.arange(size)):
            raise self._misfit(f"{self._prefix}{name} is no order")
        return order

    def check_all_taken(self) -> None:
        """Make sure that the recipe has a use for every array.

        Raises:
            BundleError: It has none for some.
        """
        if left := sorted(set(self._arrays) - self._taken):
            raise self._misfit(f"nothing is called {', '.join(left)}")

    def _misfit(self, why: str) -> BundleError:
        return damaged(self._file, f"it does not fit {RECIPE}: {why}")
