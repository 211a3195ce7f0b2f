"""Long texts, read piece by piece, so that memory does not grow with their length.

The states of cells are carried from piece to piece: forwards from the first to the last, backwards
from the last to the first. Where a layer above, or the head, needs both directions' outputs of a
step at once, they are computed a second time: of the pass that came first, only the state with
which it came to each piece is kept. That is what Chen et al. 2016, "Training deep nets with
sublinear memory cost", do to train. ``L`` layers that read both ways take about ``L`` times as long
as with everything in memory, and layers that read forwards alone no longer at all.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any, TypeAlias

import numpy as np

from seqkit import lazy
from seqkit.encoding import Encoded
from seqkit.lowering.weights import Weights
from seqkit.recipe import Recipe
from seqkit.runtimes.gathering import Gatherer, covers
from seqkit.runtimes.padding import BATCH_TOKENS

#: A text of more tokens is read in pieces. It has a batch of its own, whatever it is given with, so
#: that its answer depends on nothing else; and a shorter one takes no more memory than any batch.
LONG = BATCH_TOKENS
#: Tokens of a piece. With fewer, calls from piece to piece begin to cost time; with more, memory.
PIECE = 4096

#: A cell's state: arrays ``(1, H)``.
State: TypeAlias = tuple[np.ndarray, ...]

#: What a network may be made of to be read in pieces; with any other choice it is read at once.
_KNOWN_EMBEDDING = frozenset(
    {"size", "feature_size", "characters", "character_size", "character_width", "init"}
    | {"dropout", "token_dropout", "word_dropout"}
)
_KNOWN_ENCODER = frozenset(
    {"hidden_size", "layers", "bidirectional", "max_tokens", "keep", "context"}
    | {"dropout", "dropout_per", "weight_dropout"}
)


class Cells(ABC):
    """A network's embedding and its cells, as a runtime runs them over a piece of one text."""

    @abstractmethod
    def vectors(self, piece: Encoded) -> Any:
        """What the first layer reads of a piece, in the form that :meth:`run` takes."""

    @abstractmethod
    def initial_state(self, cell: int) -> State:
        """A cell's state before the first step of one text."""

    @abstractmethod
    def run(self, cell: int, x: Any, state: State) -> tuple[np.ndarray, State]:
        """Run one cell over a piece.

        Args:
            cell: Which: the first layer's forward direction is 0, its backward one 1 if there is
                any, and so on.
            x: What :meth:`vectors` gave, or for a layer above ``(n, D)`` float32.
            state: The state before the step that it reads first, which stays as it is.

        Returns:
            The outputs ``(n, H)`` in the order of the text, also of a cell that reads backwards,
            and the state after all.
        """


class LongTexts:
    """Reads long texts with a runtime's cells.

    Args:
        cells: The runtime's.
        head: What makes logits of it.
        layers: How many layers.
        directions: 1 or 2.
    """

    def __init__(self, cells: Cells, head: Gatherer, *, layers: int, directions: int) -> None:
        self.cells, self.head = cells, head
        self.layers, self.directions = layers, directions

    def logits(self, text: Encoded) -> np.ndarray:
        """The logits of a text; see :meth:`seqkit.runtimes.base.Runtime.logits`."""
        gathering = self.head.begin(text)
        reading = _Reading(self, text)
        if self.directions == 1:
            for start, steps in reading.forwards():
                gathering.add(steps, start)
            return gathering.logits()
        top = self.layers - 1
        for layer in range(top):
            for back in (0, 1):
                for _ in reading.one_way(layer, back, keep=True):
                    pass
        if not self.head.together:
            for back in (0, 1):
                for start, steps in reading.one_way(top, back):
                    gathering.add(steps, start, back=back == 1)
            return gathering.logits()
        for _ in reading.one_way(top, 1, keep=True):
            pass
        for start, steps in reading.both_ways(top):
            gathering.add(steps, start)
        return gathering.logits()


class _Reading:
    """One text on its way through the layers.

    Attributes:
        before: Of a cell, the state with which it comes to each piece, ``(pieces, 1, H)`` each.
    """

    def __init__(self, network: LongTexts, text: Encoded) -> None:
        self.text, self.cells = text, network.cells
        self.count = network.layers * network.directions
        self.starts = range(0, len(text), PIECE)
        self.before: dict[int, State] = {}

    def forwards(self) -> Iterator[tuple[int, np.ndarray]]:
        """All layers of a network that reads forwards alone: each piece's start, and its steps."""
        states = [self.cells.initial_state(cell) for cell in range(self.count)]
        for number, start in enumerate(self.starts):
            x = self._given(0, number)
            for cell, state in enumerate(states):
                x, states[cell] = self.cells.run(cell, x, state)
            yield start, x

    def one_way(
        self, layer: int, back: int, *, keep: bool = False
    ) -> Iterator[tuple[int, np.ndarray]]:
        """One direction of a layer whose lower ones have been read both ways.

        Args:
            layer: Counted from 0.
            back: 0 for the forward direction, 1 for the backward one.
            keep: Whether its states are wanted again.
        """
        cell, numbers = 2 * layer + back, range(len(self.starts))
        state = self.cells.initial_state(cell)
        if keep:
            # all at once, for small arrays that stay would be strewn between large ones that go
            self.before[cell] = tuple(np.empty((len(numbers), *p.shape), p.dtype) for p in state)
        for number in reversed(numbers) if back else numbers:
            if keep:
                for kept, part in zip(self.before[cell], state, strict=True):
                    kept[number] = part
            steps, state = self.cells.run(cell, self._given(layer, number), state)
            yield self.starts[number], steps

    def both_ways(self, layer: int) -> Iterator[tuple[int, np.ndarray]]:
        """Both directions of a layer whose backward one has been read."""
        forward, backward = 2 * layer, 2 * layer + 1
        state = self.cells.initial_state(forward)
        for number, start in enumerate(self.starts):
            x = self._given(layer, number)
            steps, state = self.cells.run(forward, x, state)
            behind = self._again(backward, x, number)
            yield start, np.concatenate([steps, behind], axis=1)

    def _given(self, layer: int, number: int) -> Any:
        """What a layer reads of a piece, computed anew from the states that were kept."""
        start = self.starts[number]
        x = self.cells.vectors(self.text.piece(start, start + PIECE))
        for cell in range(0, 2 * layer, 2):
            x = np.concatenate([self._again(c, x, number) for c in (cell, cell + 1)], axis=1)
        return x

    def _again(self, cell: int, x: Any, number: int) -> np.ndarray:
        """What a cell gives for a piece that it has read before."""
        return self.cells.run(cell, x, tuple(kept[number] for kept in self.before[cell]))[0]


def can_be_read_in_pieces(recipe: Recipe) -> bool:
    """Whether a network's head says how, and nothing in its recipe is unknown here."""
    pieces = recipe.head_spec.pieces
    return (
        bool(pieces)
        and not recipe.contextual.on  # whose states are of characters, not of tokens
        and covers(recipe.embedding, _KNOWN_EMBEDDING)
        and covers(recipe.encoder, _KNOWN_ENCODER)
        and lazy.load(pieces).fits(recipe.head.options)
    )


def long_texts(recipe: Recipe, cells: Cells, weights: Weights, output_size: int) -> LongTexts:
    """What reads long texts with a network.

    Args:
        recipe: The network's, of which :func:`can_be_read_in_pieces` is true.
        cells: The runtime's.
        weights: All of the network's.
        output_size: ``L``, logits of the head.
    """
    encoder = recipe.encoder
    directions = 2 if encoder.bidirectional else 1
    head = lazy.load(recipe.head_spec.pieces)(
        weights.below("head."),
        input_size=directions * encoder.hidden_size,
        output_size=output_size,
        options=recipe.head.options,
    )
    return LongTexts(cells, head, layers=encoder.layers, directions=directions)
