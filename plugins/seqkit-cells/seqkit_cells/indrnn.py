"""The independently recurrent network."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from seqkit.cells.base import State
from seqkit_cells import IndRNNOptions
from seqkit_cells.base import InputCell


def indrnn_step(
    a_x: Tensor, h: Tensor, u: Tensor, activation: Callable[[Tensor], Tensor]
) -> Tensor:
    """One step of the independently recurrent network.

    Li, Li, Cook, Zhu and Gao 2018, "Independently recurrent neural network (IndRNN): building a
    longer and deeper RNN"::

        h' = f(W_hx x + b_x + u * h)

    A unit sees its own past alone; others reach it through the next layer.

    Args:
        a_x: ``W_hx x + b_x``, ``(B, H)``.
        h: ``(B, H)``.
        u: ``(H,)``.
        activation: ``f``, relu or tanh.

    Returns:
        ``h'``, ``(B, H)``.
    """
    return activation(a_x + u * h)


class IndRNN(InputCell):
    """The independently recurrent network; :func:`indrnn_step` has the equation.

    Attributes:
        v: Makes the recurrent weights, ``u = bound * tanh(v)``, ``(H,)``. The paper clips them to
            the bound after each step of the optimiser, of which a cell knows nothing; this way
            they are within it at any time, and their gradient says the truth.
    """

    gates = 1
    options: IndRNNOptions

    def __init__(self, input_size: int, hidden_size: int, options: Any) -> None:
        super().__init__(input_size, hidden_size, options)
        self.v = nn.Parameter(torch.zeros(hidden_size))

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw all parameters anew from ``generator``.

        Recurrent weights are drawn from 0 to the bound, so that units of short and of long memory
        are there from the start, as in the paper.
        """
        super().reset_parameters(generator)
        # not quite up to it, where tanh would be so flat that they could not be moved any more
        nn.init.uniform_(self.v, 0.0, 0.995, generator=generator)
        with torch.no_grad():
            self.v.atanh_()

    @property
    def u(self) -> Tensor:
        """The recurrent weights, ``(H,)``."""
        return self.options.bound * torch.tanh(self.v)

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """One step of time, on features ``(B, I)`` or ids ``(B,)``."""
        y, state = self.forward(x.unsqueeze(0), state)
        return y.squeeze(0), state

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Run over features ``(T, B, I)`` or ids ``(T, B)``; equal to :meth:`step` repeated."""
        activation = {"relu": torch.relu, "tanh": torch.tanh}[self.options.activation]
        (h,) = self.initial_state(x.shape[1]) if state is None else state
        u = self.u
        outputs = []
        for a_x in self.input_share(x).unbind():  # (B, H)
            h = indrnn_step(a_x, h, u, activation)
            outputs.append(h)
        return torch.stack(outputs), (h,)
