"""Writes the files of a new plugin package: all of them, or none."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from string import Template

import seqkit
from seqkit.bundle.load import Bundle, open_bundle, resolve
from seqkit.bundle.manifest import CHECKPOINTS
from seqkit.errors import UsageError
from seqkit.manager import BUILTIN
from seqkit.scaffold import SUMMARIES, names
from seqkit.scaffold.names import Names

_TEMPLATES = Path(__file__).parent / "templates"
_SUFFIX = ".tmpl"


def write(kind: str, name: str, *, folder: Path | None = None, bundle: str = "") -> Path:
    """Write a package with one part.

    Args:
        kind: A key of :data:`seqkit.scaffold.SUMMARIES`.
        name: What the part is to be called.
        folder: Where to; none for the package's name in the working directory.
        bundle: For a model and nothing else, the bundle that the package ships: its directory, or
            the name of an installed model.

    Returns:
        The folder.

    Raises:
        UsageError: The name can't be had, or the folder is there already.
        BundleError: There is no such bundle, or it is damaged.
    """
    chosen = names.checked(kind, name)
    folder = folder or Path(chosen.package)
    if os.path.lexists(folder):
        raise UsageError(
            f"{folder} is there already",
            why="nothing is overwritten",
            fix="Choose another folder with --folder, or move it away",
        )
    if not folder.parent.is_dir():
        raise UsageError(f"There is no folder {folder.parent}", fix="Make it first")
    shipped = _shipped(kind, bundle)
    files = dict(_files(kind, _values(kind, chosen, shipped)))
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        for path, text in files.items():
            (temporary / path).parent.mkdir(parents=True, exist_ok=True)
            (temporary / path).write_text(text, encoding="utf-8", newline="\n")
        if shipped is not None:
            _copy(shipped.path, temporary / chosen.module / "bundle")
        _open_to_others(temporary)
        temporary.rename(folder)
    except BaseException:  # an interrupt must leave nothing behind either
        shutil.rmtree(temporary, ignore_errors=True)
        raise
    return folder


def _shipped(kind: str, bundle: str) -> Bundle | None:
    if kind == "model" and not bundle:
        raise UsageError(
            "No bundle is named",
            why="a package with a model ships a trained one",
            fix="Name it with --bundle; 'seqkit train' makes one",
        )
    if kind != "model" and bundle:
        raise UsageError(f"--bundle goes with --kind model, not with --kind {kind}")
    return open_bundle(resolve(bundle)) if bundle else None


def _values(kind: str, chosen: Names, shipped: Bundle | None) -> dict[str, str]:
    """What stands in the templates' places."""
    requirements = [f"seqkit>={seqkit.__version__}"]
    values = {
        "kind": kind,
        "name": chosen.part,
        "package": chosen.package,
        "identifier": chosen.identifier,
        "module": chosen.module,
        "class_name": chosen.class_name,
        "summary": SUMMARIES[kind],
    }
    if shipped is not None:
        requirements += _requirements(shipped)
        values["task"] = shipped.manifest.task
        values["command"] = shipped.recipe.head_spec.command
        # quoted, since it may be a stranger's text and becomes Python code
        values["language"] = json.dumps(shipped.manifest.language, ensure_ascii=False)
        values["summary"] = f"a model for {shipped.manifest.task}"
    values["dependencies"] = ", ".join(f'"{requirement}"' for requirement in requirements)
    return values


def _requirements(bundle: Bundle) -> list[str]:
    """The packages whose parts a bundle is made of, as new at least as they were."""
    versions = {
        part.distribution: part.version
        for part in bundle.manifest.parts
        if part.distribution != BUILTIN
    }
    return [
        f"{distribution}>={version}" if re.fullmatch(r"\d+(\.\d+)*", version) else distribution
        for distribution, version in sorted(versions.items())
    ]


def _files(kind: str, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Each file's path in the package, and its text."""
    for root in (_TEMPLATES / "common", _TEMPLATES / kind):
        for path in sorted(root.rglob(f"*{_SUFFIX}")):
            name = path.relative_to(root).as_posix().removesuffix(_SUFFIX)
            text = path.read_text(encoding="utf-8")
            yield Template(name).substitute(values), Template(text).substitute(values)


def _copy(bundle: Path, target: Path) -> None:
    """Copy a bundle without what only its training needs."""

    def left_out(folder: str, entries: list[str]) -> set[str]:
        return {CHECKPOINTS} & set(entries) if Path(folder) == bundle else set()

    shutil.copytree(bundle, target, ignore=left_out)


def _open_to_others(folder: Path) -> None:
    # mkdtemp makes folders that only their owner reads
    mask = os.umask(0)
    os.umask(mask)
    folder.chmod(0o777 & ~mask)
