"""Masks: from the generator alone, of the right share, and the same for all steps if asked."""

from __future__ import annotations

import pytest
import torch

from seqkit.errors import UsageError
from seqkit.nn.dropout import Dropout, draw_mask, set_generator


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def made(p: float, per="element", seed: int = 0) -> Dropout:
    dropout = Dropout(p, per=per)
    set_generator(dropout, generator(seed))
    return dropout


@pytest.mark.parametrize("p", [0.1, 0.25, 0.5, 0.9])
def test_share_dropped(p: float) -> None:
    kept = draw_mask((400, 1000), p, generator())
    assert kept.double().mean().item() == pytest.approx(1 - p, abs=0.004)


def test_neighbouring_draws_are_independent() -> None:
    kept = draw_mask((400_000,), 0.5, generator()).double() - 0.5
    for distance in (1, 2, 3, 4, 5):
        assert 4 * (kept[distance:] * kept[:-distance]).mean().abs() < 0.01


@pytest.mark.parametrize("size", [1, 3, 4, 5, 8])
def test_any_size(size: int) -> None:
    assert draw_mask((size, 1), 0.5, generator()).shape == (size, 1)


def test_nearly_all_dropped() -> None:
    assert draw_mask((10_000,), 1 - 1e-9, generator()).sum() < 10


def test_what_is_kept_is_scaled() -> None:
    x = torch.randn(20, 5, 30, generator=generator(1))
    y = made(0.25)(x)
    kept = y != 0
    torch.testing.assert_close(y[kept], x[kept] / 0.75)
    assert 0.15 < 1 - kept.double().mean() < 0.35


def test_an_element_is_drawn_anew_at_each_step() -> None:
    y = made(0.5)(torch.ones(50, 2, 8))
    assert ((y == 0).any(dim=0) & (y != 0).any(dim=0)).all()


def test_a_sequence_has_one_mask_for_all_steps() -> None:
    y = made(0.5, "sequence")(torch.ones(50, 20, 30))
    assert torch.equal(y, y[:1].expand_as(y))
    assert not torch.equal(y[0, 0], y[0, 1])
    assert 0.4 < (y[0] == 0).double().mean() < 0.6


@pytest.mark.parametrize("per", ["element", "sequence"])
def test_gradient_is_the_mask(per) -> None:
    x = torch.randn(6, 4, 5, dtype=torch.float64, generator=generator(1)).requires_grad_()
    y = made(0.5, per)(x)
    y.sum().backward()
    torch.testing.assert_close(x.grad, (y != 0).double() * 2)


def test_evaluation_changes_nothing() -> None:
    x = torch.randn(6, 4, 5, generator=generator(1))
    assert torch.equal(Dropout(0.5).eval()(x), x)


def test_same_generator_same_mask_and_the_global_one_untouched() -> None:
    x = torch.ones(6, 4, 5)
    before = torch.get_rng_state()
    first, second = made(0.5, seed=3), made(0.5, seed=3)
    y = first(x)
    assert torch.equal(y, second(x))
    assert not torch.equal(y, first(x))
    assert torch.equal(before, torch.get_rng_state())


def test_generator_reaches_all_below() -> None:
    inner = Dropout(0.5)
    set_generator(
        torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.Sequential(inner)), g := generator()
    )
    assert inner.generator is g


def test_training_without_generator_is_refused() -> None:
    with pytest.raises(UsageError, match="no generator"):
        Dropout(0.5)(torch.ones(1, 1, 1))


def test_no_dropout_needs_no_generator() -> None:
    x = torch.ones(1, 1, 1)
    assert Dropout(0.0)(x) is x


@pytest.mark.parametrize("p", [-0.1, 1.0])
def test_share_out_of_range(p: float) -> None:
    with pytest.raises(UsageError, match="out of range"):
        Dropout(p)
