"""The layers that write a translation: stacked cells that look at the sentence at each step."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from seqkit.cells.base import Cell, State
from seqkit.heads.base import MakeCell
from seqkit.nn.dropout import Dropout
from seqkit.nn.pooling import pooling
from seqkit_translate.attention import Attention, Memory


class Trace(NamedTuple):
    """What a step leaves for the next.

    Attributes:
        states: Each layer's state.
        carried: ``(N, C)``, what else the next step is told.
    """

    states: tuple[State, ...]
    carried: Tensor

    def select(self, rows: Tensor) -> Trace:
        """Those of some rows, int64 ``(n,)``, repeated or not."""
        states = tuple(tuple(s.index_select(0, rows) for s in state) for state in self.states)
        return Trace(states, self.carried.index_select(0, rows))


class TargetLayers(nn.Module, ABC):
    """Cells, each on top of the other, with attention to the sentence.

    Every tensor of each layer's first state is its own function of what the encoder knows after
    it has read the sentence, ``tanh(W s + b)``, so that any cell can begin with it. What a step
    gives is made of the top layer's output ``h`` and of what it saw, ``c``::

        out = tanh(W [c; h] + b)

    Args:
        make_cell: Makes one of the recipe's cells.
        attention: Compares ``H`` features with ``D``.
        embedding_size: ``E``, features of each target token, in and out.
        layers: How many.
        directions: Of the encoder.
        dropout: Share of features dropped between layers.
    """

    def __init__(
        self,
        make_cell: MakeCell,
        attention: Attention,
        *,
        embedding_size: int,
        layers: int,
        directions: int,
        dropout: float,
    ) -> None:
        super().__init__()
        H, D = attention.query_size, attention.value_size
        told = self.told(embedding_size, D)
        cells = [make_cell(H if layer else embedding_size + told, H) for layer in range(layers)]
        self.cells = cast("Sequence[Cell]", nn.ModuleList(cells))
        self.attention = attention
        self.dropout = Dropout(dropout)
        self.summary = pooling("last", D, directions=directions)
        self.bridge = nn.Linear(D, H * sum(len(cell.initial_state(1)) for cell in cells))
        self.out = nn.Linear(D + H, embedding_size)

    @staticmethod
    @abstractmethod
    def told(embedding_size: int, value_size: int) -> int:
        """Features that the first layer reads beside a token's embedding."""

    @abstractmethod
    def first_carried(self, states: tuple[State, ...]) -> Tensor:
        """What the first step is told beside its states, ``(B, C)``."""

    @abstractmethod
    def step(self, x: Tensor, trace: Trace, memory: Memory) -> tuple[Tensor, Trace, Tensor]:
        """One step of several translations of each sentence.

        Args:
            x: ``(N, E)``, the tokens before it; the rows of a sentence beside each other.
            trace: What the step before left, of ``N`` rows.
            memory: Of ``B`` sentences, ``N`` a multiple of ``B``.

        Returns:
            The output ``(N, E)``, what is left for the next step, and where each looked,
            ``(N, T)``.
        """

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw all parameters anew from ``generator``; biases are zero."""
        for cell in self.cells:
            cell.reset_parameters(generator)
        self.attention.reset_parameters(generator)
        for linear in (self.bridge, self.out):
            nn.init.xavier_uniform_(linear.weight, generator=generator)
            nn.init.zeros_(linear.bias)

    def begin(self, encoded: Tensor, lengths: Tensor) -> tuple[Memory, Trace]:
        """What is looked at, and what the first step is told, for ``(T, B, D)``."""
        flat = torch.tanh(self.bridge(self.summary(encoded, lengths)))  # (B, states * H)
        tensors = iter(flat.split(self.attention.query_size, dim=-1))
        states = tuple(tuple(next(tensors) for _ in cell.initial_state(1)) for cell in self.cells)
        return self.attention.remember(encoded, lengths), Trace(states, self.first_carried(states))

    def run(self, x: Tensor, trace: Trace, memory: Memory) -> Tensor:
        """All steps of one translation of each sentence, whose tokens are given.

        Args:
            x: ``(S, B, E)``.
            trace: Of the beginning.
            memory: Of ``B`` sentences.

        Returns:
            ``(S, B, E)``; equal to :meth:`step` repeated.
        """
        outputs = []
        for x_t in x:
            y, trace, _ = self.step(x_t, trace, memory)
            outputs.append(y)
        return torch.stack(outputs)

    def climb(self, x: Tensor, states: tuple[State, ...]) -> tuple[Tensor, tuple[State, ...]]:
        """One step through all layers: ``(N, I)`` to the top one's output ``(N, H)``."""
        left = []
        for layer, (cell, state) in enumerate(zip(self.cells, states, strict=True)):
            x, after = cell.step(self.dropout(x) if layer else x, state)
            left.append(after)
        return x, tuple(left)

    def look(self, h: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """What the rows ``(N, H)`` see, ``(N, D)``, and where, ``(N, T)``."""
        query = h.view(len(memory.values), -1, h.shape[-1])  # (B, N / B, H)
        context, weights = self.attention(query, memory)
        return context.flatten(0, 1), weights.flatten(0, 1)

    def read_out(self, context: Tensor, h: Tensor) -> Tensor:
        """``tanh(W [c; h] + b)``."""
        return torch.tanh(self.out(torch.cat([context, h], dim=-1)))


class LookAfter(TargetLayers):
    """Looks after each step of the cells (Luong, Pham and Manning 2015).

    ::

        h_t   = cells(y_(t-1), h_(t-1))
        c_t   = attention(h_t)
        out_t = tanh(W [c_t; h_t] + b)

    No step waits for what the one before saw, so that a layer runs over all of them at once.
    """

    @staticmethod
    def told(embedding_size: int, value_size: int) -> int:  # noqa: ARG004 -- nothing more
        """None."""
        return 0

    def first_carried(self, states: tuple[State, ...]) -> Tensor:
        """Nothing."""
        h = states[-1][0]
        return h.new_zeros(len(h), 0)

    def step(self, x: Tensor, trace: Trace, memory: Memory) -> tuple[Tensor, Trace, Tensor]:
        """The equations."""
        h, states = self.climb(x, trace.states)
        context, weights = self.look(h, memory)
        return self.read_out(context, h), Trace(states, trace.carried), weights

    def run(self, x: Tensor, trace: Trace, memory: Memory) -> Tensor:
        """All steps, layer by layer."""
        for layer, (cell, state) in enumerate(zip(self.cells, trace.states, strict=True)):
            x, _ = cell(self.dropout(x) if layer else x, state)
        h = x.transpose(0, 1)  # (B, S, H)
        context, _ = self.attention(h, memory)
        return self.read_out(context, h).transpose(0, 1)


class InputFeeding(TargetLayers):
    """:class:`LookAfter`, where each step is also told ``out_(t-1)``, as in the same paper."""

    @staticmethod
    def told(embedding_size: int, value_size: int) -> int:  # noqa: ARG004 -- an output is E
        """The output of the step before."""
        return embedding_size

    def first_carried(self, states: tuple[State, ...]) -> Tensor:
        """Zeros, for there is no step before."""
        h = states[-1][0]
        return h.new_zeros(len(h), self.out.out_features)

    def step(self, x: Tensor, trace: Trace, memory: Memory) -> tuple[Tensor, Trace, Tensor]:
        """The equations."""
        h, states = self.climb(torch.cat([x, trace.carried], dim=-1), trace.states)
        context, weights = self.look(h, memory)
        out = self.read_out(context, h)
        return out, Trace(states, out), weights


class LookBefore(TargetLayers):
    """Looks before each step of the cells, which read what was seen (Bahdanau et al. 2015).

    ::

        c_t   = attention(h_(t-1))
        h_t   = cells([y_(t-1); c_t], h_(t-1))
        out_t = tanh(W [c_t; h_t] + b)
    """

    @staticmethod
    def told(embedding_size: int, value_size: int) -> int:  # noqa: ARG004 -- what is seen is D
        """What is seen."""
        return value_size

    def first_carried(self, states: tuple[State, ...]) -> Tensor:
        """The top layer's first state in place of its output, which a GRU's is."""
        return states[-1][0]

    def step(self, x: Tensor, trace: Trace, memory: Memory) -> tuple[Tensor, Trace, Tensor]:
        """The equations."""
        context, weights = self.look(trace.carried, memory)
        h, states = self.climb(torch.cat([x, context], dim=-1), trace.states)
        return self.read_out(context, h), Trace(states, h), weights
