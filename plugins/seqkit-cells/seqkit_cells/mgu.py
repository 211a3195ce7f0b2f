"""The minimal gated unit."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from seqkit.cells.base import State
from seqkit_cells.base import SteppedCell


def mgu_step(a_x: Tensor, h: Tensor, W_hh: Tensor, b_h: Tensor) -> Tensor:
    """One step of the minimal gated unit.

    Zhou, Wu, Zhang and Zhou 2016, "Minimal gated unit for recurrent neural networks"::

        f  = sigmoid(W_fx x + b_fx + W_fh h + b_fh)
        n  = tanh(W_nx x + b_nx + W_nh (f * h) + b_nh)
        h' = (1 - f) * h + f * n

    It is the GRU with one gate in the place of two: what is reset is what is renewed.

    Args:
        a_x: ``W_hx x + b_x``, the rows of f, n, ``(B, 2*H)``.
        h: ``(B, H)``.
        W_hh: ``(2*H, H)``.
        b_h: ``(2*H,)``.

    Returns:
        ``h'``, ``(B, H)``.
    """
    a_fx, a_nx = a_x.chunk(2, dim=-1)  # (B, H) each
    W_fh, W_nh = W_hh.chunk(2)
    b_fh, b_nh = b_h.chunk(2)
    f = torch.sigmoid(a_fx + F.linear(h, W_fh, b_fh))
    n = torch.tanh(a_nx + F.linear(f * h, W_nh, b_nh))
    return (1 - f) * h + f * n


class MGU(SteppedCell):
    """The minimal gated unit, in the order forget, new; :func:`mgu_step` has the equations."""

    gates = 2

    def recur(self, a_x: Tensor, state: State) -> State:
        """:func:`mgu_step` with this cell's weights."""
        return (mgu_step(a_x, state[0], self.W_hh, self.b_h),)
