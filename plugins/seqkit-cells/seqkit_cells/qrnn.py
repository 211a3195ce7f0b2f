"""The quasi-recurrent network."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from seqkit.cells.base import State
from seqkit_cells import QRNNOptions
from seqkit_cells.base import LinearCell, Recurrence, product, same


def f_pooling(a_x: Tensor) -> Recurrence:
    """The quasi-recurrent network with a forget gate alone.

    The f-pooling of Bradbury, Merity, Xiong and Socher 2016, "Quasi-recurrent neural networks"::

        z   = tanh(a_z)
        f   = sigmoid(a_f)
        h_t = f * h_(t-1) + (1 - f) * z

    Args:
        a_x: The rows of z, f, ``(T, B, 2*H)``.
    """
    a_z, a_f = a_x.chunk(2, dim=-1)  # (T, B, H) each
    return Recurrence(a=torch.sigmoid(a_f), b=torch.sigmoid(-a_f) * torch.tanh(a_z), output=same)


def fo_pooling(a_x: Tensor) -> Recurrence:
    """The quasi-recurrent network with a forget and an output gate.

    The same paper's fo-pooling::

        z   = tanh(a_z)
        f   = sigmoid(a_f)
        o   = sigmoid(a_o)
        c_t = f * c_(t-1) + (1 - f) * z
        h_t = o * c_t

    Args:
        a_x: The rows of z, f, o, ``(T, B, 3*H)``.
    """
    a_zf, a_o = a_x.tensor_split([2 * a_x.shape[-1] // 3], dim=-1)
    o = torch.sigmoid(a_o)  # (T, B, H)
    return f_pooling(a_zf)._replace(output=lambda c: o * c)


class QRNN(LinearCell):
    """The quasi-recurrent network; :func:`f_pooling` and :func:`fo_pooling` have the equations.

    The sums ``a_t`` of the gates are ``W_hx x_t + b_x``, and with a window of two
    ``W_hx x_t + W_before x_(t-1) + b_x``. Of the step before, the state holds ``W_before x``, a
    tensor a gate, rather than ``x``, which may be an id and has no size of its own. Tensors that
    the options leave without a use stay as they are.

    Attributes:
        W_before: Weights of the step before ``(G*H, I)``, with a window of two.
    """

    states = ("c", "z", "f", "o")
    options: QRNNOptions

    def __init__(self, input_size: int, hidden_size: int, options: Any) -> None:
        self.gates = {"fo": 3, "f": 2}[options.pooling]
        super().__init__(input_size, hidden_size, options)
        if options.window == 2:
            self.W_before = nn.Parameter(torch.zeros_like(self.W_hx))

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw all parameters anew from ``generator``, both steps' weights as one matrix."""
        super().reset_parameters(generator)
        if self.options.window == 2:
            W = torch.cat([self.W_hx, self.W_before], dim=1)  # (G*H, 2*I)
            nn.init.xavier_uniform_(W, generator=generator)
            with torch.no_grad():
                self.W_hx.copy_(W[:, : self.input_size])
                self.W_before.copy_(W[:, self.input_size :])

    def recurrence(self, x: Tensor, past: State) -> Recurrence:
        """The chosen pooling of this cell's weights."""
        pooling = {"fo": fo_pooling, "f": f_pooling}[self.options.pooling]
        a_x = self.input_share(x)
        if self.options.window == 1:
            return pooling(a_x)._replace(carry=past)
        lent = product(self.W_before, x)  # (T, B, G*H), to the step after
        first = torch.cat(past[: self.gates], dim=-1).unsqueeze(0)  # (1, B, G*H)
        a_x = a_x + torch.cat([first, lent[:-1]])
        carry = (*lent[-1].chunk(self.gates, dim=-1), *past[self.gates :])
        return pooling(a_x)._replace(carry=carry)
