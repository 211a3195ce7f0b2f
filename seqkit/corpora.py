"""Corpora that seqkit knows: a manifest each, where its files are, and what a recipe reads.

A corpus is a folder with a ``corpus.toml`` and its recipes. Small ones written for this project
hold their data too; the others are fetched, or found where the user keeps them.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from seqkit import recipe as recipe_file
from seqkit.errors import DataError, RecipeError, UsageError, did_you_mean
from seqkit.readers.files import expand, guess_reader
from seqkit.recipe import Part, Recipe

MANIFEST = "corpus.toml"
#: Held out of the training examples where neither the recipe nor the corpus says how much.
DEV_FRACTION = 0.1

Patterns = tuple[str, ...]
_Sha256 = Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]


class _Struct(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class RemoteFile(_Struct, frozen=True, kw_only=True):
    """A file of a corpus and where to get it.

    Attributes:
        url: ``https``, ``http`` or ``file``.
        path: Where it belongs, relative to the corpus's folder.
        sha256: Its checksum in hexadecimal; empty where it is not known.
        bytes: Its size; 0 where it is not known.
        unpack: Which members of a zip or tar archive to take out beside it, as glob patterns on
            their whole names; none keeps the archive as it is.
    """

    url: Annotated[str, Meta(pattern="^(https|http|file)://")]
    path: str
    sha256: _Sha256 | Literal[""] = ""
    bytes: Annotated[int, Meta(ge=0)] = 0
    unpack: Patterns = ()


class Splits(_Struct, frozen=True, kw_only=True):
    """Which files are which, relative to the corpus's folder.

    Attributes:
        train: Patterns tried in order: the first that matches anything is the split, so that a
            corpus is found both as it is downloaded and as it is unpacked.
        dev: The same; where nothing matches, a share of train is held out.
        test: The same; where nothing matches, there is no test split.
        unlabelled: The same for texts without labels, read where a recipe asks for them.
    """

    train: Annotated[Patterns, Meta(min_length=1)]
    dev: Patterns = ()
    test: Patterns = ()
    unlabelled: Patterns = ()


class CorpusManifest(_Struct, frozen=True, kw_only=True):
    """What seqkit knows about a corpus.

    Attributes:
        name: The name of its folder, chosen with ``corpus.name`` in a recipe.
        summary: One line for listings.
        task: The head that it is made for.
        language: BCP 47 tag.
        licence: Its terms, as an SPDX identifier where there is one.
        homepage: Where it is described.
        citation: How to cite it.
        reader: The reader's name and options, as in a recipe.
        splits: Which files are which.
        dev_fraction: Held out of train where there is no dev split.
        files: What to download; empty where the data stand beside the manifest.
    """

    name: Annotated[str, Meta(pattern="^[a-z0-9][a-z0-9-]*$")]
    summary: Annotated[str, Meta(min_length=1)]
    task: str
    language: str
    licence: Annotated[str, Meta(min_length=1)]
    homepage: str = ""
    citation: str = ""
    reader: dict[str, Any]
    splits: Splits
    dev_fraction: Annotated[float, Meta(ge=0, lt=1)] = DEV_FRACTION
    files: tuple[RemoteFile, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a recipe reads, settled.

    Attributes:
        reader: The reader and its options.
        train: Files or folders, or folders in an archive, that exist.
        dev: The same; empty where a share of train is held out instead.
        test: The same; empty where there is none.
        unlabelled: The same; empty where none are wanted.
        dev_fraction: That share; without meaning where there is a dev split.
        encoding: The files' text encoding.
        name: The corpus's name, or the empty string for the user's own files.
        licence: The corpus's licence, or the empty string.
        language: Its language as a BCP 47 tag, or the empty string.
        origins: Where it can be had; for own files, their names.
    """

    reader: Part
    train: tuple[Path, ...]
    dev: tuple[Path, ...] = ()
    test: tuple[Path, ...] = ()
    unlabelled: tuple[Path, ...] = ()
    dev_fraction: float = DEV_FRACTION
    encoding: str = "utf-8"
    name: str = ""
    licence: str = ""
    language: str = ""
    origins: tuple[str, ...] = ()


def root() -> Path:
    """The folder of the corpora that come with seqkit: inside the package, or its checkout."""
    packaged = Path(__file__).parent / "corpora_data"
    return packaged if packaged.is_dir() else Path(__file__).parents[1] / "corpora"


def known() -> list[CorpusManifest]:
    """Every corpus that comes with seqkit, by name.

    Raises:
        RecipeError: A manifest is damaged.
    """
    return [read_manifest(path) for path in sorted(root().glob(f"*/{MANIFEST}"))]


def find(name: str) -> CorpusManifest:
    """The corpus of that name.

    Raises:
        UsageError: There is none; the message offers the near match.
    """
    for manifest in known():
        if manifest.name == name:
            return manifest
    raise UsageError(
        f"There is no corpus '{name}'", fix=did_you_mean(name, (m.name for m in known()))
    )


def read_manifest(path: Path) -> CorpusManifest:
    """Read a ``corpus.toml``.

    Raises:
        RecipeError: It can't be read, or a key is unknown, missing or wrong; the message names
            the file and the key.
    """
    try:
        manifest = msgspec.convert(recipe_file.read(path), CorpusManifest)
    except msgspec.ValidationError as error:
        # msgspec ends its message with the place, written "- at `$.key`"
        what, _, place = str(error).partition(" - at `$")
        raise RecipeError(f"{path}: {place.strip('.`') or 'manifest'}: {what}") from None
    if manifest.name != path.parent.name:
        raise RecipeError(f"{path}: name: '{manifest.name}' is not the name of its folder")
    return manifest


def reader_of(manifest: CorpusManifest) -> Part:
    """The reader that a manifest names, its options checked.

    Raises:
        RecipeError: An option is unknown or wrong.
        PluginError: There is no such reader, or no such head as its task.
    """
    tables = {"head": {"name": manifest.task}, "reader": manifest.reader}
    reader = recipe_file.parse(tables, source=f"{manifest.name}/{MANIFEST}").reader
    assert reader is not None
    return reader


def recipes(manifest: CorpusManifest) -> list[str]:
    """The names of a corpus's recipes, as :func:`recipe_path` takes them: ``imdb/lstm``."""
    return [name for name in _recipes() if name.startswith(f"{manifest.name}/")]


def _recipes() -> dict[str, Path]:
    return {
        f"{path.parent.name}/{path.stem}": path
        for path in sorted(root().glob("*/*.toml"))
        if path.name != MANIFEST
    }


def recipe_path(text: str) -> Path:
    """The recipe file that a word of the command line means.

    Args:
        text: A file, or a recipe that comes with seqkit, written ``imdb/lstm`` or
            ``corpora/imdb/lstm.toml`` wherever the working directory is.

    Raises:
        RecipeError: It is neither; the message offers the near match.
    """
    if Path(text).is_file():
        return Path(text)
    name = text.removeprefix("corpora/").removesuffix(".toml")
    shipped = _recipes()
    if name in shipped:
        return shipped[name]
    raise RecipeError(
        f"There is no recipe {text}",
        fix=f"Give a file, or one that comes with seqkit. {did_you_mean(name, shipped)}",
    )


def cache_folder(manifest: CorpusManifest) -> Path:
    """Where a fetched corpus is kept for this user: ``~/.cache/seqkit/corpora/NAME``."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "seqkit" / "corpora" / manifest.name


def data_folder(manifest: CorpusManifest, data: Path | None = None) -> Path:
    """The folder that holds a corpus's files.

    Looked for in ``data`` alone where it is given; else in ``$SEQKIT_DATA``, beside the manifest,
    and in :func:`cache_folder`, and the first that has the training split is it.

    Args:
        manifest: The corpus.
        data: The folder itself, or one with a sub-folder of the corpus's name; ``$SEQKIT_DATA``
            may be either too.

    Raises:
        DataError: The files are in none of these places.
    """
    if data is not None:
        places = [_inside(data, manifest)]
    else:
        shared = os.environ.get("SEQKIT_DATA")
        places = [_inside(Path(shared), manifest)] if shared else []
        places += [root() / manifest.name, cache_folder(manifest)]
    for place in places:
        if _first_match(manifest.splits.train, place):
            return place
    wanted = " or ".join(manifest.splits.train)
    fetch = (
        f"Get it with 'seqkit corpora fetch {manifest.name}', or name" if manifest.files else "Name"
    )
    raise DataError(
        f"The files of the corpus '{manifest.name}' are not here",
        why=f"{wanted} is not in {', '.join(map(str, places))}",
        fix=f"{fetch} the folder that has it with --data FOLDER",
    )


def _inside(folder: Path, manifest: CorpusManifest) -> Path:
    named = folder / manifest.name
    return named if named.is_dir() else folder


def _first_match(patterns: Patterns, folder: Path) -> list[Path]:
    """What the first of several alternative patterns stands for that stands for anything."""
    for pattern in patterns:
        try:
            return expand([pattern], folder)
        except DataError:
            continue
    return []


def sources(recipe: Recipe, *, base: Path, data: Path | None = None) -> Sources:
    """Settle what a recipe reads: its own keys, then its corpus's.

    Args:
        recipe: The recipe.
        base: What the patterns of a recipe without a corpus are relative to: the recipe's folder,
            or the working directory.
        data: Where the files are instead: see :func:`data_folder` for a corpus; without one, it
            takes the place of ``base``.

    Raises:
        UsageError: There is no such corpus.
        RecipeError: The recipe names neither a corpus nor training files.
        DataError: Files are missing, or no reader can be told from their names.
    """
    section = recipe.corpus
    if section.name:
        return _corpus_sources(recipe, find(section.name), data)
    if not section.train:
        raise RecipeError(
            "The recipe names no training data",
            fix=f"Set corpus.train, or corpus.name. {did_you_mean('', (m.name for m in known()))}",
        )
    folder = data or base
    train = expand(section.train, folder)
    return Sources(
        reader=recipe.reader or recipe_file.default_part("reader", guess_reader(train[0])),
        train=tuple(train),
        dev=tuple(expand(section.dev, folder)),
        test=tuple(expand(section.test, folder)),
        unlabelled=tuple(expand(section.unlabelled, folder)),
        dev_fraction=section.dev_fraction or DEV_FRACTION,
        encoding=section.encoding,
        origins=tuple(path.name for path in train),
    )


def _corpus_sources(recipe: Recipe, manifest: CorpusManifest, data: Path | None) -> Sources:
    section, splits = recipe.corpus, manifest.splits
    folder = data_folder(manifest, data)

    def split(own: Patterns, alternatives: Patterns) -> tuple[Path, ...]:
        return tuple(expand(own, folder) if own else _first_match(alternatives, folder))

    unlabelled: tuple[Path, ...]
    if section.unlabelled == "all":
        unlabelled = split((), splits.unlabelled)
        if not unlabelled:
            raise DataError(
                f"The corpus '{manifest.name}' has no texts without labels here",
                why=f"{' or '.join(splits.unlabelled)} is not in {folder}"
                if splits.unlabelled
                else "its manifest names none",
                fix="Name files of your own in corpus.unlabelled, or leave it out",
            )
    else:
        unlabelled = tuple(expand(section.unlabelled, folder))
    return Sources(
        reader=recipe.reader or reader_of(manifest),
        train=split(section.train, splits.train),
        dev=split(section.dev, splits.dev),
        test=split(section.test, splits.test),
        unlabelled=unlabelled,
        dev_fraction=section.dev_fraction or manifest.dev_fraction,
        encoding=section.encoding,
        name=manifest.name,
        licence=manifest.licence,
        language=manifest.language,
        origins=(manifest.homepage,) if manifest.homepage else (),
    )
