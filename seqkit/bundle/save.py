"""Writes a bundle so that there is always a whole one: the old until the new is safe on disk.

The new bundle is written to ``.NAME.seqkit-new`` beside the target and flushed to disk, the old one
is renamed to ``.NAME.seqkit-old``, the new one takes its name, and the old one is removed. Whatever
fails before the last rename puts things back as they were; after a power cut between the two
renames, the old bundle waits under the name that :func:`write_bundle` and
:func:`seqkit.bundle.load.open_bundle` know.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath

import numpy as np
from safetensors.numpy import save as to_safetensors

from seqkit import recipe as recipes
from seqkit import registry
from seqkit.bundle.card import model_card
from seqkit.bundle.load import open_bundle
from seqkit.bundle.manifest import (
    CARD,
    CHECKPOINTS,
    CONTEXTUAL,
    HEAD,
    MANIFEST,
    METRICS,
    RECIPE,
    TOKENIZER,
    WEIGHTS,
    Manifest,
    PartRecord,
    retired_path,
    staging_path,
    to_json,
)
from seqkit.bundle.weights import to_stored
from seqkit.decoding.base import Decoder
from seqkit.errors import BundleError
from seqkit.manager import BUILTIN
from seqkit.recipe import Part, Recipe
from seqkit.recipe.sections import PARTS
from seqkit.tokenizers.base import Tokenizer

_OWN = {MANIFEST, RECIPE, WEIGHTS, TOKENIZER, HEAD, CONTEXTUAL, CARD}


def record_parts(recipe: Recipe) -> tuple[PartRecord, ...]:
    """Where each plugin that the recipe chooses comes from.

    Raises:
        PluginError: One is not installed any more.
    """
    return tuple(
        PartRecord(
            kind=kind,
            name=found.spec.name,
            distribution=found.distribution,
            version=found.version,
        )
        for kind, part in _chosen(recipe)
        for found in [registry.find(kind, part.name)]
    )


def check_target(directory: Path, *, overwrite: bool, extra: Mapping[str, bytes] = {}) -> None:
    """Make sure that a bundle may be written to ``directory``, before hours are spent on it.

    It may be absent, empty, a bundle (with ``overwrite``), or hold what training leaves there:
    ``training/`` with checkpoints and ``metrics.jsonl``. Anything else in it is somebody's work
    that would be lost. A bundle that an interrupted write left under another name is put back.

    Args:
        directory: Where the bundle is to be.
        overwrite: Whether a finished bundle may be replaced.
        extra: What :func:`write_bundle` will be given; files of these names may be replaced.

    Raises:
        BundleError: It may not.
    """
    _recover(directory.resolve())
    if not directory.exists():
        return
    if not directory.is_dir():
        raise BundleError(f"{directory} is a file", fix="Name a directory for the bundle")
    if directory.is_mount() or Path.cwd().is_relative_to(directory.resolve()):
        raise BundleError(
            f"{directory} can't be replaced by a bundle",
            why="it is the working directory, one above it, or a mounted disk",
            fix="Name a directory inside it",
        )
    names = {entry.name for entry in directory.iterdir()}
    finished = _is_manifest(directory / MANIFEST)
    own = {CHECKPOINTS, METRICS, *(PurePosixPath(name).parts[0] for name in extra)}
    strange = sorted(names - own - (_OWN if finished else set()))
    if CHECKPOINTS in names and not _holds_checkpoints(directory / CHECKPOINTS):
        strange.append(CHECKPOINTS)
    if strange:
        raise BundleError(
            f"{directory} can't be replaced by a bundle",
            why=f"it holds '{strange[0]}', which is not part of one",
            fix="Choose another directory, or move that out of it",
        )
    if finished and not overwrite:
        raise BundleError(
            f"{directory} is a finished bundle",
            fix="Choose another directory, or allow this one to be overwritten (--overwrite)",
        )


def extra_files(directory: Path) -> dict[str, Path]:
    """The files in a bundle's directory that are neither its own nor checkpoints.

    Returns:
        By their path in it, as :func:`write_bundle` takes them; none if there is no directory.
    """
    return {
        file.relative_to(directory).as_posix(): file
        for file in sorted(directory.rglob("*"))
        if file.is_file() and file.relative_to(directory).parts[0] not in {*_OWN, CHECKPOINTS}
    }


def write_bundle(
    directory: Path,
    *,
    manifest: Manifest,
    recipe: Recipe,
    tokenizer: Tokenizer,
    weights: Mapping[str, np.ndarray],
    decoder: Decoder | None = None,
    letters: Tokenizer | None = None,
    extra: Mapping[str, bytes] = {},
    overwrite: bool,
) -> None:
    """Write a bundle, or leave everything as it was.

    The same arguments give the same bytes in every file. The recipe is written with plugins by
    their full names, so that a package installed later can't make one ambiguous.

    Args:
        directory: Where the bundle will be; see :func:`check_target` for what may stand there.
        manifest: What to record; non-finite scores are left out.
        recipe: The resolved recipe.
        tokenizer: Trained.
        weights: Arrays by name; floating ones are stored as ``manifest.weights`` says.
        decoder: The head's torch-free half, for one that has files of its own.
        letters: The characters that ``[contextual]`` reads sentences in, where it does.
        extra: Other files by their path in the bundle, such as ``metrics.jsonl``.
        overwrite: Whether a finished bundle may be replaced.

    Raises:
        BundleError: The directory may not be replaced, a weight is too large for half precision,
            or the disk is full or can't be written; nothing has changed then.
    """
    target = directory.resolve()
    staging, retired = staging_path(target), retired_path(target)
    check_target(target, overwrite=overwrite, extra=extra)
    stored = to_stored(weights, manifest.weights)
    size = sum(array.nbytes for array in stored.values())
    files = {
        MANIFEST: to_json(manifest),
        RECIPE: recipes.to_toml(_qualified(recipe)).encode(),
        WEIGHTS: to_safetensors(stored),
        CARD: model_card(manifest, recipe, name=target.name, size=size).encode(),
        **{_checked_name(name): content for name, content in extra.items()},
    }
    try:
        if staging.exists():  # a killed process left it
            shutil.rmtree(staging)
        staging.mkdir(parents=True)
        for name, content in files.items():
            file = staging / name
            file.parent.mkdir(parents=True, exist_ok=True)
            _write(file, content)
        (staging / TOKENIZER).mkdir()
        tokenizer.save(staging / TOKENIZER)
        if letters is not None:
            (staging / CONTEXTUAL).mkdir()
            letters.save(staging / CONTEXTUAL)
        if decoder is not None:
            (staging / HEAD).mkdir()
            decoder.save(staging / HEAD)
            if not any((staging / HEAD).iterdir()):
                (staging / HEAD).rmdir()
        _flush(staging)
        _prove(staging)
        _swap(staging, target, retired)
    except OSError as error:
        needed = sum(map(len, files.values()))
        kept = f"now {retired}" if retired.exists() else "unchanged"
        raise BundleError(
            f"The bundle {directory} can't be written",
            why=f"{error.strerror or error}; it needs {needed:,} bytes and its tokenizer's, and "
            f"{_free(target):,} are free",
            fix=f"Make room, or choose another directory; what stood there is {kept}",
        ) from error
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    shutil.rmtree(retired, ignore_errors=True)  # what stays is removed by the next write


def _recover(target: Path) -> None:
    """Undo a swap that was killed half-way, or clear away what a finished one left."""
    retired = retired_path(target)
    if not retired.exists():
        return
    if not target.exists():
        retired.rename(target)
    elif _is_manifest(target / MANIFEST):
        shutil.rmtree(retired, ignore_errors=True)
    else:
        raise BundleError(
            f"{target} can't be replaced by a bundle",
            why=f"{retired} is the one that stood there before a write was interrupted",
            fix="Move that somewhere else",
        )


def _prove(staging: Path) -> None:
    """Open what was written, so that nothing unreadable replaces anything."""
    bundle = open_bundle(staging)
    bundle.weights()
    _ = bundle.decoder, bundle.letters


def _swap(staging: Path, target: Path, retired: Path) -> None:
    try:
        if target.exists():
            target.rename(retired)
        staging.rename(target)
        _flush_entry(target.parent)
    except BaseException:
        if target.exists() and not staging.exists():
            target.rename(staging)
        if retired.exists():
            retired.rename(target)
        raise


def _chosen(recipe: Recipe) -> Iterator[tuple[str, Part]]:
    for kind in PARTS:
        part: Part | None = getattr(recipe, kind) if kind in recipe.sections else None
        if part is not None:
            yield kind, part
    for part in recipe.callbacks:
        yield "callback", part


def _qualified(recipe: Recipe) -> Recipe:
    """The recipe with every plugin that is not built in called ``distribution:name``."""

    def full(kind: str, part: Part) -> Part:
        found = registry.find(kind, part.name)
        built_in = found.distribution == BUILTIN
        return replace(part, name=found.spec.name if built_in else found.qualified)

    return replace(
        recipe,
        reader=recipe.reader and full("reader", recipe.reader),
        tokenizer=full("tokenizer", recipe.tokenizer),
        cell=full("cell", recipe.cell),
        head=full("head", recipe.head),
        callbacks=tuple(full("callback", part) for part in recipe.callbacks),
    )


def _checked_name(name: str) -> str:
    path = PurePosixPath(name)
    inside = not path.is_absolute() and ".." not in path.parts and "\\" not in name
    if not (inside and path.parts and path.parts[0] not in _OWN):
        raise BundleError(f"'{name}' can't be the name of an extra file in a bundle")
    return name


def _write(file: Path, content: bytes) -> None:
    with file.open("wb") as opened:
        opened.write(content)


def _flush(folder: Path) -> None:
    """Flush a folder's files, then its folders, to disk."""
    for entry in sorted(folder.iterdir()):
        if entry.is_dir():
            _flush(entry)
        else:
            _flush_entry(entry)
    _flush_entry(folder)


def _flush_entry(path: Path) -> None:
    if os.name != "posix" and path.is_dir():
        return  # only POSIX can open a folder
    descriptor = os.open(path, os.O_RDONLY if os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _free(path: Path) -> int:
    while not path.exists():
        path = path.parent
    return shutil.disk_usage(path).free


def _is_manifest(file: Path) -> bool:
    """Whether it is a manifest of any format, newer ones included."""
    if not file.is_file():
        return False
    with file.open("rb") as opened:
        return b'"format_version"' in opened.read(1 << 16)  # the first key in every format


def _holds_checkpoints(folder: Path) -> bool:
    return all(
        entry.suffix in (".safetensors", ".tmp") and stat.S_ISREG(entry.lstat().st_mode)
        for entry in folder.iterdir()
    )
