"""The interface of a recurrent cell: one layer, one direction, time first."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

#: A cell's state: always a tuple, each tensor (B, H).
State: TypeAlias = tuple[Tensor, ...]


class Cell(nn.Module, ABC):
    """One recurrent layer in one direction.

    Stacking, directions, lengths, padding and dropout are the encoder's work; a cell sees
    ``(T, B, I)`` and nothing else. A new cell holds no drawn weights: call
    :meth:`reset_parameters`, or load some.

    Args:
        input_size: ``I``, features of each input step.
        hidden_size: ``H``, features of each output step.
        options: The options class that the cell's spec names.
    """

    #: Whether :meth:`forward` and :meth:`step` also take ids, int64 ``(T, B)`` and ``(B,)``: a
    #: one-hot vector of ``input_size`` by its index, so that the product with the input weights is
    #: a look-up of a column.
    takes_ids: bool = False
    #: The names of the parameters that the state is multiplied with, of which the encoder drops a
    #: share while training where ``encoder.weight_dropout`` says so. :meth:`forward` and
    #: :meth:`step` must look them up at each call.
    recurrent_weights: ClassVar[tuple[str, ...]] = ()

    def __init__(self, input_size: int, hidden_size: int, options: Any) -> None:
        super().__init__()
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.options = options

    @abstractmethod
    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw all parameters anew from ``generator``."""

    @abstractmethod
    def initial_state(self, batch_size: int) -> State:
        """The state before the first step, each tensor ``(B, H)``, on the parameters' device."""

    @abstractmethod
    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """One step of time.

        Args:
            x: ``(B, I)``.
            state: The state after the step before.

        Returns:
            The output ``(B, H)`` and the new state.
        """

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Run over a whole sequence; equal to :meth:`step` repeated.

        Args:
            x: ``(T, B, I)``, at least one step.
            state: The state before the first step; :meth:`initial_state` if none.

        Returns:
            The outputs ``(T, B, H)`` and the state after the last step.
        """
        state = self.initial_state(x.shape[1]) if state is None else state
        outputs = []
        for x_t in x:
            y, state = self.step(x_t, state)
            outputs.append(y)
        return torch.stack(outputs), state


class GatedCell(Cell):
    """A cell of ``G`` gates, each fed by one product with the input and one with the state.

    A subclass writes its equations in :meth:`recur` and names its fast kernel in :meth:`fused`.
    The rows of each weight stack the gates in the order that ``torch.nn`` has, so that its
    ``weight_ih_l0``, ``weight_hh_l0``, ``bias_ih_l0`` and ``bias_hh_l0`` copy straight over.

    Attributes:
        W_hx: Input weights ``(G*H, I)``.
        W_hh: Recurrent weights ``(G*H, H)``.
        b_x: Bias added to the product with the input, ``(G*H,)``.
        b_h: Bias added to the product with the state, ``(G*H,)``.
    """

    takes_ids = True
    recurrent_weights = ("W_hh",)

    #: ``G``, how many blocks of ``H`` rows the weights stack.
    gates: ClassVar[int]
    #: The names of the state's tensors; the first is the output.
    states: ClassVar[tuple[str, ...]] = ("h",)

    def __init__(self, input_size: int, hidden_size: int, options: Any) -> None:
        super().__init__(input_size, hidden_size, options)
        rows = self.gates * hidden_size
        self.W_hx = nn.Parameter(torch.zeros(rows, input_size))
        self.W_hh = nn.Parameter(torch.zeros(rows, hidden_size))
        self.b_x = nn.Parameter(torch.zeros(rows))
        self.b_h = nn.Parameter(torch.zeros(rows))

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw Glorot-uniform input weights, orthogonal recurrent weights, and zero the biases.

        All gates are drawn as the one matrix that they are stored in, as Keras does (Glorot and
        Bengio 2010; Saxe et al. 2014). Drawn gate by gate they come out twice as large, and an
        LSTM that is read at its last step then learns late or not at all.
        """
        nn.init.xavier_uniform_(self.W_hx, generator=generator)
        nn.init.orthogonal_(self.W_hh, generator=generator)
        nn.init.zeros_(self.b_x)
        nn.init.zeros_(self.b_h)

    def initial_state(self, batch_size: int) -> State:
        """Zeros, ``(B, H)`` each."""
        return tuple(self.W_hh.new_zeros(batch_size, self.hidden_size) for _ in self.states)

    @abstractmethod
    def recur(self, a_x: Tensor, state: State) -> State:
        """The cell's equations for one step.

        Args:
            a_x: The input's share of each gate, ``W_hx x + b_x``, ``(B, G*H)``.
            state: The state after the step before.

        Returns:
            The new state, whose first tensor is the output.
        """

    @abstractmethod
    def fused(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """:meth:`forward` by torch's own kernel, for ``x`` of features ``(T, B, I)``."""

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

    def step(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """One step of time, on features ``(B, I)`` or ids ``(B,)``."""
        state = self.recur(self.input_share(x), state)
        return state[0], state

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Run over features ``(T, B, I)`` or ids ``(T, B)``; equal to :meth:`step` repeated."""
        state = self.initial_state(x.shape[1]) if state is None else state
        # Ids can reach a fused kernel only as features looked up beforehand, times an identity
        # matrix. That costs G*H more multiplications a feature: at H=128 to 256, T=64, B=32 on a
        # CPU it took 1.5 to 2.2 times as long as this loop, forward and backward. A single step,
        # as in generation, is no work for a kernel either: the LSTM's took three times as long.
        if x.is_floating_point() and len(x) > 1:
            return self.fused(x, state)
        return self.loop(x, state)

    def loop(self, x: Tensor, state: State) -> tuple[Tensor, State]:
        """:meth:`forward` step by step, with the products with the input taken out of the loop."""
        outputs = []
        for a_x in self.input_share(x).unbind():  # (B, G*H)
            state = self.recur(a_x, state)
            outputs.append(state[0])
        return torch.stack(outputs), state

    def flat_weights(self) -> list[Tensor]:
        """The parameters in the order that torch's kernels take them."""
        return [self.W_hx, self.W_hh, self.b_x, self.b_h]
