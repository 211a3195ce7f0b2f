"""Embeddings with dropout by the compiled library, and their gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from seqkit.nn.kernels import EmbeddingKernel
from seqkit_kernels import compiled


class LookUp(EmbeddingKernel):
    """Looks up rows on processors, and draws the dropout's mask on the way rather than keep it."""

    def fits(self, weight: Tensor, ids: Tensor) -> bool:
        """Whether the table is in single or double precision and in memory."""
        return weight.device.type == "cpu" and compiled.takes(weight.dtype) and ids.numel() > 0

    def look_up(
        self,
        weight: Tensor,
        ids: Tensor,
        *,
        padding: int,
        dropout: float,
        per_sequence: bool,
        generator: torch.Generator | None,
    ) -> Tensor:
        """``(T, B, E)``; see :meth:`seqkit.nn.kernels.EmbeddingKernel.look_up`.

        Raises:
            IndexError: An id has no row, as torch has it.
        """
        if not 0 <= int(ids.min()) <= int(ids.max()) < len(weight):
            raise IndexError(f"an id is not in 0..{len(weight) - 1}")
        seed = 0
        if dropout:
            assert generator is not None
            seed = int(torch.randint(2**63 - 1, (), generator=generator, device=generator.device))
        masks = ids.shape[1] if per_sequence else 0
        y: Tensor = _LookUp.apply(weight, ids.contiguous(), _Mask(padding, dropout, masks, seed))
        return y


@dataclass(frozen=True, slots=True)
class _Mask:
    padding: int
    drop: float
    masks: int
    seed: int


class _LookUp(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, weight: Tensor, ids: Tensor, mask: _Mask) -> Tensor:
        ctx.save_for_backward(ids)
        ctx.mask, ctx.rows = mask, len(weight)
        weight = weight.contiguous()
        y = weight.new_empty(*ids.shape, weight.shape[1])
        _call("forward", ctx, ids, y, weight=weight, y=y)
        return y

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor, None, None]:
        (ids,) = ctx.saved_tensors
        dy = dy.contiguous()
        dweight = dy.new_zeros(ctx.rows, dy.shape[-1])
        _call("backward", ctx, ids, dy, dy=dy, dweight=dweight)
        return dweight, None, None


def _call(way: str, ctx: Any, ids: Tensor, like: Tensor, **arrays: Tensor) -> None:
    problem = compiled.EmbeddingProblem(
        N=ids.numel(),
        V=ctx.rows,
        E=like.shape[-1],
        masks=ctx.mask.masks,
        threads=torch.get_num_threads(),
        padding=ctx.mask.padding,
        seed=ctx.mask.seed,
        drop=ctx.mask.drop,
        ids=ids.data_ptr(),
        **{name: tensor.data_ptr() for name, tensor in arrays.items()},
    )
    compiled.call(f"embedding_{way}", problem, like.dtype)
