"""Steps to one vector: values worked out sequence by sequence, and nothing from the padding."""

from __future__ import annotations

import pytest
import torch

from seqkit.errors import UsageError
from seqkit.nn.pooling import POOLINGS, Pooling, pooling

T, B, D = 6, 5, 4
LENGTHS = torch.tensor([6, 1, 4, 0, 2])
REAL = (torch.arange(T).unsqueeze(1) < LENGTHS).unsqueeze(-1)  # (T, B, 1)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def made(name: str, directions: int = 1) -> Pooling:
    pool = pooling(name, D, directions=directions).double()
    pool.reset_parameters(generator())
    return pool


def encoded() -> torch.Tensor:
    return torch.randn(T, B, D, dtype=torch.float64, generator=generator(1))


def last(y: torch.Tensor, directions: int, pool) -> torch.Tensor:
    return y[-1] if directions == 1 else torch.cat([y[-1, : D // 2], y[0, D // 2 :]])


def attention(y: torch.Tensor, directions: int, pool) -> torch.Tensor:
    exponentials = [torch.exp(pool.v @ torch.tanh(pool.W @ step + pool.b)) for step in y]
    return sum(e * step for e, step in zip(exponentials, y, strict=True)) / sum(exponentials)


#: Each pooling of one sequence (t, D) by itself.
REFERENCES = {
    "last": last,
    "mean": lambda y, directions, pool: sum(y) / len(y),
    "max": lambda y, directions, pool: torch.stack([max(column) for column in y.t()]),
    "attention": attention,
    "concat": lambda y, directions, pool: torch.cat(
        [REFERENCES[name](y, directions, pool) for name in ("last", "max", "mean")]
    ),
}


def width(name: str) -> int:
    return 3 * D if name == "concat" else D


@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("name", POOLINGS)
class TestAll:
    def test_values(self, name: str, directions: int) -> None:
        pool, y = made(name, directions), encoded()
        pooled = pool(y, LENGTHS)
        assert pooled.shape == (B, width(name)) == (B, pool.output_size)
        for b, length in enumerate(LENGTHS.tolist()):
            expected = (
                REFERENCES[name](y[:length, b], directions, pool)
                if length
                else torch.zeros(width(name), dtype=torch.float64)
            )
            torch.testing.assert_close(pooled[b], expected)

    @pytest.mark.parametrize("garbage", [torch.nan, torch.inf, -torch.inf, 1e300])
    def test_padding_changes_nothing(self, name: str, directions: int, garbage: float) -> None:
        pool = made(name, directions)
        results = []
        for filler in (0.0, garbage):
            y = encoded().masked_fill(~REAL, filler).requires_grad_()
            pooled = pool(y, LENGTHS)
            inputs = [y, *pool.parameters()]
            results.append([pooled, *torch.autograd.grad(pooled.square().sum(), inputs)])
        torch.testing.assert_close(results[1], results[0], rtol=0, atol=0)
        assert not results[1][1].masked_select(~REAL).any()

    def test_no_steps_at_all(self, name: str, directions: int) -> None:
        pooled = made(name, directions)(encoded()[:0], torch.zeros(B, dtype=torch.int64))
        assert torch.equal(pooled, torch.zeros(B, width(name), dtype=torch.float64))

    def test_numerical_gradient(self, name: str, directions: int) -> None:
        pool = made(name, directions)
        y = encoded().requires_grad_()
        assert torch.autograd.gradcheck(lambda y: pool(y, LENGTHS), (y,))


def test_attention_parameters_get_gradients() -> None:
    pool = made("attention")
    pool(encoded(), LENGTHS).square().sum().backward()
    assert all(p.grad.abs().sum() > 0 for p in pool.parameters())


def test_attention_is_drawn_from_the_generator() -> None:
    first, second = made("attention"), made("attention")
    torch.testing.assert_close(first.state_dict(), second.state_dict(), rtol=0, atol=0)
    assert first.W.std() > 0
    assert first.v.std() > 0


def test_attention_without_scores_is_the_mean() -> None:
    pool = made("attention")
    torch.nn.init.zeros_(pool.v)
    torch.testing.assert_close(pool(encoded(), LENGTHS), made("mean")(encoded(), LENGTHS))


def test_unknown_name() -> None:
    with pytest.raises(UsageError, match="Did you mean 'mean'"):
        pooling("meen", D)
