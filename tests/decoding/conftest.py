"""All paths through a few tags, one by one."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise, product

import numpy as np
import pytest


def _every_path(weights: np.ndarray, emissions: np.ndarray) -> list[tuple[tuple[int, ...], float]]:
    """Each sequence of tags with its score, the best first."""
    T, L = emissions.shape
    found = []
    for path in product(range(L), repeat=T):
        moves = sum(weights[a, b] for a, b in pairwise((L, *path, L)))
        found.append((path, float(moves + sum(emissions[t, tag] for t, tag in enumerate(path)))))
    return sorted(found, key=lambda one: -one[1])


def _drawn(seed: int, labels: int, *, forbidden: int = 0) -> np.ndarray:
    """Weights of transitions, of which some are forbidden, but never from a tag to itself."""
    rng = np.random.default_rng(seed)
    weights = rng.normal(0, 2, (labels + 1, labels + 1))
    places = [(a, b) for a in range(labels) for b in range(labels) if a != b]
    for place in rng.permutation(len(places))[:forbidden]:
        weights[places[place]] = -np.inf
    return weights


@pytest.fixture
def every_path() -> Callable[..., list[tuple[tuple[int, ...], float]]]:
    """``every_path(weights, emissions)``."""
    return _every_path


@pytest.fixture
def drawn() -> Callable[..., np.ndarray]:
    """``drawn(seed, labels, forbidden=0)``."""
    return _drawn
