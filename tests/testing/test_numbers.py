"""Comparisons that say how far apart two tensors are."""

from __future__ import annotations

import math

import pytest
import torch

from seqkit.testing import ContractError
from seqkit.testing.numbers import (
    draw,
    repeatable_modes,
    require_close,
    require_shape,
    slope,
    weighted_sum,
)


def test_close_is_meant_absolutely_and_for_the_size():
    require_close(torch.tensor([1e-10, 1000.0]), torch.tensor([0.0, 1000.5]), "it", tolerance=1e-3)
    with pytest.raises(ContractError) as caught:
        require_close(torch.tensor([[1.0, 2.5]]), torch.tensor([[1.0, 2.0]]), "they", tolerance=0.1)
    assert str(caught.value) == (
        "they: 2.5 where 2 is asked for, at [0, 1] and 0 more of 2 numbers (tolerance 0.1)"
    )


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_what_is_no_number_is_close_to_none(value):
    with pytest.raises(ContractError, match="it: "):
        require_close(torch.tensor([value]), torch.tensor([1.0]), "it", tolerance=1e9)
    with pytest.raises(ContractError, match="it: "):
        require_close(torch.tensor([1.0]), torch.tensor([value]), "it", tolerance=1e9)


def test_shapes_are_compared_first():
    with pytest.raises(ContractError, match=r"it: shape \(2,\), not \(1, 2\)"):
        require_close(torch.zeros(2), torch.zeros(1, 2), "it")
    with pytest.raises(ContractError, match=r"logits has shape \(2,\), not \(3,\)"):
        require_shape("logits", torch.zeros(2), (3,))


def test_slope_is_the_derivative_in_a_direction():
    leaf = torch.tensor([1.0, 2.0], dtype=torch.float64)
    along = torch.tensor([1.0, -0.5], dtype=torch.float64)
    found = slope(lambda: leaf.pow(3).sum() + 1, leaf, along)
    assert found.item() == pytest.approx(3 * 1 - 0.5 * 12, rel=1e-8)
    assert leaf.tolist() == [1.0, 2.0]


def test_a_weighted_sum_weighs_each_number_differently():
    leaf = torch.zeros(2, 3, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(weighted_sum([leaf]), leaf)
    assert torch.equal(gradient, draw(2, 3, seed=50))
    assert len(set(gradient.flatten().tolist())) == 6


def test_a_module_that_draws_is_tried_in_evaluation_alone():
    x = torch.ones(50)
    assert [mode for mode, _ in repeatable_modes(torch.nn.Tanh(), x)] == ["evaluation", "training"]
    state = torch.get_rng_state()
    assert [mode for mode, _ in repeatable_modes(torch.nn.Dropout(), x)] == ["evaluation"]
    torch.set_rng_state(state)
