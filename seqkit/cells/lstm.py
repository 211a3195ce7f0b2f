"""Long short-term memory."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqkit.cells import LSTMOptions
from seqkit.cells.base import GatedCell, State


def lstm_step(
    a_x: Tensor, h: Tensor, c: Tensor, W_hh: Tensor, b_h: Tensor
) -> tuple[Tensor, Tensor]:
    """One step of the LSTM (Hochreiter and Schmidhuber 1997, "Long short-term memory").

    ::

        i  = sigmoid(W_ix x + b_ix + W_ih h + b_ih)
        f  = sigmoid(W_fx x + b_fx + W_fh h + b_fh)
        g  = tanh(W_gx x + b_gx + W_gh h + b_gh)
        o  = sigmoid(W_ox x + b_ox + W_oh h + b_oh)
        c' = f * c + i * g
        h' = o * tanh(c')

    The forget gate ``f`` is that of Gers, Schmidhuber and Cummins 2000, "Learning to forget";
    there are no peepholes.

    Args:
        a_x: ``W_hx x + b_x``, the rows of i, f, g, o, ``(B, 4*H)``.
        h: ``(B, H)``.
        c: ``(B, H)``.
        W_hh: ``(4*H, H)``.
        b_h: ``(4*H,)``.

    Returns:
        ``h'`` and ``c'``, ``(B, H)`` each.
    """
    i, f, g, o = (a_x + F.linear(h, W_hh, b_h)).chunk(4, dim=-1)  # (B, H) each
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    h = torch.sigmoid(o) * torch.tanh(c)
    return h, c


class LSTM(GatedCell):
    """Long short-term memory; gates in the order input, forget, cell, output.

    :func:`lstm_step` has the equations.
    """

    gates = 4
    states = ("h", "c")
    options: LSTMOptions

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw all parameters anew from ``generator``; the forget gate begins open.

        A forget gate near one lets gradients through from the start (Gers et al. 2000;
        Jozefowicz et al. 2015). Only ``b_x`` gets the bias, for the two biases add up.
        """
        super().reset_parameters(generator)
        _, b_fx, _, _ = self.b_x.chunk(4)
        nn.init.constant_(b_fx, self.options.forget_bias)

    def recur(self, a_x: Tensor, state: State) -> State:
        """:func:`lstm_step` with this cell's weights."""
        h, c = state
        return lstm_step(a_x, h, c, self.W_hh, self.b_h)

    def fused(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """The whole sequence ``(T, B, I)`` by torch's kernel."""
        y, h, c = torch.lstm(
            x,
            [s.unsqueeze(0) for s in state],  # (1, B, H): one layer, one direction
            self.flat_weights(),
            has_biases=True,
            num_layers=1,
            dropout=0.0,
            train=torch.is_grad_enabled(),
            bidirectional=False,
            batch_first=False,
        )
        return y, (h.squeeze(0), c.squeeze(0))
