"""Drawn tensors for checks, and comparisons that say how far apart two are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import torch
from torch import Tensor, nn

from seqkit.testing.contract import ContractError

_Module = TypeVar("_Module", bound=nn.Module)

#: How far two ways of computing the same may lie apart in double precision.
EXACT = 1e-9


def generator(seed: int) -> torch.Generator:
    """A generator of its own."""
    return torch.Generator().manual_seed(seed)


def draw(*shape: int, seed: int = 0) -> Tensor:
    """Normal numbers in double precision, always the same of a shape and seed."""
    return torch.randn(*shape, dtype=torch.float64, generator=generator(seed))


def fill(module: nn.Module, value: float) -> None:
    """Set every number of every parameter: memory that nothing was written to may hold any."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.fill_(value)


def nudge(module: nn.Module) -> None:
    """Move every parameter a little, as training does, so that none stays at zero."""
    with torch.no_grad():
        for seed, parameter in enumerate(module.parameters()):
            noise = torch.rand(parameter.shape, generator=generator(seed)) - 0.5
            parameter.add_((noise / 5).to(parameter.dtype))


def require_close(got: Tensor, wanted: Tensor, what: str, *, tolerance: float = EXACT) -> None:
    """Compare two tensors.

    Args:
        got: What there is.
        wanted: What there should be.
        what: How the message begins, in words for who wrote the part.
        tolerance: How far each number may lie from the wanted one, absolutely and for its size.

    Raises:
        ContractError: They differ in shape or further than the tolerance, or there is no number.
    """
    if got.shape != wanted.shape:
        raise ContractError(f"{what}: shape {tuple(got.shape)}, not {tuple(wanted.shape)}")
    got, wanted = got.detach().double(), wanted.detach().double()
    far = (got - wanted).abs() > tolerance * (1 + wanted.abs())
    unlike = far | ~(got.isfinite() & wanted.isfinite()) & (got != wanted)
    if unlike.any():
        place = tuple(int(i) for i in unlike.nonzero()[0])
        raise ContractError(
            f"{what}: {got[place].item():.6g} where {wanted[place].item():.6g} is asked for, at "
            f"{list(place)} and {int(unlike.sum()) - 1} more of {unlike.numel()} numbers "
            f"(tolerance {tolerance:g})"
        )


def require_all_close(
    got: Iterable[Tensor],
    wanted: Iterable[Tensor],
    names: Iterable[str],
    what: str,
    *,
    tolerance: float = EXACT,
) -> None:
    """:func:`require_close` for each of several tensors, whose names follow ``what``."""
    for one, other, name in zip(got, wanted, names, strict=True):
        require_close(one, other, f"{what} ({name})", tolerance=tolerance)


def require_shape(what: str, tensor: Tensor, shape: tuple[int, ...]) -> None:
    """Compare a tensor's shape.

    Raises:
        ContractError: It has another one.
    """
    if tuple(tensor.shape) != shape:
        raise ContractError(f"{what} has shape {tuple(tensor.shape)}, not {shape}")


def weighted_sum(tensors: Iterable[Tensor]) -> Tensor:
    """A scalar whose gradient reaches every number of the tensors with a weight of its own."""
    parts = [(draw(*t.shape, seed=i + 50).to(t) * t).sum() for i, t in enumerate(tensors)]
    return torch.stack(parts).sum()


def slope(value: Callable[[], Tensor], leaf: Tensor, along: Tensor) -> Tensor:
    """The derivative of a value in a direction, by central differences in double precision.

    Args:
        value: Computes it anew from ``leaf``.
        leaf: Is moved, and put back.
        along: The direction, as ``leaf``.
    """
    step = 1e-6
    with torch.no_grad():
        start = leaf.clone()
        leaf.copy_(start + step * along)
        above = value()
        leaf.copy_(start - step * along)
        below = value()
        leaf.copy_(start)
    return (above - below) / (2 * step)


def repeatable_modes(module: _Module, *inputs: Tensor) -> Iterator[tuple[str, _Module]]:
    """The module in evaluation mode, and in training mode unless it draws there.

    Args:
        module: Whatever can be called with ``inputs``.
        inputs: What it is tried on.

    Yields:
        The mode in words, and the module in it.
    """
    yield "evaluation", module.eval()
    module.train()
    first, second = (flat(module(*inputs)) for _ in range(2))
    if all(torch.equal(one, other) for one, other in zip(first, second, strict=True)):
        yield "training", module.train()


def flat(result: object) -> list[Tensor]:
    """The tensors of nested tuples, in order."""
    if isinstance(result, Tensor):
        return [result]
    assert isinstance(result, tuple)
    return [tensor for part in result for tensor in flat(part)]
