"""The two models of characters that ``[contextual]`` reads sentences with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from seqkit import registry
from seqkit.bundle.manifest import WEIGHTS, OriginRecord, damaged
from seqkit.pretrained.rows import RowMap, tokens_of
from seqkit.pretrained.source import Source
from seqkit.recipe import Recipe
from seqkit.tokenizers.base import SPECIAL_SYMBOLS, Tokenizer

#: What the names of their weights begin with in the network that reads with them.
_PREFIX = "embedding.contextual.models"


@dataclass(frozen=True, slots=True)
class ModelWeights:
    """One model's weights, by the names that the network has for them.

    Attributes:
        source: The model, as the recipe calls it.
        weights: Its characters' vectors and its cell's weights.
        tokens: Characters of the vocabulary that sentences are written in.
        found: How many of them it knows.
    """

    source: str
    weights: dict[str, np.ndarray]
    tokens: int
    found: int


class CharacterModels:
    """The models that a recipe names, which fit it and each other.

    Sentences are written in the characters of the forward model. One that the other does not know
    gets the mean of its characters' vectors, as :class:`RowMap` has it.

    Args:
        recipe: Names both.

    Attributes:
        recipe: The same with the models' sizes.

    Raises:
        RecipeError: One is no model of characters in its direction, has another cell than the
            recipe or another size than the other.
        BundleError: There is no such model, or it is damaged.
        PluginError: A plugin that it needs is not installed.
    """

    def __init__(self, recipe: Recipe) -> None:
        section = recipe.contextual
        self._forward = Source("forward", section.forward, "contextual")
        self._backward = Source("backward", section.backward, "contextual")
        for model in self._models:
            model.check_reading(recipe, backward=model is self._backward)
            _check_characters(model)
        sizes = [_sizes(model) for model in self._models]
        for key in ("vector_size", "hidden_size"):
            if sizes[0][key] != sizes[1][key]:
                what = {"vector_size": "embedding.size", "hidden_size": "encoder.hidden_size"}[key]
                raise self._backward.unfit(
                    f"has {what}={sizes[1][key]}",
                    f"contextual.forward has {sizes[0][key]}",
                    "Name two models of the same size",
                )
        for key, has in sizes[0].items():
            if getattr(section, key) not in (0, has):
                raise self._forward.unfit(
                    f"has another size: {has}",
                    f"contextual.{key} is {getattr(section, key)}",
                    f"Leave contextual.{key} out",
                )
        self.recipe = replace(recipe, contextual=msgspec.structs.replace(section, **sizes[0]))

    @property
    def _models(self) -> tuple[Source, Source]:
        return self._forward, self._backward

    @property
    def tokenizer(self) -> Tokenizer:
        """What sentences are written in."""
        return self._forward.bundle.tokenizer

    @property
    def origins(self) -> tuple[OriginRecord, ...]:
        """What the manifest records."""
        return tuple(model.record() for model in self._models)

    def take(self, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[ModelWeights]:
        """The weights of each, the forward one first.

        Args:
            shapes: The network's tensors.

        Raises:
            BundleError: A model's weights are not what its recipe says.
        """
        own = tokens_of(self.tokenizer)
        for index, model in enumerate(self._models):
            rows = RowMap(tokens_of(model.bundle.tokenizer), own)
            prefix = f"{_PREFIX}.{index}."
            weights = {f"{prefix}weight": rows(model.vectors())}
            for name, shape in shapes.items():
                if name.startswith(f"{prefix}encoder."):
                    theirs = name.removeprefix(prefix)
                    weights[name] = array = model.array(theirs)
                    if array.shape != shape:
                        raise damaged(
                            model.bundle.path / WEIGHTS,
                            f"'{theirs}' is {array.shape}, and should be {shape}",
                        )
            yield ModelWeights(model.name, weights, len(own) - len(SPECIAL_SYMBOLS), rows.found)


def _sizes(model: Source) -> dict[str, int]:
    """By the keys of ``[contextual]``."""
    return {
        "vocab_size": model.bundle.manifest.vocab_size,
        "vector_size": model.size,
        "hidden_size": model.bundle.recipe.encoder.hidden_size,
    }


def _check_characters(model: Source) -> None:
    """Make sure that a model reads characters, in one layer.

    Raises:
        RecipeError: It does not.
    """
    theirs = model.bundle.recipe
    found = registry.find("tokenizer", theirs.tokenizer.name).qualified
    if found != registry.find("tokenizer", "char").qualified:
        raise model.unfit(
            f"has the tokenizer {theirs.tokenizer.name}",
            "a sentence is read a character at a time",
            "Name a model that was trained with tokenizer.name=char",
        )
    if not model.size:
        raise model.unfit(
            "has one-hot input",
            "characters are read as vectors",
            "Name a model that was trained with embedding.size above 0",
        )
    if theirs.encoder.layers != 1:
        raise model.unfit(
            f"has encoder.layers={theirs.encoder.layers}",
            "its one layer is what is read with",
            "Name a model that was trained with encoder.layers=1",
        )
