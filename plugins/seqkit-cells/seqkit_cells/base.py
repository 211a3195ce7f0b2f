"""What these cells share beside seqkit's own base classes."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqkit.cells.base import Cell, GatedCell, State
from seqkit_cells.scan import scan


class SteppedCell(GatedCell):
    """A :class:`~seqkit.cells.base.GatedCell` that torch has no kernel for."""

    def fused(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """The whole sequence ``(T, B, I)``, step by step."""
        return self.loop(x, state)


class InputCell(Cell):
    """A cell without a matrix of recurrent weights: its one product is with the input.

    Attributes:
        W_hx: Input weights ``(G*H, I)``, the gates' rows stacked.
        b_x: Biases ``(G*H,)``.
    """

    takes_ids = True

    #: ``G``, how many blocks of ``H`` rows the weights stack.
    gates: int
    #: The names of the state's tensors.
    states: ClassVar[tuple[str, ...]] = ("h",)

    def __init__(self, input_size: int, hidden_size: int, options: Any) -> None:
        super().__init__(input_size, hidden_size, options)
        rows = self.gates * hidden_size
        self.W_hx = nn.Parameter(torch.zeros(rows, input_size))
        self.b_x = nn.Parameter(torch.zeros(rows))

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw Glorot-uniform input weights, as one matrix like seqkit's own; zero the biases."""
        nn.init.xavier_uniform_(self.W_hx, generator=generator)
        nn.init.zeros_(self.b_x)

    def initial_state(self, batch_size: int) -> State:
        """Zeros, ``(B, H)`` each."""
        return tuple(self.W_hx.new_zeros(batch_size, self.hidden_size) for _ in self.states)

    def input_share(self, x: Tensor) -> Tensor:
        """``W_hx x + b_x`` for all steps at once.

        Args:
            x: Features ``(..., I)``, or ids ``(...)``.

        Returns:
            ``(..., G*H)``.
        """
        if x.is_floating_point():
            return F.linear(x, self.W_hx, self.b_x)
        return F.embedding(x, self.W_hx.t()) + self.b_x


class Recurrence(NamedTuple):
    """A cell's equations for ``T`` steps at once.

    Attributes:
        a: ``(T, B, H)``, share of the state that each step keeps, in [0, 1].
        b: ``(T, B, H)``, what each step adds.
        output: Makes the outputs ``(T, B, H)`` of the states after each step, ``(T, B, H)``.
        carry: The tensors of the state beyond the first after the last step, ``(B, H)`` each.
    """

    a: Tensor
    b: Tensor
    output: Callable[[Tensor], Tensor]
    carry: State = ()


class LinearCell(InputCell):
    """A cell whose recurrence is linear in its state: ``c_t = a_t * c_(t-1) + b_t``.

    ``a`` and ``b`` come from the input alone, so that they are computed for all steps at once, and
    the state by :func:`seqkit_cells.scan.scan`. A subclass writes its equations once, in
    :meth:`recurrence`; one step is a sequence of length one.
    """

    @abstractmethod
    def recurrence(self, x: Tensor, past: State) -> Recurrence:
        """The cell's equations.

        Args:
            x: Features ``(T, B, I)``, or ids ``(T, B)``.
            past: The tensors of the state beyond the first before the first step.
        """

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Run over features ``(T, B, I)`` or ids ``(T, B)``; equal to :meth:`step` repeated."""
        c_0, *past = self.initial_state(x.shape[1]) if state is None else state
        a, b, output, carry = self.recurrence(x, tuple(past))
        c = scan(a, b, c_0)  # (T, B, H)
        return output(c), (c[-1], *carry)

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """One step of time, on features ``(B, I)`` or ids ``(B,)``."""
        y, state = self.forward(x.unsqueeze(0), state)
        return y.squeeze(0), state


def product(W: Tensor, x: Tensor) -> Tensor:
    """``W x``, a look-up of columns where ``x`` is ids.

    Args:
        W: ``(R, I)``.
        x: Features ``(..., I)``, or ids ``(...)``.

    Returns:
        ``(..., R)``.
    """
    return F.linear(x, W) if x.is_floating_point() else F.embedding(x, W.t())


def same(c: Tensor) -> Tensor:
    """The output of a cell that shows its state as it is."""
    return c
