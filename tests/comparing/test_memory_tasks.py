"""Made-up data: what is asked, and what is right."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from seqkit.comparing.memory_tasks import TASKS, Adding, Copy


def generator(seed: int = 1) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("distance", [2, 5, 20])
def test_adding_marks_one_number_in_each_half_and_asks_for_their_sum(distance):
    x, sums = Adding().draw(distance, 200, generator())
    assert x.shape == (distance, 200, 2)
    numbers, marks = x.unbind(-1)
    assert 0 <= float(numbers.min()) <= float(numbers.max()) < 1
    half = distance // 2
    assert marks[:half].sum(0).tolist() == marks[half:].sum(0).tolist() == [1.0] * 200
    for column in range(200):
        first, second = marks[:, column].nonzero().flatten().tolist()
        expected = float(numbers[first, column]) + float(numbers[second, column])
        assert float(sums[column]) == pytest.approx(expected)
    # each place is marked at some time
    assert bool((marks.sum(1) > 0).all())


def test_copy_shows_symbols_then_blanks_a_sign_and_blanks_to_answer_in():
    task = Copy(symbols=3)
    x, targets = task.draw(5, 40, generator())
    assert x.shape == (5 + 6, 40, 10)
    assert bool((x.sum(-1) == 1).all())
    ids = x.argmax(-1)
    assert set(ids[:3].flatten().tolist()) == set(range(1, 9))
    assert ids[3:7].unique().tolist() == [0]
    assert ids[7].unique().tolist() == [9]
    assert ids[8:].unique().tolist() == [0]
    assert targets[:8].unique().tolist() == [0]
    assert targets[8:].tolist() == ids[:3].tolist()


def test_the_same_seed_draws_the_same():
    for task in TASKS.values():
        one, other = (task.draw(6, 4, generator(3)) for _ in range(2))
        assert torch.equal(one[0], other[0])
        assert torch.equal(one[1], other[1])
        assert not torch.equal(one[0], task.draw(6, 4, generator(4))[0])


def test_who_knows_the_answer_is_right_and_who_does_not_has_chance():
    task = Adding()
    _, sums = task.draw(10, 100_000, generator())
    told = sums.view(1, -1, 1)
    assert (float(task.loss(told, sums)), task.accuracy(told, sums)) == (0.0, 1.0)
    assert task.accuracy(told + 0.09, sums) == 0.0
    always_one = torch.ones_like(told)
    assert float(task.loss(always_one, sums)) == pytest.approx(1 / 6, abs=0.002)
    assert task.accuracy(always_one, sums) == pytest.approx(task.chance, abs=0.005)


def test_copying_right_and_by_chance():
    task = Copy(symbols=2)
    x, targets = task.draw(4, 5000, generator())
    right = 50 * F.one_hot(targets, 9).float()
    assert task.accuracy(right, targets) == 1.0
    assert float(task.loss(right, targets)) == pytest.approx(0, abs=1e-6)
    guess = right.clone()
    guess[-2:] = 0
    guess[-2:, :, 0] = -1e9  # any of the kinds, and never a blank
    # Arjovsky et al. have this as the loss of one without a memory
    assert float(task.loss(guess, targets)) == pytest.approx(2 * math.log(8) / len(x), rel=1e-4)
    assert task.accuracy(guess, targets) == pytest.approx(task.chance, abs=0.02)
