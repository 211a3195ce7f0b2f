"""The embedding and each cell as a graph of its own, to read one text piece by piece."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx

from seqkit import registry
from seqkit.bundle.load import Bundle
from seqkit.lowering.encoder import Vectors, look_up, write_cell
from seqkit.lowering.graph import Graph
from seqkit.lowering.weights import Weights


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a network as an ONNX model.

    Attributes:
        model: That of the embedding has the inputs ``ids`` and, where there are any,
            ``features``, ``characters`` and ``words``, and the output ``x``; that of a cell the
            inputs ``x``, ``lengths``, int32 ``(texts,)``, and its states, and the outputs
            ``steps`` and the next states.
        arrays: Its large constants by name, which stand beside it.
        states: The names of the states' inputs, ``(texts, H)`` each.
        size: For the embedding, the features of each step.
        features: For the embedding, whether it reads features.
        characters: For the embedding, whether it reads the characters of words.
    """

    model: onnx.ModelProto
    arrays: Mapping[str, np.ndarray]
    states: tuple[str, ...] = ()
    size: int = 0
    features: bool = False
    characters: bool = False


def lower_embedding(bundle: Bundle, weights: Weights) -> Part:
    """Write a bundle's embedding, which is none where input is one-hot: ``x`` is the ids.

    Args:
        bundle: An open one.
        weights: All of the bundle's.
    """
    graph = Graph()
    vectors = look_up(graph, bundle, weights, graph.input("ids", np.int64, ["steps", "texts"]))
    if not vectors.one_hot:
        graph.output("x", vectors.x, ["steps", "texts", vectors.size])
    return Part(
        graph.model({}),
        graph.arrays,
        size=vectors.size,
        features=vectors.features,
        characters=vectors.characters,
    )


def lower_cell(bundle: Bundle, weights: Weights, index: int, *, input_size: int) -> Part:
    """Write one of a bundle's cells, with a state to go on from and the one that it comes to.

    Args:
        bundle: An open one whose cell has a lowering.
        weights: All of the bundle's.
        index: Which; see :func:`seqkit.lowering.encoder.write_cell`.
        input_size: Features of each step that it reads.
    """
    recipe, graph = bundle.recipe, Graph()
    H = recipe.encoder.hidden_size
    one_hot = not recipe.embedding.size and index < (2 if recipe.encoder.bidirectional else 1)
    axes: list[str | int] = ["steps", "texts"]
    if one_hot:
        x = graph.input("x", np.int64, axes)
    else:
        x = graph.input("x", np.float32, [*axes, input_size])
    lengths = graph.input("lengths", np.int32, ["texts"])
    names = registry.find("cell", recipe.cell.name).spec.states
    states = tuple(graph.input(f"state_{name}", np.float32, ["texts", H]) for name in names)
    given = Vectors(x, input_size, one_hot=one_hot)
    output = write_cell(graph, bundle, weights, index, given=given, lengths=lengths, state=states)
    graph.output("steps", output.steps, [*axes, H])
    for state, after in zip(states, output.state, strict=True):
        graph.output(f"next_{state}", after, ["texts", H])
    return Part(graph.model({}), graph.arrays, states)
