"""Each optimiser's first steps, worked out by hand."""

from __future__ import annotations

import pytest
import torch

from seqkit.recipe.training import Training
from seqkit.training.optimizers import make_optimizer


def after(gradients: list[float], **options) -> float:
    """A weight that began at 1 after steps with these gradients."""
    weight = torch.nn.Parameter(torch.tensor([1.0], dtype=torch.float64))
    optimizer = make_optimizer([weight], Training(learning_rate=0.1, **options))
    for gradient in gradients:
        weight.grad = torch.tensor([gradient], dtype=torch.float64)
        optimizer.step()
    return weight.item()


def test_sgd():
    assert after([2.0, 2.0], optimizer="sgd") == pytest.approx(1 - 0.2 - 0.2)


def test_sgd_with_momentum():
    # the second step is 0.1 * (0.5 * 2 + 2)
    assert after([2.0, 2.0], optimizer="sgd", momentum=0.5) == pytest.approx(1 - 0.2 - 0.3)


def test_sgd_with_decay_adds_the_weight_to_the_gradient():
    assert after([2.0], optimizer="sgd", weight_decay=0.5) == pytest.approx(1 - 0.1 * 2.5)


def test_the_first_step_of_adam_is_the_rate_whatever_the_gradient():
    assert after([1e-3], optimizer="adam") == pytest.approx(0.9, abs=1e-5)
    assert after([1e3], optimizer="adam", weight_decay=0.5) == pytest.approx(0.9, abs=1e-5)


def test_adamw_decays_beside_the_gradient():
    assert after([1e3], optimizer="adamw", weight_decay=0.5) == pytest.approx(0.95 - 0.1, abs=1e-5)
