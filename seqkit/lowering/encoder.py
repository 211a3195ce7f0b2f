"""The parts of a network below its head: the embedding, and the cells one by one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from seqkit import lazy, registry
from seqkit.bundle.load import Bundle
from seqkit.lowering.cells import CellInput, CellOutput
from seqkit.lowering.characters import CharacterInput, characters
from seqkit.lowering.contextual import ContextInput, contextual
from seqkit.lowering.graph import Graph
from seqkit.lowering.weights import Weights


@dataclass(frozen=True, slots=True)
class Vectors:
    """What a layer reads.

    Attributes:
        x: ``(T, B, I)``, or the ids themselves where the first layer's input is one-hot.
        size: ``I``.
        table: The vectors of the ids, ``(V, E)``; empty where there are none.
        features: Whether there are hashed features, which are then the input ``features``.
        characters: Whether the characters of words are read, which are then the inputs
            ``characters`` and ``words``.
        context: Whether the characters of sentences are read, which are then the inputs
            ``letters``, ``counts`` and ``places``.
        one_hot: Whether ``x`` is ids.
    """

    x: str
    size: int
    table: str = ""
    features: bool = False
    characters: bool = False
    context: bool = False
    one_hot: bool = False


def look_up(graph: Graph, bundle: Bundle, weights: Weights, ids: str) -> Vectors:
    """Write the embedding.

    Args:
        graph: Where to.
        bundle: Whose.
        weights: All of the bundle's.
        ids: int64 ``(T, B)``.
    """
    recipe, tokenizer = bundle.recipe, bundle.tokenizer
    V, size = tokenizer.vocab_size, recipe.embedding.size
    F = tokenizer.feature_count if recipe.embedding.feature_size else 0
    x, table, input_size = ids, "", V
    if size:
        table = graph.constant(weights.take("embedding.weight", V, size))
        x, input_size = graph.add("Gather", table, ids), size
    if F:
        input_size += recipe.embedding.feature_size
        shape = tokenizer.feature_buckets, recipe.embedding.feature_size
        rows = graph.constant(weights.take("embedding.feature_weight", *shape))
        features = graph.input("features", np.int64, ["steps", "texts", F])
        rows = graph.add("Gather", rows, features)  # (T, B, F, feature_size)
        summed = graph.add("ReduceSum", rows, graph.constant([2]), keepdims=0)
        x = graph.add("Concat", x, summed, axis=-1)
    spells = recipe.embedding.spells
    if spells:
        input_size += recipe.embedding.character_size
        given = CharacterInput(
            characters=graph.input("characters", np.int64, ["distinct", "letters"]),
            words=graph.input("words", np.int64, ["steps", "texts"]),
            sizes=recipe.embedding,
            cell=_cell(bundle),
            options=recipe.cell.options,
            weights=weights.below("embedding.characters."),
        )
        x = graph.add("Concat", x, characters(graph, given), axis=-1)
    reads = recipe.contextual.on
    if reads:
        input_size += recipe.contextual.output_size
        sentences = ContextInput(
            letters=graph.input("letters", np.int64, ["signs", "texts"]),
            counts=graph.input("counts", np.int64, ["texts"]),
            places=graph.input("places", np.int64, ["steps", "texts", 2]),
            sizes=recipe.contextual,
            cell=_cell(bundle),
            options=recipe.cell.options,
            weights=weights.below("embedding.contextual."),
        )
        x = graph.add("Concat", x, contextual(graph, sentences), axis=-1)
    return Vectors(x, input_size, table, bool(F), spells, reads, one_hot=not size)


def write_cell(
    graph: Graph,
    bundle: Bundle,
    weights: Weights,
    index: int,
    *,
    given: Vectors,
    lengths: str,
    state: tuple[str, ...],
) -> CellOutput:
    """Write one cell: a layer in one direction.

    Args:
        graph: Where to.
        bundle: Whose.
        weights: All of the bundle's.
        index: Which cell: the first layer's forward direction is 0, its backward one 1 if there
            is any, and so on.
        given: What it reads.
        lengths: int32 ``(B,)``.
        state: As :class:`seqkit.lowering.cells.CellInput` has it.
    """
    recipe = bundle.recipe
    return _cell(bundle)(
        graph,
        CellInput(
            x=given.x,
            one_hot=given.one_hot,
            lengths=lengths,
            state=state,
            reverse=recipe.encoder.bidirectional and index % 2 == 1,
            input_size=given.size,
            hidden_size=recipe.encoder.hidden_size,
            options=recipe.cell.options,
            weights=weights.below(f"encoder.cells.{index}."),
        ),
    )


def _cell(bundle: Bundle) -> Callable[[Graph, CellInput], CellOutput]:
    """What writes the recipe's cell."""
    spec = registry.find("cell", bundle.recipe.cell.name).spec
    return lazy.load(spec.lowering)  # type: ignore[no-any-return]


def side_by_side(graph: Graph, parts: list[str]) -> str:
    """Features of one step beside each other, along the last axis."""
    return graph.add("Concat", *parts, axis=-1) if len(parts) > 1 else parts[0]
