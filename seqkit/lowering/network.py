"""The whole network as an ONNX model: embedding, encoder and head, as a recipe says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import onnx

from seqkit import lazy, registry
from seqkit.bundle.load import Bundle
from seqkit.bundle.manifest import WEIGHTS
from seqkit.lowering.cells import CellOutput
from seqkit.lowering.encoder import Vectors, look_up, side_by_side, write_cell
from seqkit.lowering.graph import Graph, embed
from seqkit.lowering.heads import HeadInput
from seqkit.lowering.weights import Weights


@dataclass(frozen=True, slots=True)
class Lowered:
    """A network as an ONNX model.

    Attributes:
        model: Its inputs are ``ids``, int64 ``(steps, texts)``, ``lengths``, int64 ``(texts,)``,
            ``features``, int64 ``(steps, texts, F)``, where there are any, ``characters``, int64
            ``(distinct, letters)``, and ``words``, int64 ``(steps, texts)``, where those are read
            (:class:`seqkit.spelling.Spelling`), ``letters``, int64 ``(signs, texts)``, ``counts``,
            int64 ``(texts,)``, and ``places``, int64 ``(steps, texts, 2)``, where sentences are
            (:class:`seqkit.contextual.Context`), and the states; its outputs ``logits`` and the
            next states.
        arrays: Its large constants by name, which stand beside it.
        features: Whether there are hashed features.
        characters: Whether the characters of words are read.
        context: Whether the characters of sentences are.
        states: The names of the states' inputs, ``(texts, H)`` each; empty unless one-to-many.
            The output of each has ``next_`` before its name.
        hidden_size: ``H``.
    """

    model: onnx.ModelProto
    arrays: Mapping[str, np.ndarray]
    features: bool
    characters: bool
    context: bool
    states: tuple[str, ...]
    hidden_size: int

    def whole(self) -> onnx.ModelProto:
        """The model with all its constants inside, as a file has it."""
        return embed(self.model, self.arrays)


def lower(bundle: Bundle) -> Lowered:
    """Write a bundle's network in ONNX.

    Args:
        bundle: An open one whose cell and head have a lowering.

    Raises:
        BundleError: Its weights are damaged, or do not fit its recipe.
    """
    recipe, graph = bundle.recipe, Graph()
    weights = Weights(bundle.weights(), bundle.path / WEIGHTS)
    layers_below = recipe.head_spec.reads == "steps"
    V, H = bundle.tokenizer.vocab_size, recipe.encoder.hidden_size
    directions = 2 if recipe.encoder.bidirectional else 1
    streams = recipe.head_spec.arity == "one-to-many"

    ids = graph.input("ids", np.int64, ["steps", "texts"])
    lengths = graph.input("lengths", np.int64, ["texts"])
    vectors = look_up(graph, bundle, weights, ids) if layers_below else Vectors(ids, 0)
    given = vectors

    spec = registry.find("cell", recipe.cell.name).spec
    ends = graph.add("Cast", lengths, to=onnx.TensorProto.INT32)
    states: list[str] = []
    final: list[str] = []
    layer: list[CellOutput] = []
    for layer_index in range(recipe.encoder.layers if layers_below else 0):
        layer = []
        for back in range(directions):
            index = layer_index * directions + back
            names = [f"state_{index}_{name}" for name in spec.states] if streams else []
            states += [graph.input(name, np.float32, ["texts", H]) for name in names]
            output = write_cell(
                graph, bundle, weights, index, given=given, lengths=ends, state=tuple(names)
            )
            layer.append(output)
            final += output.state
        steps = side_by_side(graph, [output.steps for output in layer])
        given = Vectors(steps, directions * H)

    L = V if streams else bundle.decoder.output_size
    logits = lazy.load(recipe.head_spec.lowering)(
        graph,
        HeadInput(
            ids=ids,
            lengths=lengths,
            steps=given.x,
            end=side_by_side(graph, [output.end for output in layer]) if layer else "",
            embedding=vectors.table,
            embedding_size=recipe.embedding.size if layers_below else 0,
            input_size=directions * H,
            output_size=L,
            options=recipe.head.options,
            weights=weights.below("head."),
        ),
    )
    weights.check_all_taken()
    axes = ["steps"] if recipe.head_spec.arity == "many-to-many" else []
    graph.output("logits", logits, [*axes, "texts", L])
    for name, value in zip(states, final, strict=False):
        graph.output(f"next_{name}", value, ["texts", H])
    notes = {"task": bundle.manifest.task, "labels": json.dumps(bundle.manifest.labels)}
    return Lowered(
        graph.model(notes),
        graph.arrays,
        vectors.features,
        vectors.characters,
        vectors.context,
        tuple(states),
        H,
    )
