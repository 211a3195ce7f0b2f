"""Which files a pattern stands for, which reader a file's name asks for, and reading them."""

from __future__ import annotations

import difflib
import glob
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

from seqkit import registry
from seqkit.errors import DataError
from seqkit.examples import Example
from seqkit.readers import READERS
from seqkit.readers.archives import split_archive
from seqkit.readers.base import OnBad, Reader, stop_at_bad
from seqkit.readers.compressed import without_suffix
from seqkit.recipe import Part
from seqkit.specs import ReaderSpec

#: How many entries of a folder an error looks at to name one that was probably meant.
_LOOKED_AT = 10_000


def expand(patterns: Sequence[str], base: Path) -> list[Path]:
    """The files and folders that ``patterns`` stand for.

    A pattern is a path, which may lead through a tar archive (``reviews.tar.gz/reviews/train``),
    or a glob in which ``**`` crosses folders. A glob stands for files, or for folders where it
    matches no file. Nothing is looked up inside an archive until it is read.

    Args:
        patterns: What to look for.
        base: The folder that relative patterns begin in.

    Returns:
        Paths in the order of the patterns; those of one glob are sorted.

    Raises:
        DataError: A pattern stands for nothing.
    """
    found: list[Path] = []
    for pattern in patterns:
        path = base / pattern
        if path.exists() or split_archive(path):
            found.append(path)
            continue
        # Path.glob takes no absolute pattern.
        names = glob.glob(pattern, root_dir=base, recursive=True)  # noqa: PTH207
        matches = sorted(base / name for name in names)
        matches = [match for match in matches if match.is_file()] or matches
        if not matches:
            raise _no_such_file(path)
        found += matches
    return found


def guess_reader(path: Path, specs: Iterable[ReaderSpec] | None = None) -> str:
    """The name of the reader that is the natural one for ``path``, by the end of its name.

    The longest suffix decides, ``.gz`` or ``.zst`` put aside where no reader claims it; a built-in
    reader goes before others with the same suffix. A folder of folders is ``label-directories``.

    Args:
        path: A file, a folder, or a path through an archive.
        specs: The readers to choose from; by default the built-in ones, and where none of them
            claims the name, those of plugins.

    Raises:
        DataError: No reader, or several, claim the name.
    """
    known = list(READERS if specs is None else specs)
    if path.is_dir():
        if any(entry.is_dir() for entry in path.iterdir()):
            return "label-directories"
        raise DataError(
            f"{path} holds no folders of files", fix=f"Name the files in it: {path}/*.txt"
        )
    name = path.name.lower()
    claims = _claims(name, known) or _claims(without_suffix(name), known)
    if not claims and split_archive(path):
        return "label-directories"
    if not claims and specs is None:
        # not before, for it imports every plugin
        return guess_reader(path, [part.spec for part in registry.registered("reader")])
    own = [spec.name for spec in claims if spec in READERS]
    names = own or [spec.name for spec in claims]
    if len(names) == 1:
        return names[0]
    raise DataError(
        f"No one reader can be told from the name {path.name}",
        why=f"{' and '.join(names)} claim it" if names else "none claims it",
        fix=f"Name the reader: {', '.join(sorted(spec.name for spec in known))}",
    )


def _claims(name: str, specs: Iterable[ReaderSpec]) -> list[ReaderSpec]:
    suffixes = [
        (len(suffix), spec)
        for spec in specs
        for suffix in spec.suffixes
        if name.endswith(suffix.lower())
    ]
    longest = max((length for length, _ in suffixes), default=0)
    return [spec for length, spec in suffixes if length == longest]


def _no_such_file(path: Path) -> DataError:
    what = f"{path} matches no file" if glob.has_magic(path.name) else f"There is no {path}"
    missing = path
    while not missing.parent.is_dir():
        missing = missing.parent
    names = sorted(entry.name for entry in islice(missing.parent.iterdir(), _LOOKED_AT))
    near = difflib.get_close_matches(missing.name, names, n=3) or names[:5]
    if not near:
        return DataError(what, why=f"{missing.parent} is empty")
    more = " and more" if len(near) < len(names) else ""
    return DataError(what, why=f"{missing.parent} holds {', '.join(near)}{more}")


def read(
    paths: Iterable[Path],
    *,
    reader: Part,
    encoding: str = "utf-8",
    on_bad: OnBad = stop_at_bad,
    labelled: bool = True,
) -> Iterator[Example]:
    """Read examples one at a time.

    Args:
        paths: The files, in the order in which they are read.
        reader: The reader by name, with its options.
        encoding: The files' text encoding.
        on_bad: What to do with a bad row.
        labelled: Whether examples have labels; where they have none, a format need not look for
            them.

    Raises:
        DataError: A file is missing or a row is bad.
    """
    cls = registry.load_target("reader", reader.name)
    instance: Reader = cls(reader.options, encoding=encoding, on_bad=on_bad)
    for path in paths:
        yield from instance.read(path) if labelled else instance.read_unlabelled(path)
