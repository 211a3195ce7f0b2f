"""Long short-term memory with peepholes."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqkit.cells import LSTMOptions
from seqkit.cells.base import State
from seqkit_cells.base import SteppedCell


def peephole_step(a: Tensor, c: Tensor, p: Tensor) -> tuple[Tensor, Tensor]:
    """One step of the LSTM whose gates see the memory cell.

    Gers and Schmidhuber 2000, "Recurrent nets that time and count"::

        i  = sigmoid(W_ix x + b_ix + W_ih h + b_ih + p_i * c)
        f  = sigmoid(W_fx x + b_fx + W_fh h + b_fh + p_f * c)
        g  = tanh(W_gx x + b_gx + W_gh h + b_gh)
        c' = f * c + i * g
        o  = sigmoid(W_ox x + b_ox + W_oh h + b_oh + p_o * c')
        h' = o * tanh(c')

    The output gate looks at the new memory. The tanh of the last line is that of the LSTM without
    peepholes.

    Args:
        a: ``W_hx x + b_x + W_hh h + b_h``, the rows of i, f, g, o, ``(B, 4*H)``.
        c: ``(B, H)``.
        p: The peepholes, a weight a unit, rows i, f, o, ``(3, H)``.

    Returns:
        ``h'`` and ``c'``, ``(B, H)`` each.
    """
    p_i, p_f, p_o = p  # (H,) each
    i, f, g, o = a.chunk(4, dim=-1)  # (B, H) each
    c_new = torch.sigmoid(f + p_f * c) * c + torch.sigmoid(i + p_i * c) * torch.tanh(g)
    h = torch.sigmoid(o + p_o * c_new) * torch.tanh(c_new)
    return h, c_new


class PeepholeLSTM(SteppedCell):
    """Long short-term memory with peepholes; gates in the order input, forget, cell, output.

    :func:`peephole_step` has the equations.

    Attributes:
        p: The peepholes of the input, the forget and the output gate, ``(3, H)``.
    """

    gates = 4
    states = ("h", "c")
    options: LSTMOptions

    def __init__(self, input_size: int, hidden_size: int, options: Any) -> None:
        super().__init__(input_size, hidden_size, options)
        self.p = nn.Parameter(torch.zeros(3, hidden_size))

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw all parameters anew from ``generator``: an LSTM with closed peepholes to begin with.

        The forget gate begins open (Gers, Schmidhuber and Cummins 2000, "Learning to forget").
        """
        super().reset_parameters(generator)
        _, b_fx, _, _ = self.b_x.chunk(4)
        nn.init.constant_(b_fx, self.options.forget_bias)
        nn.init.zeros_(self.p)

    def recur(self, a_x: Tensor, state: State) -> State:
        """:func:`peephole_step` with this cell's weights."""
        h, c = state
        return peephole_step(a_x + F.linear(h, self.W_hh, self.b_h), c, self.p)
