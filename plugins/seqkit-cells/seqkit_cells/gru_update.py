"""The gated recurrent unit with its update gate alone."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from seqkit.cells.base import State
from seqkit_cells.base import SteppedCell


def gru_update_step(a_x: Tensor, h: Tensor, W_hh: Tensor, b_h: Tensor) -> Tensor:
    """One step of the GRU without a reset gate, the form in which textbooks introduce it.

    ::

        z  = sigmoid(W_zx x + b_zx + W_zh h + b_zh)
        n  = tanh(W_nx x + b_nx + W_nh h + b_nh)
        h' = (1 - z) * h + z * n

    The unit of Cho et al. 2014, "Learning phrase representations using RNN encoder-decoder for
    statistical machine translation", with the reset gate always open. Here ``z`` is the share that
    is new; in seqkit's ``gru`` it is the share that is kept.

    Args:
        a_x: ``W_hx x + b_x``, the rows of z, n, ``(B, 2*H)``.
        h: ``(B, H)``.
        W_hh: ``(2*H, H)``.
        b_h: ``(2*H,)``.

    Returns:
        ``h'``, ``(B, H)``.
    """
    a_z, a_n = (a_x + F.linear(h, W_hh, b_h)).chunk(2, dim=-1)  # (B, H) each
    z = torch.sigmoid(a_z)
    n = torch.tanh(a_n)
    return (1 - z) * h + z * n


class GRUUpdate(SteppedCell):
    """The GRU without a reset gate, in the order update, new; see :func:`gru_update_step`."""

    gates = 2

    def recur(self, a_x: Tensor, state: State) -> State:
        """:func:`gru_update_step` with this cell's weights."""
        return (gru_update_step(a_x, state[0], self.W_hh, self.b_h),)
