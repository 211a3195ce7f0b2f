"""What reads the characters of words; :mod:`seqkit.nn.characters` has the equations."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx

from seqkit.lowering.cells import CellInput, CellOutput
from seqkit.lowering.graph import Graph
from seqkit.lowering.weights import Weights
from seqkit.recipe.sections import Embedding
from seqkit.spelling import CHARACTER_SIZE, PADDING, ROWS


@dataclass(frozen=True, slots=True, kw_only=True)
class CharacterInput:
    """What the lowering of a reader of characters is given.

    Attributes:
        characters: int64 ``(W, C)``, the distinct words.
        words: int64 ``(T, B)``, which of them stands at each step.
        sizes: The recipe's section, which says what reads them.
        cell: Writes the recipe's cell.
        options: That cell's.
        weights: The reader's.
    """

    characters: str
    words: str
    sizes: Embedding
    cell: Callable[[Graph, CellInput], CellOutput]
    options: Any
    weights: Weights


def characters(graph: Graph, given: CharacterInput) -> str:
    """The vector of the word at each step, ``(T, B, S)``; anything finite for padding."""
    table = graph.constant(given.weights.take("weight", ROWS, CHARACTER_SIZE))
    read = {"cnn": _cnn, "recurrent": _recurrent}[given.sizes.characters]
    return graph.add("Gather", read(graph, given, table), given.words)


def _cnn(graph: Graph, given: CharacterInput, table: str) -> str:
    size, width = given.sizes.character_size, given.sizes.character_width
    filters = given.weights.take("filters", size, width * CHARACTER_SIZE)
    kernel = filters.reshape(size, width, CHARACTER_SIZE).swapaxes(1, 2)
    bias = graph.constant(given.weights.take("bias", size))
    half = width // 2
    wide = graph.add("Pad", given.characters, graph.constant([0, half, 0, half]))
    x = graph.add("Transpose", graph.add("Gather", table, wide), perm=[0, 2, 1])
    found = graph.add("Conv", x, graph.constant(kernel), bias)  # (W, S, C)
    beyond = graph.add("Equal", given.characters, graph.constant(PADDING))
    nothing = graph.constant(float(np.finfo(np.float32).min))
    padding = graph.add("Unsqueeze", beyond, graph.constant([1]))
    real = graph.add("Where", padding, nothing, found)
    return graph.add("Relu", graph.add("ReduceMax", real, graph.constant([2]), keepdims=0))


def _recurrent(graph: Graph, given: CharacterInput, table: str) -> str:
    upright = graph.add("Transpose", given.characters, perm=[1, 0])
    vectors = graph.add("Gather", table, upright)  # (C, W, CHARACTER_SIZE)
    real = graph.add("Cast", given.characters, to=onnx.TensorProto.BOOL)  # all but padding
    ones = graph.add("Cast", real, to=onnx.TensorProto.INT32)
    count = graph.add("ReduceSum", ones, graph.constant([1]), keepdims=0)
    # the word of padding alone reads one of it
    lengths = graph.add("Max", count, graph.constant(np.array(1, np.int32)))
    ends = [
        given.cell(
            graph,
            CellInput(
                x=vectors,
                one_hot=False,
                lengths=lengths,
                state=(),
                reverse=back == 1,
                input_size=CHARACTER_SIZE,
                hidden_size=given.sizes.character_size // 2,
                options=given.options,
                weights=given.weights.below(f"encoder.cells.{back}."),
            ),
        ).end
        for back in range(2)
    ]
    return graph.add("Concat", *ends, axis=-1)
