"""The built-in cells, each as the ONNX operator of the same equations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from seqkit.lowering.graph import Graph
from seqkit.lowering.weights import Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class CellInput:
    """What a cell's lowering is given: one layer, one direction.

    Attributes:
        x: ``(T, B, I)``, or ids int64 ``(T, B)`` where ``one_hot``.
        one_hot: Whether the input is ids, each for a one-hot vector of ``I``.
        lengths: int32 ``(B,)``, steps of each sequence, each at least 1.
        state: The state before the first step, ``(B, H)`` each; none for zeros.
        reverse: Whether each sequence is read from its end to its first step.
        input_size: ``I``.
        hidden_size: ``H``.
        options: The cell's.
        weights: The cell's.
    """

    x: str
    one_hot: bool
    lengths: str
    state: tuple[str, ...]
    reverse: bool
    input_size: int
    hidden_size: int
    options: Any
    weights: Weights


@dataclass(frozen=True, slots=True)
class CellOutput:
    """What a cell's lowering gives.

    Attributes:
        steps: The outputs in the order of the input, ``(T, B, H)``, zeros beyond each length.
        end: The output after all has been read, ``(B, H)``.
        state: The state then, ``(B, H)`` each.
    """

    steps: str
    end: str
    state: tuple[str, ...]


def rnn(graph: Graph, cell: CellInput) -> CellOutput:
    """``rnn``: the operator ``RNN``."""
    activation = {"tanh": "Tanh", "relu": "Relu"}[cell.options.activation]
    return _gated(graph, "RNN", cell, [0], activations=[activation])


def gru(graph: Graph, cell: CellInput) -> CellOutput:
    """``gru``: the operator ``GRU``, whose gates are update, reset, new."""
    after = {"after": 1, "before": 0}[cell.options.reset]
    return _gated(graph, "GRU", cell, [1, 0, 2], linear_before_reset=after)


def lstm(graph: Graph, cell: CellInput) -> CellOutput:
    """``lstm``: the operator ``LSTM``, whose gates are input, output, forget, cell."""
    return _gated(graph, "LSTM", cell, [0, 3, 1, 2], states=2)


def _gated(
    graph: Graph, operator: str, cell: CellInput, gates: list[int], states: int = 1, **how: Any
) -> CellOutput:
    """Write a cell that has the weights of :class:`seqkit.cells.base.GatedCell`.

    Args:
        graph: Where to.
        operator: ONNX's.
        cell: What is given.
        gates: For each of the operator's gates, which of the cell's it is.
        states: How many tensors the state has.
        how: The operator's attributes.
    """
    H, I = cell.hidden_size, cell.input_size  # noqa: E741 -- as in the cells' own equations
    rows = len(gates) * H
    arrays = [
        cell.weights.take("W_hx", rows, I),
        cell.weights.take("W_hh", rows, H),
        *(cell.weights.take(name, rows) for name in ("b_x", "b_h")),
    ]
    order = np.concatenate([np.arange(gate * H, (gate + 1) * H) for gate in gates])
    W_hx, W_hh, b_x, b_h = (array[order] for array in arrays)
    x = cell.x
    if cell.one_hot:
        # the operator takes vectors: either the one-hot ones, or the columns that they would pick
        # times an identity, whichever are shorter
        table = np.eye(I, dtype=np.float32) if rows >= I else W_hx.T
        W_hx = W_hx if rows >= I else np.eye(rows, dtype=np.float32)
        x = graph.add("Gather", graph.constant(table), x)
    b = np.concatenate([b_x, b_h])
    constants = [graph.constant(array[np.newaxis]) for array in (W_hx, W_hh, b)]
    first = graph.constant([0])
    steps, *state = graph.add_many(
        operator,
        [x, *constants, cell.lengths, *(graph.add("Unsqueeze", s, first) for s in cell.state)],
        1 + states,
        hidden_size=H,
        direction="reverse" if cell.reverse else "forward",
        **how,
    )
    end = tuple(graph.add("Squeeze", s, first) for s in state)
    return CellOutput(graph.add("Squeeze", steps, graph.constant([1])), end[0], end)
