"""The minimal LSTM."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqkit.cells import LSTMOptions
from seqkit.cells.base import State
from seqkit_cells.base import LinearCell, Recurrence, same


def minlstm(a_x: Tensor) -> Recurrence:
    """The minimal LSTM, whose gates and candidate see the input alone.

    Feng, Tung, Ahmed, Bengio and Hajimirsadeghi 2024, "Were RNNs all we needed?"::

        i   = sigmoid(W_ix x + b_ix)
        f   = sigmoid(W_fx x + b_fx)
        n   = W_nx x + b_nx
        h_t = f / (f + i) * h_(t-1) + i / (f + i) * n

    The two shares add up to one, so that the state keeps its scale however long the sequence. The
    candidate is linear, for the reason given with :func:`seqkit_cells.mingru.mingru`.

    Args:
        a_x: ``W_hx x + b_x``, the rows of i, f, n, ``(T, B, 3*H)``.
    """
    a_i, a_f, n = a_x.chunk(3, dim=-1)  # (T, B, H) each
    # f / (f + i) is the sigmoid of log f - log i, where both may round to 0 without harm.
    d = F.logsigmoid(a_f) - F.logsigmoid(a_i)
    return Recurrence(a=torch.sigmoid(d), b=torch.sigmoid(-d) * n, output=same)


class MinLSTM(LinearCell):
    """The minimal LSTM, in the order input, forget, new; :func:`minlstm` has the equations."""

    gates = 3
    options: LSTMOptions

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw all parameters anew from ``generator``; the forget gate begins open.

        The paper finds it to learn in fewer steps with a larger bias there.
        """
        super().reset_parameters(generator)
        _, b_fx, _ = self.b_x.chunk(3)
        nn.init.constant_(b_fx, self.options.forget_bias)

    def recurrence(self, x: Tensor, past: State) -> Recurrence:  # noqa: ARG002 -- it has no more
        """:func:`minlstm` of this cell's weights."""
        return minlstm(self.input_share(x))
