"""A bundle's network, its weights packed for the compiled library."""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

from seqkit.bundle.load import Bundle
from seqkit.bundle.manifest import RECIPE, WEIGHTS, damaged
from seqkit.errors import BundleError
from seqkit.recipe import Recipe
from seqkit_kernels.characters import characters
from seqkit_kernels.contextual import Context
from seqkit_kernels.heads import Bag, Classifier, Tagger, products
from seqkit_kernels.packed import (
    KINDS,
    CellProblem,
    PackedCell,
    gates_of,
    pack_cell,
    pack_product,
    pack_rows,
    padded,
)

#: Bytes that a table of what each word adds to the first layer may have: it is made when a model is
#: loaded, so that an answer never depends on what was asked before.
LARGEST_TABLE = 32 << 20


def kind_of(recipe: Recipe) -> int | None:
    """The library's number of a recipe's cell; none where it has no such cell."""
    options = recipe.cell.options
    choice = getattr(options, "reset", getattr(options, "activation", ""))
    return KINDS.get((recipe.cell.name.rpartition(":")[2], choice))


class Network:
    """Embedding, layers and head of a bundle whose cell and head the library knows.

    Args:
        bundle: An open bundle.
        eight: Whether the weights of cells, and those that text is written with, have eight bits.

    Attributes:
        V: Rows of the embedding.
        H: Units of a cell.
        P: Units with the padding.
        directions: 1 or 2.
        embedding: ``(V, E)``, or none for one-hot input.
        features: ``(buckets, F)``, or none.
        characters: What reads the characters of words, or none.
        context: What reads those of sentences, or none.
        layers: Each layer's cells, forwards and backwards.
        products: What the head of a generation model multiplies by.
        head: The head of any other model.
        head_weights: The arrays of that, by their names, where it can answer in pieces.
        stack: The layers forwards and then the products.
        work: About how many multiplications a step of the stack takes, per gate.

    Raises:
        BundleError: The weights are damaged, or do not fit the recipe.
    """

    def __init__(self, bundle: Bundle, *, eight: bool = False) -> None:
        self._given, self._file = bundle.weights(), bundle.path / WEIGHTS
        recipe, tokenizer = bundle.recipe, bundle.tokenizer
        sizes, encoder = recipe.embedding, recipe.encoder
        below = recipe.head_spec.reads == "steps"
        kind = kind_of(recipe)
        assert kind is not None
        self._kind, self._gates = kind, gates_of(kind)
        self.V, self.H = tokenizer.vocab_size, encoder.hidden_size
        self.P, self.directions = padded(self.H, kind=kind), 2 if encoder.bidirectional else 1
        self.embedding: np.ndarray | None = None
        if below and sizes.size:
            self.embedding = self._take("embedding.weight", self.V, sizes.size)
        self._width = sizes.size + (sizes.character_size if sizes.spells else 0)
        self._width += recipe.contextual.output_size
        self.features: np.ndarray | None = None
        if sizes.feature_size and tokenizer.feature_buckets:
            shape = tokenizer.feature_buckets, sizes.feature_size
            self.features = self._take("embedding.feature_weight", *shape)
            self._width += sizes.feature_size
        table_bytes = 4 * self.V * self._gates * self.P * self.directions
        self.characters = characters(self._take, sizes, kind, eight=eight)
        self.context: Context | None = None
        if recipe.contextual.on:
            self.context = Context(self._take, recipe.contextual, kind, eight=eight)
        small = not self.forms and table_bytes <= LARGEST_TABLE
        self._folds = small or self.embedding is None
        self.head_weights: dict[str, np.ndarray] = {}
        if recipe.head_spec.pieces:
            self.head_weights = {n: a for n, a in self._given.items() if n.startswith("head.")}
        self.layers = [self._layer(n, eight) for n in range(encoder.layers if below else 0)]
        self.head, self.products = self._made_head(bundle, eight)
        if self._given:
            raise self._damaged(f"{', '.join(self._given)} has no place in it")
        self.stack = self._stacked()

    @property
    def forms(self) -> bool:
        """Whether tokens have vectors of what they look like, beside those of their ids."""
        return any(p is not None for p in (self.features, self.characters, self.context))

    def _stacked(self) -> ctypes.Array[CellProblem]:
        """The layers forwards and the products, as :class:`seqkit_kernels.packed.StepProblem`."""
        layers = [layer[0].problem for layer in self.layers]
        products = [product.problem for product in self.products]
        self.work = sum(c.H * c.I for c in (*layers, *products)) + sum(c.H * c.H for c in layers)
        return (CellProblem * (len(layers) + len(products)))(*layers, *products)

    def _layer(self, number: int, eight: bool) -> list[PackedCell]:
        H, rows = self.H, self._gates * self.H
        if number:
            width = self.directions * H
        elif self.embedding is None:
            width = self.V
        else:
            width = self._width
        cells = []
        for direction in range(self.directions):
            name = f"encoder.cells.{number * self.directions + direction}"
            W_x, W_h = self._take(f"{name}.W_hx", rows, width), self._take(f"{name}.W_hh", rows, H)
            b_x, b_h = self._take(f"{name}.b_x", rows), self._take(f"{name}.b_h", rows)
            sums = None
            if not number and self._folds:
                sums = W_x.T if self.embedding is None else self.embedding @ W_x.T  # (V, G*H)
                W_x = W_x[:, :0]
            above = self.directions if number else 0
            cell = pack_cell(self._kind, W_x, W_h, b_x, b_h, directions=above, eight=eight)
            if sums is not None:
                cell = cell.from_table(pack_rows(sums + cell.bias, self._gates))
            cells.append(cell)
        return cells

    def _made_head(
        self, bundle: Bundle, eight: bool
    ) -> tuple[Classifier | Tagger | Bag | None, list[PackedCell]]:
        name = bundle.recipe.head.name
        options: Any = bundle.recipe.head.options
        D = self.directions * self.H
        if name == "classification":
            return Classifier(self._take, D, bundle.decoder.output_size, options), []
        if name == "nbsvm":
            return Bag(self._take, bundle.decoder.output_size, options), []
        if name == "tagging":
            L = bundle.decoder.output_size
            if options.crf:  # the decoder has transitions of its own
                for table in ("scores", "barrier"):
                    self._take(f"head.crf.{table}", L + 1, L + 1)
            return Tagger(self._take, self.H, self.P, L, self.directions), []
        packed: list[PackedCell] = []
        for W, b in products(self._take, D, self.V, options, self.embedding):
            columns = packed[-1].problem.H if packed else self.P
            packed.append(pack_product(W, b, columns=columns, eight=eight))
        return None, packed

    def _take(self, name: str, *shape: int) -> np.ndarray:
        array = self._given.pop(name, None)
        if array is None or array.shape != shape or array.dtype != np.float32:
            found = "is missing" if array is None else f"is {array.dtype} {array.shape}"
            raise self._damaged(f"{name} {found}, not float32 {shape}")
        return array

    def _damaged(self, why: str) -> BundleError:
        return damaged(self._file, f"it does not fit {RECIPE}: {why}")
