"""Cuts a series into the windows that the network reads, and their targets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor


@dataclass(frozen=True, slots=True)
class Windows:
    """Windows of some series; none is copied before it is asked for.

    Attributes:
        features: ``(S, N, F)`` float32.
        origins: The last row of each window, ``(K,)``; every series has all of them.
        length: ``W``, rows of a window.
        targets: ``(S, K, H)`` float32, or none.
    """

    features: Tensor
    origins: Tensor
    length: int
    targets: Tensor | None = None

    def __len__(self) -> int:
        return len(self.features) * len(self.origins)

    def take(self, chosen: Tensor) -> Tensor:
        """Some windows, time first.

        Args:
            chosen: ``(B,)``, numbers below the length; those of a series stand together.

        Returns:
            ``(W, B, F)``.
        """
        series, at = chosen // len(self.origins), chosen % len(self.origins)
        rows = self.features.unfold(1, self.length, 1)  # (S, N - W + 1, F, W), a view
        return rows[series, self.origins[at] - self.length + 1].permute(2, 0, 1)

    def goals(self, chosen: Tensor) -> Tensor:
        """The targets of some windows, ``(B, H)``."""
        assert self.targets is not None
        return self.targets.flatten(0, 1)[chosen]

    def batches(self, size: int) -> Iterator[Tensor]:
        """All windows in their order, ``(W, B, F)`` each."""
        for chosen in torch.arange(len(self)).split(size):
            yield self.take(chosen)


def windows(
    features: np.ndarray,
    origins: np.ndarray,
    length: int,
    targets: np.ndarray | None = None,
) -> Windows:
    """Windows from numpy's arrays; see :class:`Windows`."""
    return Windows(
        torch.from_numpy(features.astype(np.float32)),
        torch.from_numpy(origins.astype(np.int64)),
        length,
        None if targets is None else torch.from_numpy(targets.astype(np.float32)),
    )


def with_phase(features: np.ndarray, *, season: int, first: int) -> np.ndarray:
    """The features with two more, which say where in the season each row stands.

    Args:
        features: ``(S, N, F)``.
        season: Rows of a season; with 1 nothing is added.
        first: How many rows the first one comes after the beginning of a season.

    Returns:
        ``(S, N, F)`` or ``(S, N, F + 2)``.
    """
    if season == 1:
        return features
    series, N, _ = features.shape
    angle = 2 * np.pi * ((first + np.arange(N)) % season) / season
    phase = np.stack([np.sin(angle), np.cos(angle)], axis=1)  # (N, 2)
    return np.concatenate([features, np.broadcast_to(phase, (series, N, 2))], axis=2)
