"""How the steps of a sequence become one vector, as :mod:`seqkit.nn.pooling` has it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import onnx

from seqkit.lowering.graph import Graph
from seqkit.lowering.weights import Weights


def padding(graph: Graph, ids: str, lengths: str) -> str:
    """Where the padding is: bool ``(T, B)``, from ids ``(T, B)`` and int64 lengths ``(B,)``."""
    zero, one = graph.constant(0), graph.constant(1)
    count = graph.add("Gather", graph.add("Shape", ids), zero)
    steps = graph.add("Unsqueeze", graph.add("Range", zero, count, one), graph.constant([1]))
    return graph.add("GreaterOrEqual", steps, lengths)


def mean(graph: Graph, steps: str, padded: str, size: int, weights: Weights) -> str:  # noqa: ARG001 -- it learns nothing
    """The mean over the steps, which are zeros in the padding."""
    zero = graph.constant([0])
    real = graph.add("Cast", graph.add("Not", padded), to=onnx.TensorProto.FLOAT)
    count = graph.add("ReduceSum", real, zero, keepdims=0)
    count = graph.add("Unsqueeze", count, graph.constant([1]))
    return graph.add("Div", graph.add("ReduceSum", steps, zero, keepdims=0), count)


def greatest(graph: Graph, steps: str, padded: str, size: int, weights: Weights) -> str:  # noqa: ARG001 -- it learns nothing
    """The greatest value of each feature over the steps that are no padding."""
    mask = graph.add("Unsqueeze", padded, graph.constant([2]))
    real = graph.add("Where", mask, graph.constant(-np.inf), steps)
    return graph.add("ReduceMax", real, graph.constant([0]), keepdims=0)


def attention(graph: Graph, steps: str, padded: str, size: int, weights: Weights) -> str:
    """The mean of the steps by weights from learned additive attention."""
    W, b, v = weights.take("W", size, size), weights.take("b", size), weights.take("v", size)
    inner = graph.add("MatMul", steps, graph.constant(W.T))
    inner = graph.add("Tanh", graph.add("Add", inner, graph.constant(b)))
    scores = graph.add("MatMul", inner, graph.constant(v[:, np.newaxis]))  # (T, B, 1)
    mask = graph.add("Unsqueeze", padded, graph.constant([2]))
    scores = graph.add("Where", mask, graph.constant(-np.inf), scores)
    weighted = graph.add("Mul", graph.add("Softmax", scores, axis=0), steps)
    return graph.add("ReduceSum", weighted, graph.constant([0]), keepdims=0)


#: Those that look at every step, ``(T, B, D)``, with the padding and ``D``; they give ``(B, D)``.
#: ``last`` is what a cell's lowering gives as its end, and ``concat`` is made of three of them.
POOLINGS: dict[str, Callable[[Graph, str, str, int, Weights], str]] = {
    "mean": mean,
    "max": greatest,
    "attention": attention,
}
