"""The gated recurrent unit."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from seqkit.cells import GRUOptions
from seqkit.cells.base import GatedCell, State


def gru_step(a_x: Tensor, h: Tensor, W_hh: Tensor, b_h: Tensor) -> Tensor:
    """One step of the GRU in the form that fast kernels have: reset after the product.

    ::

        r  = sigmoid(W_rx x + b_rx + W_rh h + b_rh)
        z  = sigmoid(W_zx x + b_zx + W_zh h + b_zh)
        n  = tanh(W_nx x + b_nx + r * (W_nh h + b_nh))
        h' = (1 - z) * n + z * h

    The unit is that of Cho et al. 2014, "Learning phrase representations using RNN
    encoder-decoder for statistical machine translation"; moving the reset gate behind the product
    lets one product serve all three gates.

    Args:
        a_x: ``W_hx x + b_x``, the rows of r, z, n, ``(B, 3*H)``.
        h: ``(B, H)``.
        W_hh: ``(3*H, H)``.
        b_h: ``(3*H,)``.

    Returns:
        ``h'``, ``(B, H)``.
    """
    a_rx, a_zx, a_nx = a_x.chunk(3, dim=-1)  # (B, H) each
    a_rh, a_zh, a_nh = F.linear(h, W_hh, b_h).chunk(3, dim=-1)
    r = torch.sigmoid(a_rx + a_rh)
    z = torch.sigmoid(a_zx + a_zh)
    n = torch.tanh(a_nx + r * a_nh)
    return (1 - z) * n + z * h


def gru_step_reset_before(a_x: Tensor, h: Tensor, W_hh: Tensor, b_h: Tensor) -> Tensor:
    """One step of the GRU as Cho et al. 2014 wrote it: reset before the product.

    ::

        r  = sigmoid(W_rx x + b_rx + W_rh h + b_rh)
        z  = sigmoid(W_zx x + b_zx + W_zh h + b_zh)
        n  = tanh(W_nx x + b_nx + W_nh (r * h) + b_nh)
        h' = (1 - z) * n + z * h

    Args:
        a_x: ``W_hx x + b_x``, the rows of r, z, n, ``(B, 3*H)``.
        h: ``(B, H)``.
        W_hh: ``(3*H, H)``.
        b_h: ``(3*H,)``.

    Returns:
        ``h'``, ``(B, H)``.
    """
    H = h.shape[-1]
    W_rzh, W_nh = W_hh.split([2 * H, H])
    b_rzh, b_nh = b_h.split([2 * H, H])
    a_rzx, a_nx = a_x.split([2 * H, H], dim=-1)  # (B, 2*H) and (B, H)
    r, z = torch.sigmoid(a_rzx + F.linear(h, W_rzh, b_rzh)).chunk(2, dim=-1)
    n = torch.tanh(a_nx + F.linear(r * h, W_nh, b_nh))
    return (1 - z) * n + z * h


class GRU(GatedCell):
    """The gated recurrent unit; gates in the order reset, update, new.

    The option ``reset`` chooses between :func:`gru_step` and :func:`gru_step_reset_before`.
    """

    gates = 3
    options: GRUOptions

    def recur(self, a_x: Tensor, state: State) -> State:
        """The chosen step with this cell's weights."""
        step = {"after": gru_step, "before": gru_step_reset_before}[self.options.reset]
        return (step(a_x, state[0], self.W_hh, self.b_h),)

    def fused(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """The whole sequence ``(T, B, I)`` by torch's kernel, which knows reset after only."""
        if self.options.reset == "before":
            return self.loop(x, state)
        y, h = torch.gru(
            x,
            state[0].unsqueeze(0),  # (1, B, H): one layer, one direction
            self.flat_weights(),
            has_biases=True,
            num_layers=1,
            dropout=0.0,
            train=torch.is_grad_enabled(),
            bidirectional=False,
            batch_first=False,
        )
        return y, (h.squeeze(0),)
