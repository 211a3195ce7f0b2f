"""Where a network's weights begin, as its recipe says."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from seqkit import registry
from seqkit.bundle.manifest import OriginRecord
from seqkit.errors import RecipeError
from seqkit.pretrained.characters import CharacterModels
from seqkit.pretrained.rows import RowMap, tokens_of
from seqkit.pretrained.source import Source
from seqkit.pretrained.vectors import WordVectors
from seqkit.recipe import Recipe
from seqkit.tokenizers.base import PAD, SPECIAL_SYMBOLS, Tokenizer

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Taken:
    """Weights for a network, from one place.

    Attributes:
        source: Where they are from, as the recipe calls it.
        weights: By the names that the network has for them.
        rows: Which rows of the embedding its weights are; all of them where it is none.
        tokens: Tokens of the network's vocabulary, special symbols not counted.
        found: How many of them the source knew.
    """

    source: str
    weights: dict[str, np.ndarray]
    tokens: int
    found: int
    rows: np.ndarray | None = None


class Beginning:
    """The models or vectors that a recipe begins from; none for most recipes.

    Args:
        recipe: A checked recipe.

    Attributes:
        recipe: The same, with the tokenizer that is taken over, if one is, and the sizes of the
            models that ``[contextual]`` names.

    Raises:
        RecipeError: A model's layers do not fit the recipe's.
        BundleError: There is no such model, or it is damaged.
        PluginError: A plugin that it needs is not installed.
        DataError: There is no such file of vectors.
    """

    def __init__(self, recipe: Recipe) -> None:
        section = recipe.pretrained
        self._models: list[Source] = []
        if section.model:
            self._models.append(Source("model", section.model))
        if section.backward_model:
            self._models.append(Source("backward_model", section.backward_model))
        for model in self._models:
            model.check(recipe)
        _check_embedding(recipe, self._models)
        self._vectors = WordVectors(recipe) if section.vectors else None
        self._theirs = section.tokenizer == "theirs"
        if self._theirs:
            recipe = replace(recipe, tokenizer=self._models[0].bundle.recipe.tokenizer)
        self._characters = CharacterModels(recipe) if recipe.contextual.on else None
        if self._characters:
            recipe = self._characters.recipe
        self.recipe = recipe

    def make_tokenizer(self) -> Tokenizer:
        """The trained tokenizer that is taken over, or one that the corpus has yet to teach.

        Raises:
            DataError: Words are to be taken in from a file of vectors, which is damaged.
        """
        if self._theirs:
            return self._models[0].bundle.tokenizer
        part = self.recipe.tokenizer
        made: Tokenizer = registry.load_target("tokenizer", part.name)(part.options)
        if self._vectors and (number := self.recipe.pretrained.vectors_words):
            made.admit(self._vectors.words(number))
        return made

    @property
    def letters(self) -> Tokenizer | None:
        """The characters in which the models that ``[contextual]`` names read sentences."""
        return self._characters.tokenizer if self._characters else None

    @cached_property
    def vocabulary(self) -> str:
        """A checksum of that tokenizer's files, or the empty string."""
        return self._models[0].vocabulary() if self._theirs else ""

    @cached_property
    def origins(self) -> tuple[OriginRecord, ...]:
        """What the manifest records."""
        found = [model.record() for model in self._models]
        if self._vectors:
            found.append(self._vectors.record())
        return (*found, *(self._characters.origins if self._characters else ()))

    def digest(self, data: str) -> str:
        """A checksum of a corpus together with what training on it begins from."""
        if not self.origins:
            return data
        return hashlib.sha256(repr((data, [o.sha256 for o in self.origins])).encode()).hexdigest()

    def take(self, tokenizer: Tokenizer, shapes: Shapes) -> Iterator[Taken]:
        """The weights that are not drawn.

        Args:
            tokenizer: The trained tokenizer of the network.
            shapes: The network's tensors.

        Raises:
            BundleError: A model's weights are not what its recipe says.
            RecipeError: A tensor of a model does not fit the network's of the same name.
            DataError: A file of vectors is damaged, or has vectors of another size.
        """
        own = tokens_of(tokenizer)
        yield from self.take_characters(shapes)
        if self._vectors:
            rows, table = self._vectors.read(own)
            weights = {"embedding.weight": table}
            yield Taken(self._vectors.name, weights, _words(own), len(rows), rows)
        maps = [RowMap(tokens_of(m.bundle.tokenizer), own) for m in self._models]
        first = 0
        for direction, (model, matched) in enumerate(zip(self._models, maps, strict=True)):
            weights = self._cells(model, shapes, direction, first)
            if not direction:
                weights |= self._embedding(maps)
                weights |= self._head(model, matched, shapes, len(own))
            yield Taken(model.name, weights, _words(own), matched.found)
            first += model.size

    def take_characters(self, shapes: Shapes) -> Iterator[Taken]:
        """Of :meth:`take`, what the models have that ``[contextual]`` names.

        Raises:
            BundleError: A model's weights are not what its recipe says.
        """
        for model in self._characters.take(shapes) if self._characters else ():
            yield Taken(model.source, model.weights, model.tokens, model.found)

    def _embedding(self, maps: list[RowMap]) -> dict[str, np.ndarray]:
        """The vectors of words: each model's own features, beside each other."""
        name = "embedding.weight"
        if not self.recipe.embedding.size:
            return {}
        parts = [rows(m.vectors()) for m, rows in zip(self._models, maps, strict=True)]
        table = np.concatenate(parts, axis=1)
        if self.recipe.head_spec.arity != "one-to-many":
            table[PAD] = 0  # where weights are tied it is an output that no other head has
        return {name: table}

    def _cells(
        self, model: Source, shapes: Shapes, direction: int, first: int
    ) -> dict[str, np.ndarray]:
        directions = 2 if self.recipe.encoder.bidirectional else 1
        found = {}
        for layer in range(self.recipe.encoder.layers):
            prefix = f"encoder.cells.{layer * directions + direction}."
            for name, shape in shapes.items():
                if name.startswith(prefix):
                    theirs = f"encoder.cells.{layer}.{name.removeprefix(prefix)}"
                    array = model.array(theirs)
                    own = (first, model.size) if not layer else (0, 0)
                    found[name] = _placed(array, shape, *own, name=name, model=model)
        return found

    def _head(
        self, model: Source, rows: RowMap, shapes: Shapes, tokens: int
    ) -> dict[str, np.ndarray]:
        """The weights of a head of the same kind; those that have a row a token by token."""
        if self.recipe.head.name != model.bundle.recipe.head.name:
            return {}
        vocabularies = (model.bundle.manifest.vocab_size,), (tokens,)
        found = {}
        for name, shape in shapes.items():
            if not name.startswith("head."):
                continue
            if name not in model.weights:
                raise RecipeError(
                    f"pretrained.model: '{model.name}' has no '{name}'",
                    why="its head has other options",
                    fix=f"Give the section [head] the options that stand in "
                    f"{model.bundle.path / 'recipe.toml'}",
                )
            array = model.array(name)
            if (array.shape[:1], shape[:1]) == vocabularies:
                array = rows(array)
            found[name] = _placed(array, shape, 0, 0, name=name, model=model)
        return found


def _words(tokens: list[str]) -> int:
    return len(tokens) - len(SPECIAL_SYMBOLS)


def _check_embedding(recipe: Recipe, models: list[Source]) -> None:
    sizes = [model.size for model in models]
    if models and recipe.embedding.size != sum(sizes):
        named = " and ".join(f"'{model.name}' has {model.size}" for model in models)
        raise RecipeError(
            f"pretrained.{models[0].key}: embedding.size is {recipe.embedding.size}",
            why=named if len(models) == 1 else f"each direction reads its own: {named}",
            fix=f"Set embedding.size={sum(sizes)}",
        )


def _placed(
    array: np.ndarray, shape: tuple[int, ...], first: int, inputs: int, *, name: str, model: Source
) -> np.ndarray:
    """An array in the shape that a network has for it.

    Input weights of fewer features, ``(..., inputs)``, stand from column ``first`` on, and the
    features that the model never saw begin without a weight.
    """
    if array.shape == shape:
        return array
    wider = inputs and len(shape) > 1 and array.shape == (*shape[:-1], inputs)
    if not wider or first + inputs > shape[-1]:
        raise RecipeError(
            f"pretrained.{model.key}: '{name}' of '{model.name}' does not fit",
            why=f"it is {array.shape}, and this recipe's is {shape}",
            fix="Give the recipe the sizes of the model",
        )
    placed = np.zeros(shape, dtype=array.dtype)
    placed[..., first : first + inputs] = array
    return placed
