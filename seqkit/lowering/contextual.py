"""What reads the characters of sentences; :mod:`seqkit.nn.contextual` has the equations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import onnx

from seqkit.lowering.cells import CellInput, CellOutput
from seqkit.lowering.graph import Graph
from seqkit.lowering.weights import Weights
from seqkit.recipe.sections import Contextual


@dataclass(frozen=True, slots=True, kw_only=True)
class ContextInput:
    """What the lowering of a reader of sentences is given.

    Attributes:
        letters: int64 ``(M, B)``, the sentences' characters.
        counts: int64 ``(B,)``, how many they are.
        places: int64 ``(T, B, 2)``, where the token at each step ends and begins.
        sizes: The recipe's section.
        cell: Writes the recipe's cell.
        options: That cell's.
        weights: The reader's.
    """

    letters: str
    counts: str
    places: str
    sizes: Contextual
    cell: Callable[[Graph, CellInput], CellOutput]
    options: Any
    weights: Weights


def contextual(graph: Graph, given: ContextInput) -> str:
    """The vector of the token at each step, ``(T, B, D)``; anything finite for padding."""
    ends = graph.add("Cast", given.counts, to=onnx.TensorProto.INT32)
    both = graph.add("Concat", *(_read(graph, given, ends, back) for back in range(2)), axis=-1)
    size, width = given.sizes.size, 2 * given.sizes.hidden_size
    if not size:
        return both
    weights = given.weights.below("projection.")
    product = graph.add("MatMul", both, graph.constant(weights.take("weight", size, width).T))
    return graph.add("Add", product, graph.constant(weights.take("bias", size)))


def _read(graph: Graph, given: ContextInput, ends: str, back: int) -> str:
    """One model's states of the tokens, ``(T, B, H)``."""
    sizes, weights = given.sizes, given.weights.below(f"models.{back}.")
    table = graph.constant(weights.take("weight", sizes.vocab_size, sizes.vector_size))
    steps = given.cell(
        graph,
        CellInput(
            x=graph.add("Gather", table, given.letters),
            one_hot=False,
            lengths=ends,
            state=(),
            reverse=back == 1,
            input_size=sizes.vector_size,
            hidden_size=sizes.hidden_size,
            options=given.options,
            weights=weights.below("encoder.cells.0."),
        ),
    ).steps  # (M, B, H)
    by_text = graph.add("Transpose", steps, perm=[1, 0, 2])
    place = graph.add("Gather", given.places, graph.constant([back]), axis=2)  # (T, B, 1)
    place = graph.add("Transpose", place, perm=[1, 0, 2])
    found = graph.add("GatherND", by_text, place, batch_dims=1)  # (B, T, H)
    return graph.add("Transpose", found, perm=[1, 0, 2])
