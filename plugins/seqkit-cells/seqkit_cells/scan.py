"""A recurrence that is linear in its state, run over many steps of time at once."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

#: Fewer steps than this go one by one: on a CPU, chunks gain nothing yet.
SHORTEST = 32
#: So do states of more numbers than this. A step is then long enough to be bound by memory rather
#: than by the call that starts it, and chunks, which read everything twice, take up to twice as
#: long.
WIDEST = 4096


def scan(a: Tensor, b: Tensor, h_0: Tensor) -> Tensor:
    """All states of a linear recurrence.

    ::

        h_t = a_t * h_(t-1) + b_t

    Two steps in a row are again one such step, of ``a_2 a_1`` and ``a_2 b_1 + b_2``: so time can be
    cut into chunks whose ends are computed side by side, then carried from chunk to chunk, and
    filled in side by side (Blelloch 1990, "Prefix sums and their applications"; Martin and Cundy
    2018, "Parallelizing linear recurrent neural nets over sequence length"). With ``L`` steps a
    chunk this takes about ``2 L + T / L`` operations on tensors where the loop takes ``T``.

    Nothing is divided and there are no logarithms: the other way to write it, a cumulative product
    times a cumulative sum of ``b`` over that product, needs log space because the product
    vanishes. Here a product that vanishes is a state that has been forgotten, and zero is the
    right answer. With ``a`` in [0, 1] no state grows beyond the sum of the ``b`` before it.

    The gradient is the same recurrence from the last step to the first; of what was computed on
    the way, only the states are kept for it.

    Args:
        a: ``(T, B, H)``, share of the state that each step keeps; at least one step.
        b: ``(T, B, H)``, what each step adds.
        h_0: ``(B, H)``, the state before the first step.

    Returns:
        ``(T, B, H)``, the state after each step.
    """
    states: Tensor = _Scan.apply(a, b, h_0)
    return states


class _Scan(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor, h_0: Tensor) -> Tensor:
        a, b = a.contiguous(), b.contiguous()
        h = torch.empty_like(b)
        _run(a, b, h_0, h, reverse=False)
        ctx.save_for_backward(a, h_0, h)
        return h

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, dh: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """From ``g_t = dh_t + a_(t+1) g_(t+1)``: ``da = g_t h_(t-1)`` and ``db = g_t``."""
        a, h_0, h = ctx.saved_tensors
        dh = dh.contiguous()
        g = torch.empty_like(dh)
        g[-1] = dh[-1]
        _run(a[1:], dh[:-1], g[-1], g[:-1], reverse=True)
        da = torch.empty_like(a)
        torch.mul(g[0], h_0, out=da[0])
        torch.mul(g[1:], h[:-1], out=da[1:])
        return da, g, a[0] * g[0]


def _run(a: Tensor, b: Tensor, start: Tensor, out: Tensor, *, reverse: bool) -> None:
    """Fill ``out`` with the states, from the last step to the first where ``reverse``.

    Args:
        a: ``(T, B, H)``; none of the tensors of steps may have gaps in memory.
        b: ``(T, B, H)``.
        start: ``(B, H)``, the state before the step that is taken first.
        out: ``(T, B, H)``.
        reverse: Which step is taken first.
    """
    if len(a) < SHORTEST or start.numel() > WIDEST:
        _by_step(a, b, start, out, reverse=reverse)
    else:
        _by_chunk(a, b, start, out, reverse=reverse)


def _by_step(a: Tensor, b: Tensor, h: Tensor, out: Tensor, *, reverse: bool) -> None:
    order = -1 if reverse else 1
    steps = (tensor.unbind()[::order] for tensor in (a, b, out))
    for a_t, b_t, out_t in zip(*steps, strict=True):
        h = torch.addcmul(b_t, a_t, h, out=out_t)


def _by_chunk(a: Tensor, b: Tensor, h: Tensor, out: Tensor, *, reverse: bool) -> None:
    T = len(a)
    L = round(math.sqrt(T / 2))  # where 2 L + T / L is least
    K = T // L
    order = -1 if reverse else 1
    whole, rest = slice(0, K * L), slice(K * L, T)
    if reverse:
        whole, rest = slice(T - K * L, T), slice(0, T - K * L)
    in_chunks = [tensor[whole].view(K, L, *h.shape) for tensor in (a, b, out)]
    # L triples of (K, B, H): one step of all chunks
    steps = list(zip(*(tensor.unbind(1)[::order] for tensor in in_chunks), strict=True))
    starts = _starts(steps, in_chunks[0].prod(1), h, order)
    for a_t, b_t, out_t in steps:
        starts = torch.addcmul(b_t, a_t, starts, out=out_t)
    last = starts[0 if reverse else -1]  # (B, H), the state after all chunks
    _by_step(a[rest], b[rest], last, out[rest], reverse=reverse)


def _starts(steps: list[tuple[Tensor, ...]], products: Tensor, h: Tensor, order: int) -> Tensor:
    """The state before each chunk, ``(K, B, H)``.

    Args:
        steps: ``a``, ``b`` of each step of all chunks, ``(K, B, H)`` each.
        products: Of each chunk's ``a``, ``(K, B, H)``.
        h: ``(B, H)``, the state before the chunk that is taken first.
        order: 1, or -1 where that is the last chunk.
    """
    ends = torch.zeros_like(products)  # each chunk's last state, had it begun with zeros
    for a_t, b_t, _ in steps:
        torch.addcmul(b_t, a_t, ends, out=ends)
    starts = torch.empty_like(products)
    rows = [tensor.unbind()[::order] for tensor in (products, ends, starts)]
    rows[2][0].copy_(h)
    # the last chunk's end is nobody's start
    for product, end, (start, after) in zip(*rows[:2], pairwise(rows[2]), strict=False):
        torch.addcmul(end, product, start, out=after)
    return starts
