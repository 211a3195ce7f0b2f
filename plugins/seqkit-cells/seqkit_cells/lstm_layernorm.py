"""Long short-term memory with layer normalisation."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqkit.cells import LSTMOptions
from seqkit.cells.base import State
from seqkit_cells.base import SteppedCell, product


def layernorm_step(
    a_x: Tensor, a_h: Tensor, c: Tensor, gain_c: Tensor, b_c: Tensor
) -> tuple[Tensor, Tensor]:
    """One step of the LSTM with layer normalisation.

    Ba, Kiros and Hinton 2016, "Layer normalization"::

        i, f, g, o = LN(W_hx x) * gain_x + b_x + LN(W_hh h) * gain_h + b_h
        c' = sigmoid(f) * c + sigmoid(i) * tanh(g)
        h' = sigmoid(o) * tanh(LN(c') * gain_c + b_c)

    ``LN`` brings each vector, of all four gates together, to mean zero and variance one. The
    paper's further bias of the gates would add to these two.

    Args:
        a_x: The input's share of the gates, normalised, the rows of i, f, g, o, ``(B, 4*H)``.
        a_h: The state's, likewise.
        c: ``(B, H)``.
        gain_c: ``(H,)``.
        b_c: ``(H,)``.

    Returns:
        ``h'`` and ``c'``, ``(B, H)`` each.
    """
    i, f, g, o = (a_x + a_h).chunk(4, dim=-1)  # (B, H) each
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    h = torch.sigmoid(o) * torch.tanh(F.layer_norm(c, gain_c.shape, gain_c, b_c))
    return h, c


class LayerNormLSTM(SteppedCell):
    """The LSTM with layer normalisation; gates in the order input, forget, cell, output.

    :func:`layernorm_step` has the equations.

    Attributes:
        gain_x: Of the input's share, ``(4*H,)``.
        gain_h: Of the state's share, ``(4*H,)``.
        gain_c: Of the memory, ``(H,)``.
        b_c: Added to the memory, ``(H,)``.
    """

    gates = 4
    states = ("h", "c")
    options: LSTMOptions

    def __init__(self, input_size: int, hidden_size: int, options: Any) -> None:
        super().__init__(input_size, hidden_size, options)
        self.gain_x = nn.Parameter(torch.ones(4 * hidden_size))
        self.gain_h = nn.Parameter(torch.ones(4 * hidden_size))
        self.gain_c = nn.Parameter(torch.ones(hidden_size))
        self.b_c = nn.Parameter(torch.zeros(hidden_size))

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw all parameters anew from ``generator``: gains of one, and the forget gate open."""
        super().reset_parameters(generator)
        for gain in (self.gain_x, self.gain_h, self.gain_c):
            nn.init.ones_(gain)
        nn.init.zeros_(self.b_c)
        _, b_fx, _, _ = self.b_x.chunk(4)
        nn.init.constant_(b_fx, self.options.forget_bias)

    def input_share(self, x: Tensor) -> Tensor:
        """``LN(W_hx x) * gain_x + b_x`` for all steps at once, ``(..., 4*H)``."""
        return F.layer_norm(product(self.W_hx, x), self.gain_x.shape, self.gain_x, self.b_x)

    def recur(self, a_x: Tensor, state: State) -> State:
        """:func:`layernorm_step` with this cell's weights."""
        h, c = state
        a_h = F.layer_norm(F.linear(h, self.W_hh), self.gain_h.shape, self.gain_h, self.b_h)
        return layernorm_step(a_x, a_h, c, self.gain_c, self.b_c)
