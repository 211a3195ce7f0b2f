"""A leaky integrator: ``h' = (1 - a) h + a tanh(W x + U h + b)``."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from seqkit.cells.base import Cell, State


class Leaky(Cell):
    def __init__(self, input_size: int, hidden_size: int, options: Any) -> None:
        super().__init__(input_size, hidden_size, options)
        self.weight = nn.Parameter(torch.empty(hidden_size, input_size))
        self.recurrent = nn.Parameter(torch.empty(hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.empty(hidden_size))

    def reset_parameters(self, generator: torch.Generator) -> None:
        bound = self.hidden_size**-0.5
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound, generator=generator)

    def initial_state(self, batch_size: int) -> State:
        return (self.bias.new_zeros(batch_size, self.hidden_size),)

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        (h,) = state
        new = torch.tanh(x @ self.weight.T + h @ self.recurrent.T + self.bias)
        h = (1 - self.options.leak) * h + self.options.leak * new
        return h, (h,)
