"""The likeliest sequences of tags, beside all sequences there are."""

from __future__ import annotations

import numpy as np
import pytest

from seqkit.decoding.viterbi import best_paths, groups, n_best_paths

LENGTHS = (3, 1, 5, 0, 3, 4)


def sentences(seed: int, labels: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.normal(0, 2, (n, labels)).astype(np.float32) for n in LENGTHS]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("forbidden", [0, 4])
def test_the_best_path_is_the_best_of_all(every_path, drawn, seed, forbidden):
    weights = drawn(seed, 3, forbidden=forbidden)
    given = sentences(seed, 3)
    for emissions, path in zip(given, best_paths(weights, given), strict=True):
        assert path.dtype == np.int64
        assert tuple(path) == every_path(weights, emissions)[0][0]


def test_transitions_decide_by_hand():
    """Alone, the second token's best tag is 1; but 1 after 0 costs more than it gains."""
    weights = np.zeros((3, 3))
    emissions = np.array([[2.0, 0.0], [0.0, 1.0]])
    assert best_paths(weights, [emissions])[0].tolist() == [0, 1]
    weights[0, 1] = -1.5
    assert best_paths(weights, [emissions])[0].tolist() == [0, 0]
    weights[2, 0] = -9.0
    assert best_paths(weights, [emissions])[0].tolist() == [1, 1]


def test_neighbours_do_not_matter(drawn, monkeypatch):
    weights, given = drawn(1, 3, forbidden=2), sentences(1, 3)
    together = best_paths(weights, given)
    monkeypatch.setattr("seqkit.decoding.viterbi._AT_ONCE", 1)
    assert [len(g.indices) for g in groups(given)] == [1] * 5
    for one, other in zip(together, best_paths(weights, given), strict=True):
        assert one.tolist() == other.tolist()


def test_what_the_network_rules_out_still_leaves_a_path():
    emissions = np.full((3, 2), -np.inf)
    assert len(best_paths(np.zeros((3, 3)), [emissions])[0]) == 3


@pytest.mark.parametrize("num", [1, 4, 100])
@pytest.mark.parametrize("forbidden", [0, 4])
@pytest.mark.parametrize("tokens", [1, 2, 4])
def test_the_n_best_are_the_best_of_all(every_path, drawn, num, forbidden, tokens):
    weights = drawn(7, 3, forbidden=forbidden)
    emissions = np.random.default_rng(tokens).normal(0, 2, (tokens, 3))
    wanted = [one for one in every_path(weights, emissions) if one[1] > -np.inf][:num]
    found = n_best_paths(weights, emissions, num)
    assert [tuple(path) for path, _ in found] == [path for path, _ in wanted]
    np.testing.assert_allclose([s for _, s in found], [s for _, s in wanted])
