"""The minimal GRU."""

from __future__ import annotations

import torch
from torch import Tensor

from seqkit.cells.base import State
from seqkit_cells.base import LinearCell, Recurrence, same


def mingru(a_x: Tensor) -> Recurrence:
    """The minimal GRU, whose gate and candidate see the input alone.

    Feng, Tung, Ahmed, Bengio and Hajimirsadeghi 2024, "Were RNNs all we needed?"::

        z   = sigmoid(W_zx x + b_zx)
        n   = W_nx x + b_nx
        h_t = (1 - z) * h_(t-1) + z * n

    The candidate is linear, as in the paper's first form. Its second form makes it positive, since
    the paper scans in log space, which has no negative numbers; this scan needs no logarithms, and
    a state of both signs can begin at zero and say no as well as yes.

    Args:
        a_x: ``W_hx x + b_x``, the rows of z, n, ``(T, B, 2*H)``.
    """
    a_z, n = a_x.chunk(2, dim=-1)  # (T, B, H) each
    # sigmoid(-a) is 1 - sigmoid(a) without the rounding to 0 or 1
    return Recurrence(a=torch.sigmoid(-a_z), b=torch.sigmoid(a_z) * n, output=same)


class MinGRU(LinearCell):
    """The minimal GRU, in the order update, new; :func:`mingru` has the equations."""

    gates = 2

    def recurrence(self, x: Tensor, past: State) -> Recurrence:  # noqa: ARG002 -- it has no more
        """:func:`mingru` of this cell's weights."""
        return mingru(self.input_share(x))
