"""Finds a bundle by path or name and opens it, checking everything before it is used."""

from __future__ import annotations

import os
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load as from_safetensors

from seqkit import lazy, manager, registry
from seqkit import recipe as recipes
from seqkit.bundle.manifest import (
    CHECKPOINTS,
    CONTEXTUAL,
    HEAD,
    MANIFEST,
    RECIPE,
    TOKENIZER,
    WEIGHTS,
    Manifest,
    PartRecord,
    check_inside,
    damaged,
    read_manifest,
    read_member,
    retired_path,
)
from seqkit.bundle.weights import from_stored
from seqkit.decoding.base import Decoder
from seqkit.errors import BundleError, PluginError, RecipeError, did_you_mean
from seqkit.manager import normalised
from seqkit.recipe import Recipe
from seqkit.specs import HeadSpec
from seqkit.tokenizers import CharOptions
from seqkit.tokenizers.base import Tokenizer

#: What any prediction is made with; a bundle loads without the reader and the callbacks.
_NEEDED = ("tokenizer", "head")
_LARGEST_RECIPE = 1 << 20  # bytes
_MOST_FILES = 10_000


class Bundle:
    """A bundle whose manifest and recipe have been read and whose plugins are installed.

    Attributes:
        path: Its directory.
        manifest: What is inside.
        recipe: What made it; without the reader and the callbacks that are not installed here.
    """

    def __init__(self, path: Path, manifest: Manifest, recipe: Recipe) -> None:
        self.path = path
        self.manifest = manifest
        self.recipe = recipe

    @cached_property
    def tokenizer(self) -> Tokenizer:
        """The trained tokenizer, read at first use.

        Raises:
            BundleError: Its files are missing or damaged.
        """
        part = self.recipe.tokenizer
        tokenizer: Tokenizer = registry.load_target("tokenizer", part.name)(part.options)
        tokenizer.load(self.path / TOKENIZER)
        if tokenizer.vocab_size != self.manifest.vocab_size:
            raise damaged(
                self.path / TOKENIZER,
                f"it has {tokenizer.vocab_size:,} ids and the manifest says "
                f"{self.manifest.vocab_size:,}",
            )
        return tokenizer

    @cached_property
    def letters(self) -> Tokenizer | None:
        """The characters that ``[contextual]`` reads sentences in; none where it reads none.

        Raises:
            BundleError: Their file is missing or damaged.
        """
        sizes = self.recipe.contextual
        if not sizes.on:
            return None
        letters: Tokenizer = registry.load_target("tokenizer", "char")(CharOptions())
        letters.load(self.path / CONTEXTUAL)
        if letters.vocab_size != sizes.vocab_size:
            raise damaged(
                self.path / CONTEXTUAL,
                f"it has {letters.vocab_size:,} ids and {RECIPE} says {sizes.vocab_size:,}",
            )
        return letters

    @cached_property
    def decoder(self) -> Decoder:
        """The torch-free half of the head, with the manifest's labels.

        Raises:
            BundleError: Files of its own, or the tokenizer's, are missing or damaged.
        """
        head = self.recipe.head
        spec: HeadSpec = registry.find("head", head.name).spec
        decoder: Decoder = lazy.load(spec.decoder)(head.options, self.manifest.labels)
        decoder.load(self.path / HEAD)
        decoder.use(self.tokenizer)
        return decoder

    def weights(self) -> dict[str, np.ndarray]:
        """Read all weights.

        Returns:
            Arrays of their own by name: float32 whatever they are stored as, and whole numbers as
            they are. Every runtime is given these, so that all compute with the same.

        Raises:
            BundleError: The file is missing or damaged, or does not fit the manifest.
        """
        file = self.path / WEIGHTS
        trained = self.manifest.parameters
        # Beside each parameter: a second name for a shared one, and what is not trained
        data = read_member(self.path, WEIGHTS, limit=16 * trained + (16 << 20))
        try:
            arrays = from_safetensors(data)
        # KeyError is a type that numpy does not have, ValueError a shape that it can't hold
        except (SafetensorError, KeyError, ValueError) as error:
            raise damaged(file, f"{type(error).__name__}: {error}") from error
        try:
            weights = from_stored(arrays, self.manifest.weights)
        except ValueError as error:
            raise damaged(file, str(error)) from error
        stored = sum(array.size for array in weights.values())
        if stored < trained:
            raise damaged(file, f"it holds {stored:,} numbers and the manifest says {trained:,}")
        return weights


def open_bundle(path: Path) -> Bundle:
    """Open a bundle. Nothing in it is run, and nothing outside it is read.

    Args:
        path: Its directory; :func:`resolve` finds the one of an installed model.

    Raises:
        BundleError: It is missing, damaged or too new, a file in it leads outside, or a plugin
            that it was made with does not take its options any more.
        PluginError: A plugin that it needs is not installed; the message says how to install it.
    """
    if not path.exists() and retired_path(path).exists():
        raise BundleError(
            f"There is no bundle {path}",
            why="writing a new one was interrupted",
            fix=f"The one before it is whole; rename it from {retired_path(path)}",
        )
    manifest = read_manifest(path)
    _check_tree(path)
    tables = _read_tables(path)
    records = {part.kind: part for part in manifest.parts if part.kind != "callback"}
    for kind in _NEEDED:
        _check_part(path, kind, tables, records)
    if registry.find("head", tables["head"]["name"]).spec.reads == "steps":
        _check_part(path, "cell", tables, records)
    if records["head"].name != manifest.task:
        raise damaged(path / MANIFEST, f"its task is '{manifest.task}', but not its head's name")
    try:
        recipe = recipes.parse(_without_missing(tables), source=str(path / RECIPE))
    except RecipeError as error:
        made_with = ", ".join(
            f"{part.distribution} {part.version}"
            for part in {(p.distribution, p.version): p for p in manifest.parts}.values()
        )
        raise BundleError(
            error.what,
            why=error.why or f"it was made with {made_with}",
            fix="Install those versions, or take the bundle from its source again",
        ) from error
    return Bundle(path, manifest, recipe)


def resolve(name_or_path: str | Path, *, task: str = "") -> Path:
    """The directory of the bundle that a user means.

    Args:
        name_or_path: A bundle's directory, or an installed model's name, which a
            :class:`~pathlib.Path` or a string with a slash never is; the empty string for the
            default model of ``task``.
        task: The head's name; empty for any.

    Raises:
        BundleError: There is no such bundle or model, or several are the default one.
        PluginError: Several packages have a model of that name.
    """
    if name_or_path == "":
        return _default(task)
    path = Path(name_or_path)
    if (path / MANIFEST).is_file():
        return path
    models = registry.registered("model")
    if any(name_or_path in (model.spec.name, model.qualified) for model in models):
        installed: Path = registry.find("model", str(name_or_path)).spec.path
        return installed
    if retired_path(path.absolute()).exists():
        return path  # opening it tells what happened
    if (path / CHECKPOINTS).is_dir():
        raise BundleError(
            f"{path} is not finished",
            why="its training was interrupted",
            fix=f"Go on with: seqkit train --out {path} --resume",
        )
    if path.exists():
        raise BundleError(f"{path} is not a bundle", why=f"it has no {MANIFEST}", fix=_ADVICE)
    raise BundleError(
        f"There is no model '{name_or_path}'",
        why="it is neither a bundle's directory nor the name of an installed model",
        fix=f"{did_you_mean(str(name_or_path), registry.names('model'))}. {_ADVICE}",
    )


_ADVICE = (
    "Install the English models with 'pip install seqkit-models-en', or train one with 'seqkit "
    "train'"
)


def _default(task: str) -> Path:
    models = [
        model
        for model in registry.registered("model")
        if model.spec.default and task in ("", model.spec.task)
    ]
    purpose = f"for {task} " if task else ""
    if not models:
        raise BundleError(f"No default model {purpose}is installed", fix=_ADVICE)
    if len(models) > 1:
        raise BundleError(
            f"Several default models {purpose}are installed",
            fix=f"Name one: {', '.join(model.qualified for model in models)}",
        )
    path: Path = models[0].spec.path
    return path


def _check_tree(bundle: Path) -> None:
    """Every file of a bundle is a plain one that lies in it, so that anyone may open it."""
    count = 0
    for folder, names, files in os.walk(bundle):
        for name in (*names, *files):
            count += 1
            if count > _MOST_FILES:
                raise BundleError(f"{bundle} holds more than {_MOST_FILES:,} files")
            entry = Path(folder, name)
            check_inside(bundle, entry)
            if not (entry.is_file() or entry.is_dir()):
                raise damaged(entry, "it is neither a file nor a folder")


def _read_tables(bundle: Path) -> dict[str, Any]:
    data = read_member(bundle, RECIPE, limit=_LARGEST_RECIPE)
    try:
        tables = tomllib.loads(data.decode())
    # ValueError is what bad TOML, bad UTF-8 and a number of thousands of digits have in common
    except (ValueError, RecursionError) as error:
        raise damaged(bundle / RECIPE, f"it is not valid TOML: {error}") from error
    if "bundle" not in tables:  # the last section, so that a file cut short lacks it
        raise damaged(bundle / RECIPE, "its end is missing")
    return tables


def _check_part(
    bundle: Path, kind: str, tables: dict[str, Any], records: dict[str, PartRecord]
) -> None:
    section = tables.get(kind)
    name = section.get("name") if isinstance(section, dict) else None
    record = records.get(kind)
    if record is None or not isinstance(name, str):
        where = RECIPE if record else MANIFEST
        raise damaged(bundle / where, f"it names no {kind}")
    distribution, _, plain = name.rpartition(":")
    if plain != record.name or normalised(distribution or record.distribution) != normalised(
        record.distribution
    ):
        raise damaged(
            bundle / RECIPE,
            f"it names the {kind} '{name}' and {MANIFEST} '{record.distribution}:{record.name}'",
        )
    full = f"{record.distribution}:{record.name}"
    try:
        registry.find(kind, full)
    except PluginError as error:
        what = f"{bundle} needs the {kind} '{full}'"
        installed = {plugin.distribution for plugin in manager.current().plugins}
        if normalised(record.distribution) not in installed:
            raise PluginError(
                what,
                why="its package is not installed",
                fix=f"Install it with: pip install {record.distribution}",
            ) from error
        raise PluginError(
            what,
            why=error.why or f"the installed {record.distribution} has none",
            fix=f"See 'seqkit plugins check', or install the version that the model was made with: "
            f"pip install {record.distribution}=={record.version}",
        ) from error


def _without_missing(tables: dict[str, Any]) -> dict[str, Any]:
    """The tables without the parts that prediction does not need and that are not installed."""
    result = dict(tables)
    if not _installed("reader", result.get("reader", {})):
        del result["reader"]
    callbacks = result.get("callbacks")
    if isinstance(callbacks, list):
        result["callbacks"] = [table for table in callbacks if _installed("callback", table)]
    return result


def _installed(kind: str, table: Any) -> bool:
    name = table.get("name") if isinstance(table, dict) else None
    try:
        return not isinstance(name, str) or bool(registry.find(kind, name))
    except PluginError:
        return False
