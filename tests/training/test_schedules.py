"""Learning-rate schedules at points that are worked out by hand."""

from __future__ import annotations

import pytest

from seqkit.training.schedules import rate


@pytest.mark.parametrize(
    ("schedule", "warmup", "expected"),
    [
        # at steps 0, 2, 5, 8 of 10
        ("constant", 0.0, [1, 1, 1, 1]),
        ("constant", 0.4, [0.5 / 4, 2.5 / 4, 1, 1]),
        ("linear", 0.0, [1, 0.8, 0.5, 0.2]),
        ("linear", 0.2, [0.5 / 2, 1, 5 / 8, 2 / 8]),
        # (1 + cos(pi * done))/2
        ("cosine", 0.0, [1, 0.9045085, 0.5, 0.0954915]),
        # a quarter up from 1/25, the rest down: 0.2/0.25 up, 1/3 and 11/15 down
        ("one-cycle", 0.0, [0.04, 0.9083281, 0.75, 0.1654347]),
        ("one-cycle", 0.5, [0.04, 0.3716718, 1, 0.3454915]),
        # a tenth up from 1/32, the rest down: (1 + 31 * p)/32 for p = 0, 8/9, 5/9, 2/9
        ("slanted-triangular", 0.0, [1 / 32, 0.8923611, 0.5694444, 0.2465278]),
        ("slanted-triangular", 0.5, [1 / 32, (1 + 31 * 0.4) / 32, 1, (1 + 31 * 0.4) / 32]),
    ],
)
def test_values(schedule, warmup, expected):
    rates = [rate(schedule, step=step, steps=10, warmup=warmup) for step in (0, 2, 5, 8)]
    assert rates == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize(
    "schedule", ["constant", "linear", "cosine", "one-cycle", "slanted-triangular"]
)
@pytest.mark.parametrize("warmup", [0.0, 0.1, 0.9])
@pytest.mark.parametrize("steps", [1, 2, 7, 100])
def test_every_step_has_a_share_of_the_peak_and_moves(schedule, warmup, steps):
    rates = [rate(schedule, step=step, steps=steps, warmup=warmup) for step in range(steps)]
    assert all(0 < r <= 1 for r in rates)


@pytest.mark.parametrize("schedule", ["linear", "cosine", "one-cycle"])
def test_it_decays_to_nothing(schedule):
    assert rate(schedule, step=1000, steps=1000, warmup=0.1) == pytest.approx(0, abs=1e-12)
