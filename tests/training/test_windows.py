"""Windows cover a stream, each step once."""

from __future__ import annotations

import numpy as np
import pytest

from seqkit.training.windows import fixed_ends, random_ends


def test_fixed():
    assert fixed_ends(10, bptt=4).tolist() == [4, 8, 10]
    assert fixed_ends(8, bptt=4).tolist() == [4, 8]
    assert fixed_ends(1, bptt=4).tolist() == [1]


@pytest.mark.parametrize("bptt", [1, 2, 3, 30, 70, 1000])
@pytest.mark.parametrize("steps", [1, 2, 7, 69, 1000])
def test_random_ones_are_as_many_and_none_is_empty(steps, bptt):
    ends = random_ends(steps, bptt=bptt, rng=np.random.default_rng(0))
    assert len(ends) == len(fixed_ends(steps, bptt=bptt))
    assert ends[-1] == steps
    assert (np.diff(ends, prepend=0) >= 1).all()


def test_their_lengths_are_the_papers():
    ends = random_ends(700_000, bptt=70, rng=np.random.default_rng(0))
    lengths = np.diff(ends, prepend=0)
    short = lengths < 52
    assert short.mean() == pytest.approx(0.05, abs=0.01)
    # all are stretched by the 1/40 that the short ones leave
    assert lengths[~short].mean() == pytest.approx(70 / 0.975, abs=0.3)
    assert lengths[short].mean() == pytest.approx(35 / 0.975, abs=0.6)
    assert lengths[~short].std() == pytest.approx(5 / 0.975, abs=0.2)
