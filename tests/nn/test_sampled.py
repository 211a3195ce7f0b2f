"""The loss from some tokens beside the loss from all."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from seqkit.errors import UsageError
from seqkit.nn.dropout import set_generator
from seqkit.nn.sampled import SampledSoftmax

N, E, V = 7, 3, 6


def made(samples: int, frequencies: torch.Tensor, *, seed: int = 0) -> SampledSoftmax:
    sampled = SampledSoftmax(samples)
    sampled.frequencies = frequencies
    set_generator(sampled, torch.Generator().manual_seed(seed))
    return sampled


@pytest.fixture
def tensors() -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    shapes = {"encoded": (N, E), "weight": (V, E), "bias": (V,)}
    drawn = {name: torch.randn(shape, generator=generator) for name, shape in shapes.items()}
    return {
        **{name: tensor.requires_grad_() for name, tensor in drawn.items()},
        "targets": torch.tensor([0, 1, 2, 3, 4, 5, 0]),
    }


def test_two_draws_by_hand():
    """Only token 1 is ever drawn: each draw is worth exp(s) / 2, and the target's is left out."""
    sampled = made(2, torch.tensor([0.0, 1.0, 0.0]))
    encoded = torch.tensor([[1.0], [1.0]])
    weight, bias = torch.tensor([[2.0], [1.0], [5.0]]), torch.tensor([0.0, 0.5, 0.0])
    first = sampled(encoded[:1], torch.tensor([0]), weight, bias)
    assert first.item() == pytest.approx(math.log(math.exp(2) + math.exp(1.5)) - 2)
    second = sampled(encoded, torch.tensor([1, 1]), weight, bias)  # nothing but the target
    assert second.item() == 0


def test_many_draws_come_to_the_whole_loss_and_its_gradient(tensors):
    whole = F.cross_entropy(
        F.linear(tensors["encoded"], tensors["weight"], tensors["bias"]),
        tensors["targets"],
        reduction="sum",
    )
    names = ("encoded", "weight", "bias")
    right = torch.autograd.grad(whole, [tensors[n] for n in names])
    sampled = made(200_000, torch.tensor([0.3, 0.1, 0.2, 0.05, 0.15, 0.2]))
    estimate = sampled(**tensors)
    found = torch.autograd.grad(estimate, [tensors[n] for n in names])
    assert estimate.item() == pytest.approx(whole.item(), rel=5e-3)
    for name, a, b in zip(names, right, found, strict=True):
        assert torch.allclose(a, b, atol=0.02), name


def test_the_same_seed_draws_the_same(tensors):
    even = torch.full((V,), 1 / V)
    first, again, other = (made(4, even, seed=s)(**tensors).item() for s in (3, 3, 4))
    assert first == again != other


def test_it_draws_from_no_global_generator(tensors):
    sampled = SampledSoftmax(4)
    sampled.frequencies = torch.full((V,), 1 / V)
    with pytest.raises(UsageError, match="SampledSoftmax has no generator"):
        sampled(**tensors)
