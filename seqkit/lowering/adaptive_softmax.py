"""The adaptive softmax in ONNX; :mod:`seqkit.nn.adaptive_softmax` has the equations."""

from __future__ import annotations

from collections.abc import Sequence

from seqkit.lowering.graph import Graph
from seqkit.lowering.weights import Weights
from seqkit.token_groups import group_bounds, group_size


def adaptive_softmax(
    graph: Graph,
    x: str,
    weights: Weights,
    *,
    input_size: int,
    vocab_size: int,
    cutoffs: Sequence[int],
) -> str:
    """All log-probabilities, ``(B, V)``.

    Args:
        graph: Where to write.
        x: ``(B, D)``.
        weights: The softmax's.
        input_size: ``D``.
        vocab_size: ``V``.
        cutoffs: As the options have them.
    """
    bounds = group_bounds(cutoffs, vocab_size)
    own, groups = bounds[0], len(bounds) - 1
    first = _log_softmax(graph, x, weights.below("first."), input_size, own + groups)
    sizes = graph.constant([own, *[1] * groups])
    parts = graph.add_many("Split", [first, sizes], 1 + groups, axis=-1)
    told = [parts[0]]
    for index in range(groups):
        features = group_size(input_size, index + 1)
        down = weights.take(f"down.{index}.weight", features, input_size)
        below = graph.add("MatMul", x, graph.constant(down.T))
        tokens = bounds[index + 1] - bounds[index]
        inside = _log_softmax(graph, below, weights.below(f"groups.{index}."), features, tokens)
        told.append(graph.add("Add", inside, parts[index + 1]))
    places = graph.constant(weights.take_order("places", vocab_size))
    return graph.add("Gather", graph.add("Concat", *told, axis=-1), places, axis=-1)


def _log_softmax(graph: Graph, x: str, weights: Weights, features: int, tokens: int) -> str:
    weight = graph.constant(weights.take("weight", tokens, features))
    bias = graph.constant(weights.take("bias", tokens))
    return graph.add("LogSoftmax", graph.add("Gemm", x, weight, bias, transB=1), axis=-1)
