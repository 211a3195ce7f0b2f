"""A generation model that another one begins from."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from seqkit import registry
from seqkit.bundle.load import Bundle, open_bundle, resolve
from seqkit.bundle.manifest import TOKENIZER, WEIGHTS, OriginRecord, damaged
from seqkit.errors import RecipeError
from seqkit.recipe import Part, Recipe

#: The keys of a recipe that name a model, the one of the forward direction first.
Key = Literal["model", "backward_model", "forward", "backward"]


class Source:
    """An opened model, with what another recipe needs to know of it.

    Args:
        key: The key of ``[pretrained]``, or of ``[contextual]``, that names it.
        name: What that says: a bundle's directory or an installed model's name.
        section: Which of the two.

    Attributes:
        bundle: The model.

    Raises:
        BundleError: There is no such model, or it is damaged.
        PluginError: A plugin that it needs is not installed.
    """

    def __init__(self, key: Key, name: str, section: str = "pretrained") -> None:
        self.key = key
        self.name = name
        self.section = section
        self.bundle: Bundle = open_bundle(resolve(name))

    @cached_property
    def weights(self) -> dict[str, np.ndarray]:
        """All weights by name, read at first use."""
        return self.bundle.weights()

    def array(self, parameter: str) -> np.ndarray:
        """One of its weights by name.

        Raises:
            BundleError: It has none of that name.
        """
        try:
            return self.weights[parameter]
        except KeyError:
            raise damaged(self.bundle.path / WEIGHTS, f"it lacks '{parameter}'") from None

    def vectors(self) -> np.ndarray:
        """The vectors of its tokens, ``(V, E)``.

        Raises:
            BundleError: They are not as many, or not of the size, that the bundle says.
        """
        table = self.array("embedding.weight")
        expected = (self.bundle.manifest.vocab_size, self.size)
        if table.shape != expected:
            raise damaged(
                self.bundle.path / WEIGHTS,
                f"'embedding.weight' is {table.shape}, and should be {expected}",
            )
        return table

    @property
    def size(self) -> int:
        """Features of its embedding; 0 for one-hot input."""
        return self.bundle.recipe.embedding.size

    def vocabulary(self) -> str:
        """A checksum of its tokenizer's files."""
        digest = hashlib.sha256()
        folder = self.bundle.path / TOKENIZER
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            digest.update(repr((path.relative_to(folder).as_posix(), checksum(path))).encode())
        return digest.hexdigest()

    def record(self) -> OriginRecord:
        """What the manifest of a model that begins from it says of it."""
        corpus = self.bundle.manifest.corpus
        return OriginRecord(
            kind=self.key if self.section == "pretrained" else f"{self.section}.{self.key}",
            name=Path(self.name).name,
            sha256=checksum(self.bundle.path / WEIGHTS),
            corpus=corpus.name,
            licence=corpus.licence,
        )

    def check(self, recipe: Recipe) -> None:
        """Make sure that a recipe's layers can begin with this model's.

        Raises:
            RecipeError: They are of another kind or size; the message names both.
        """
        theirs = self.bundle.recipe
        self.check_reading(recipe, backward=self.key == "backward_model" or recipe.encoder.reversed)
        for key in ("hidden_size", "layers"):
            wanted, has = getattr(recipe.encoder, key), getattr(theirs.encoder, key)
            if wanted != has:
                raise self.unfit(
                    f"has encoder.{key}={has}",
                    f"this recipe has encoder.{key}={wanted}",
                    f"Set encoder.{key}={has}, or name another model",
                )
        if recipe.pretrained.tokenizer == "own":
            self._check_own_tokenizer(recipe)

    def check_reading(self, recipe: Recipe, *, backward: bool) -> None:
        """Make sure that it foretells what comes next, with a recipe's cell.

        Args:
            recipe: Whose.
            backward: Whether it should have been trained to read texts from their end.

        Raises:
            RecipeError: It does not; the message says what it is.
        """
        theirs = self.bundle.recipe
        if theirs.head_spec.arity != "one-to-many":
            raise self.unfit(
                f"is a model for {theirs.head.name}",
                "layers are taken over from a model that foretells what comes next",
                "Name a generation model",
            )
        if theirs.encoder.reversed != backward:
            ways = ("from their beginning", "from their end")
            raise self.unfit(
                f"reads texts {ways[theirs.encoder.reversed]}",
                f"the layers that would begin from it read them {ways[backward]}",
                f"Name a model that was trained with encoder.reversed={str(backward).lower()}",
            )
        self._check_part("cell", recipe.cell, theirs.cell)

    def _check_own_tokenizer(self, recipe: Recipe) -> None:
        theirs = self.bundle.recipe
        fix = "Set pretrained.tokenizer=theirs"
        if theirs.tokenizer.name != recipe.tokenizer.name:
            raise self.unfit(
                f"has the tokenizer {theirs.tokenizer.name}",
                f"this recipe has {recipe.tokenizer.name}, whose tokens are others",
                f"{fix}, or tokenizer.name={theirs.tokenizer.name}",
            )
        if not self.size and self.key == "model":
            raise self.unfit("has one-hot input", "its layers are of its own vocabulary", fix)

    def _check_part(self, kind: str, own: Part, theirs: Part) -> None:
        found = [registry.find(kind, part.name).qualified for part in (own, theirs)]
        if found[0] != found[1]:
            raise self.unfit(
                f"has the {kind} {theirs.name}",
                f"this recipe has {own.name}",
                f"Set {kind}.name={theirs.name}, or name another model",
            )
        if own.options != theirs.options:
            raise self.unfit(
                f"has other options of the {kind} {own.name}",
                f"they are {theirs.options}, and in this recipe {own.options}",
                "Set the same, or name another model",
            )

    def unfit(self, what: str, why: str, fix: str) -> RecipeError:
        """The error for a model that a recipe can't begin from."""
        return RecipeError(f"{self.section}.{self.key}: '{self.name}' {what}", why=why, fix=fix)


def checksum(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
