"""What commands read: documents named on the command line or on standard input, one at a time."""

from __future__ import annotations

import glob
import io
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import click

from seqkit import recipe, registry
from seqkit.errors import DataError, UsageError
from seqkit.examples import Example, TextExample
from seqkit.readers.base import Reader
from seqkit.readers.compressed import unpacked
from seqkit.readers.lines import LONGEST_TEXT, StreamReader, open_packed, read_lines
from seqkit.recipe import Part

STDIN = "-"


def named(arguments: Sequence[str]) -> list[str]:
    """The files that arguments mean, in the order given; globs that the shell left are expanded.

    Args:
        arguments: Files, globs, or ``-`` for standard input; none of them means standard input
            too, unless somebody would have to type it.

    Raises:
        UsageError: An argument is a folder or no file at all, or standard input is a terminal
            that nobody named, or is named twice.
    """
    if not arguments and sys.stdin.isatty():
        raise UsageError(
            "There is nothing to read", fix="Name files, or '-' for what you will type"
        )
    files: list[str] = []
    for argument in arguments or [STDIN]:
        path = Path(argument)
        if argument == STDIN or path.is_file():
            files.append(argument)
        elif path.is_dir():
            pattern = path / "*.txt"
            raise UsageError(f"{argument} is a folder", fix=f"Name its files: '{pattern}'")
        elif path.exists():  # a pipe or a device, such as /dev/stdin
            files.append(argument)
        elif glob.has_magic(argument):
            matches = glob.glob(argument, recursive=True)  # noqa: PTH207 -- Path.glob takes no
            found = sorted(name for name in matches if Path(name).is_file())  # absolute pattern
            if not found:
                raise UsageError(f"No file matches '{argument}'")
            files += found
        else:
            raise UsageError(f"There is no file {argument}")
    if files.count(STDIN) > 1:
        raise UsageError("'-' is named twice", why="standard input can be read once")
    return files


@dataclass(slots=True)
class Place:
    """How far the reading of files has come.

    Attributes:
        before: Bytes of the files that are done.
        file: The one that is being read, if any is.
    """

    before: int = 0
    file: BinaryIO | None = None

    @property
    def bytes(self) -> int:
        """Bytes that have been read, compressed as they are."""
        return self.before + (self.file.tell() if self.file else 0)


@dataclass(frozen=True, slots=True)
class Documents:
    """The documents of several files, read as they are asked for.

    Attributes:
        files: What :func:`named` gave.
        lines: Whether each line is a document, rather than each file.
        encoding: The files' text encoding.
        reader: A format to read instead of plain text.
        line_ends: Whether CRLF stays in texts as it is, so that offsets count it.
    """

    files: Sequence[str]
    lines: bool = False
    encoding: str = "utf-8"
    reader: Part | None = None
    line_ends: bool = False

    def __iter__(self) -> Iterator[Example]:
        """The documents in order, as :meth:`read` gives them."""
        return self.read(Place())

    def read(self, place: Place) -> Iterator[Example]:
        """The documents in order, empty ones too.

        Args:
            place: Told how far the reading has come.

        Raises:
            DataError: A file can't be read or decoded; the message names file and line.
        """
        for name in self.files:
            # A file's name may hold bytes that are no text; results can't.
            shown = os.fsencode(name).decode("utf-8", "replace")
            if self.reader is not None:
                yield from self._examples(name, place)
            elif self.lines:
                with _opened(name, place) as stream:
                    for line in read_lines(stream, name, self.encoding):
                        if line.problem:
                            raise line.problem
                        yield TextExample(line.text, f"{shown}:{line.number}")
            else:
                yield TextExample(self._whole(name, place), shown)
            place.before += _size(name)

    @property
    def size(self) -> int:
        """Bytes of all files; 0 where they are not known."""
        return sum(map(_size, self.files)) if self.are_files else 0

    @property
    def are_files(self) -> bool:
        """Whether all can be read again, and are there already."""
        statuses = [None if name == STDIN else _status(name) for name in self.files]
        return all(status and stat.S_ISREG(status.st_mode) for status in statuses)

    @property
    def are_live(self) -> bool:
        """Whether some come through a pipe or from a keyboard, so that more may yet be written."""
        statuses = filter(None, map(_status, self.files))
        return any(not stat.S_ISREG(status.st_mode) for status in statuses)

    def origin(self) -> dict[str, Any]:
        """What the documents depend on, as JSON can hold it.

        Raises:
            UsageError: They are not in files, so that they can't be read again.
        """
        if not self.are_files:
            raise UsageError(
                "A run on standard input or a pipe can't be gone on with",
                why="what was read of it can't be read again",
                fix="Write it to a file first",
            )
        statuses = [(name, Path(name).stat()) for name in self.files]
        return {
            "input": [[name, status.st_size, status.st_mtime_ns] for name, status in statuses],
            "--lines": self.lines,
            "--encoding": self.encoding,
            "--reader": repr(self.reader),
        }

    def _whole(self, name: str, place: Place) -> str:
        """A file's text; put together from lines, for errors that name theirs."""
        pieces, size = [], 0
        with _opened(name, place) as stream:
            for line in read_lines(stream, name, self.encoding):
                if line.problem:
                    raise line.problem
                size += len(line.text)
                if size > LONGEST_TEXT:
                    raise DataError(f"{name} is too long for one document", fix="Use --lines")
                pieces += [line.text, line.end if self.line_ends else line.end[-1:]]
        return "".join(pieces)

    def open_reader(self) -> Reader:
        """The reader that the files are read with."""
        assert self.reader is not None
        made: Reader = registry.load_target("reader", self.reader.name)(
            self.reader.options, encoding=self.encoding
        )
        return made

    def _examples(self, name: str, place: Place) -> Iterator[Example]:
        reader = self.open_reader()
        if name == STDIN:
            with _opened(name, place) as stream:
                yield from reader.read_stream(stream, STDIN)
        elif isinstance(reader, StreamReader):
            with _opened(name, place) as stream:
                yield from reader.read_opened(stream, Path(name))
        else:
            yield from reader.read(Path(name))


@contextmanager
def _opened(name: str, place: Place) -> Iterator[BinaryIO]:
    """A file's content; its place is told while it is open."""
    if name == STDIN:
        with _stdin() as stream:
            yield stream
        return
    with open_packed(Path(name)) as packed, unpacked(packed, Path(name)) as stream:
        place.file = packed
        try:
            yield stream
        finally:
            place.file = None


@contextmanager
def _stdin() -> Iterator[BinaryIO]:
    number = _number_of_stdin()
    if number is None:
        yield getattr(sys.stdin, "buffer", None) or io.BytesIO(sys.stdin.read().encode())
        return
    # sys.stdin itself can't be closed at exit while a thread waits to read from it
    with open(number, "rb", closefd=False) as stream:
        yield stream


def _number_of_stdin() -> int | None:
    """The descriptor of standard input; none where a program put something else in its place."""
    try:
        return sys.stdin.fileno()
    except (AttributeError, OSError, ValueError):
        return None


def _status(name: str) -> os.stat_result | None:
    """What is known of a file; nothing of what a program put in place of standard input."""
    number = _number_of_stdin() if name == STDIN else None
    if name == STDIN:
        return None if number is None else os.fstat(number)
    try:
        return Path(name).stat()
    except OSError:  # which reading it will tell
        return None


def _size(name: str) -> int:
    status = _status(name)
    return status.st_size if status else 0


def reader_part(name: str, settings: Sequence[str]) -> Part | None:
    """The reader that ``--reader`` and ``--reader-option`` mean, its options checked.

    Args:
        name: The reader's name, or the empty string for none.
        settings: ``KEY=VALUE`` each.

    Raises:
        UsageError: There are options but no reader.
        RecipeError: An option is unknown or wrong.
        PluginError: There is no such reader.
    """
    if not name:
        if settings:
            raise UsageError("--reader-option needs --reader", why="options belong to a format")
        return None
    # A whole recipe has to say what it is for; any head serves to have its reader checked.
    tables = {"head": {"name": "generation"}, "reader": {"name": name}}
    tables = recipe.override(tables, [f"reader.{setting}" for setting in settings])
    return recipe.parse(tables, source="--reader-option").reader


@dataclass(slots=True)
class Skipped:
    """Takes note of bad rows instead of stopping: what ``--skip-bad`` hands to readers.

    Attributes:
        count: How many there were.
        first: The first few of their messages.
    """

    count: int = 0
    first: list[str] = field(default_factory=list)

    def __call__(self, error: DataError) -> None:
        """Count a bad row."""
        self.count += 1
        if len(self.first) < 5:
            self.first.append(str(error))

    def report(self) -> None:
        """Say on standard error what was left out, if anything was."""
        if self.count:
            rows = "row" if self.count == 1 else "rows"
            click.echo(f"left out {self.count:,} bad {rows}:", err=True)
            for message in self.first:
                click.echo(f"  {message}", err=True)
            if self.count > len(self.first):
                click.echo(f"  and {self.count - len(self.first):,} more", err=True)
