"""The vanilla recurrent cell."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqkit.cells import RNNOptions
from seqkit.cells.base import GatedCell, State


def rnn_step(
    a_x: Tensor, h: Tensor, W_hh: Tensor, b_h: Tensor, activation: Callable[[Tensor], Tensor]
) -> Tensor:
    """One step of the simple recurrent network (Elman 1990, "Finding structure in time").

    ::

        h' = f(W_hx x + b_x + W_hh h + b_h)

    Args:
        a_x: ``W_hx x + b_x``, ``(B, H)``.
        h: ``(B, H)``.
        W_hh: ``(H, H)``.
        b_h: ``(H,)``.
        activation: ``f``, tanh or relu.

    Returns:
        ``h'``, ``(B, H)``.
    """
    return activation(a_x + F.linear(h, W_hh, b_h))


class RNN(GatedCell):
    """Elman's recurrent network with tanh or relu; :func:`rnn_step` has the equation.

    With relu the recurrent weights begin as the identity rather than as a random orthogonal
    matrix: the state is then kept as it is until training finds reason to change it, where a
    rotation followed by relu would lose half of it at each step (Le, Jaitly and Hinton 2015,
    "A simple way to initialize recurrent networks of rectified linear units").
    """

    gates = 1
    options: RNNOptions

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw all parameters anew from ``generator``."""
        super().reset_parameters(generator)
        if self.options.activation == "relu":
            nn.init.eye_(self.W_hh)

    def recur(self, a_x: Tensor, state: State) -> State:
        """:func:`rnn_step` with this cell's weights."""
        activation = {"tanh": torch.tanh, "relu": torch.relu}[self.options.activation]
        return (rnn_step(a_x, state[0], self.W_hh, self.b_h, activation),)

    def fused(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """The whole sequence ``(T, B, I)`` by torch's kernel."""
        kernel = {"tanh": torch.rnn_tanh, "relu": torch.rnn_relu}[self.options.activation]
        y, h = kernel(
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
