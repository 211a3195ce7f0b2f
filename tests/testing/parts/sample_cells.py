"""A cell that keeps its contract, and others that each break it in one way."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from seqkit.cells.base import Cell, State
from seqkit.lowering.cells import CellInput, CellOutput, gru
from seqkit.lowering.graph import Graph


class Simple(Cell):
    """``h' = tanh(W x + U h + b)``."""

    def __init__(self, input_size: int, hidden_size: int, options: Any) -> None:
        super().__init__(input_size, hidden_size, options)
        self.W = nn.Parameter(torch.zeros(hidden_size, input_size))
        self.U = nn.Parameter(torch.zeros(hidden_size, hidden_size))
        self.b = nn.Parameter(torch.zeros(hidden_size))

    def reset_parameters(self, generator: torch.Generator) -> None:
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -0.5, 0.5, generator=generator)

    def initial_state(self, batch_size: int) -> State:
        return (self.b.new_zeros(batch_size, self.hidden_size),)

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        h = torch.tanh(x @ self.W.T + state[0] @ self.U.T + self.b)
        return h, (h,)


class Named(Simple):
    """Names its recurrent weights."""

    recurrent_weights = ("U",)


class NamesNone(Simple):
    recurrent_weights = ("V",)


class Remembers(Named):
    """Looks its weights up once and for all."""

    def __init__(self, input_size: int, hidden_size: int, options: Any) -> None:
        super().__init__(input_size, hidden_size, options)
        self.looked_up = (self.U,)

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        h = torch.tanh(x @ self.W.T + state[0] @ self.looked_up[0].T + self.b)
        return h, (h,)


class WrongShape(Simple):
    def initial_state(self, batch_size: int) -> State:
        return (self.b.new_zeros(1, self.hidden_size),)


class TwoStates(Simple):
    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        h, (same,) = super().step(x, state[:1])
        return h, (h, same)


class ForgetsToDraw(Simple):
    """Leaves its bias as it was."""

    def reset_parameters(self, generator: torch.Generator) -> None:
        for parameter in (self.W, self.U):
            nn.init.uniform_(parameter, -0.5, 0.5, generator=generator)


class DrawsGlobally(Simple):
    """Seeds everybody's generator with its own seed, so that its weights are the same."""

    def reset_parameters(self, generator: torch.Generator) -> None:
        torch.manual_seed(generator.initial_seed())
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -0.5, 0.5)


class ForwardDiffers(Simple):
    """Its fast way leaves the bias out."""

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        state = self.initial_state(x.shape[1]) if state is None else state
        outputs = []
        for x_t in x:
            h = torch.tanh(x_t @ self.W.T + state[0] @ self.U.T + 2 * self.b)
            outputs.append(h)
            state = (h,)
        return torch.stack(outputs), state


class ChangesItsState(Simple):
    """Writes the new state over the one that it is given."""

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        h, _ = super().step(x, state)
        if not torch.is_grad_enabled() or not state[0].requires_grad:
            state[0].data.copy_(h.detach())
        return h, (h,)


class NormalisesOverTheBatch(Simple):
    """Centres its input by what else stands in the batch."""

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        return super().step(x - x.mean(dim=0), state)


class LooksAhead(Simple):
    """Adds the mean of the whole sequence to each output."""

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        y, state = super().forward(x, state)
        return y + y.mean(dim=0), state


class DeadParameter(Simple):
    """Has a parameter that nothing depends on."""

    def __init__(self, input_size: int, hidden_size: int, options: Any) -> None:
        super().__init__(input_size, hidden_size, options)
        self.unused = nn.Parameter(torch.zeros(hidden_size))


class _Doubled(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.clone()

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        return 2 * gradient


class WrongGradient(Simple):
    """Hands on twice the gradient of its bias."""

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        h = torch.tanh(x @ self.W.T + state[0] @ self.U.T + _Doubled.apply(self.b))
        return h, (h,)


class ForgetsToSave(Simple):
    """Has a number in it that stands in no file."""

    def __init__(self, input_size: int, hidden_size: int, options: Any) -> None:
        super().__init__(input_size, hidden_size, options)
        self.register_buffer("scale", torch.ones(()), persistent=False)

    def reset_parameters(self, generator: torch.Generator) -> None:
        super().reset_parameters(generator)
        self.scale.fill_(2.0)

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        return super().step(x * self.scale, state)


class DoublesPrecision(Simple):
    """Computes in double precision whatever it is given."""

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        h = torch.tanh(
            x.double() @ self.W.T.double() + state[0].double() @ self.U.T.double() + self.b.double()
        )
        return h, (h,)


class WrongIds(Simple):
    """Takes ids, each for the one after it."""

    takes_ids = True

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        if not x.is_floating_point():
            x = nn.functional.one_hot((x + 1) % self.input_size, self.input_size).to(self.W)
        return super().step(x, state)


class InfinityInPadding(Simple):
    """Gives no number in the padding, which an infinite gradient comes back from."""

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        y, state = super().forward(x, state)
        return y + 0 * torch.log((x @ self.W.T).abs()), state


def swapped_gru(graph: Graph, cell: CellInput) -> CellOutput:
    """Writes the reset gate where ONNX has the other kind of it."""
    from dataclasses import replace

    from seqkit.cells import GRUOptions

    return gru(graph, replace(cell, options=GRUOptions(reset="before")))
