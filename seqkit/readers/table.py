"""Comma- and tab-separated values, as RFC 4180 describes them."""

from __future__ import annotations

import difflib
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath
from typing import BinaryIO, ClassVar, NamedTuple

import msgspec

from seqkit.errors import DataError, did_you_mean
from seqkit.examples import Example, TextExample
from seqkit.readers import lines
from seqkit.readers.lines import Line, bad_row, open_binary, read_lines, shown

_NO_QUOTING = "If double quotes are plain characters in this file, set quoting = false"


class Record(NamedTuple):
    """One row of a table.

    Attributes:
        number: The line that it begins in, counted from 1.
        cells: Its cells, unquoted.
        problem: Why it can't be read.
    """

    number: int
    cells: list[str]
    problem: DataError | None = None


class _Columns(NamedTuple):
    """Where text and label stand, counted from 0, in rows of ``width`` cells."""

    text: int
    label: int | None
    width: int


class TableReader(lines.StreamReader):
    """Reads a text a row, labelled or not; blank lines between rows mean nothing.

    A quoted cell may hold line breaks; they are read as LF.
    """

    delimiter: ClassVar[str]

    def files(self, path: Path) -> list[Path]:
        """The file, and the one that names the labels."""
        found = super().files(path)
        names = self.options.labels_file
        return [*found, *super().files(path.parent / names)] if names else found

    def read_unlabelled(self, path: Path) -> Iterator[Example]:
        """Yield the text of each row of a file, which may lack the column of labels."""
        options = msgspec.structs.replace(self.options, label="", labels_file="")
        return type(self)(options, encoding=self.encoding, on_bad=self.on_bad).read(path)

    def read_opened(self, stream: BinaryIO, path: Path) -> Iterator[TextExample]:
        """Yield the example of each row of a file."""
        return self._examples(stream, str(path), self._label_names(path.parent))

    def read_stream(self, stream: BinaryIO, name: str) -> Iterator[TextExample]:
        """Yield the example of each row of a stream."""
        if self.options.labels_file:
            raise DataError(
                f"{name} can't be read with labels_file",
                why="the labels file stands beside the data file and a stream has no folder",
            )
        return self._examples(stream, name, ())

    def _examples(self, stream: BinaryIO, name: str, names: Sequence[str]) -> Iterator[TextExample]:
        rows = records(
            read_lines(stream, name, self.encoding),
            name,
            delimiter=self.delimiter,
            quoting=self.options.quoting,
        )
        columns: _Columns | None = None
        if self.options.header:
            number, header, problem = next(rows, Record(1, []))
            if problem or not header:
                raise problem or bad_row(f"{name}:1", "a row that names the columns", "nothing")
            columns = self._columns(header, f"{name}:{number}")
        for number, cells, problem in rows:
            source = f"{name}:{number}"
            if problem:
                self.on_bad(problem)
                continue
            columns = columns or self._columns([""] * len(cells), source)
            try:
                example = self._example(cells, source, columns, names)
            except DataError as error:
                self.on_bad(error)
                continue
            yield example

    def _example(
        self, cells: list[str], source: str, columns: _Columns, names: Sequence[str]
    ) -> TextExample:
        if len(cells) != columns.width:
            found = f"{len(cells)}: {shown(self.delimiter.join(cells))}"
            raise bad_row(source, f"{columns.width} columns", found)
        label = "" if columns.label is None else cells[columns.label]
        return TextExample(cells[columns.text], source, self._labels(label, source, names))

    def _columns(self, header: list[str], source: str) -> _Columns:
        text, label = self.options.text, self.options.label
        has_label = label and (
            label != "label"
            or label in header
            # A near miss is a misspelling rather than a table without labels.
            or difflib.get_close_matches(label, [name.lower() for name in header], cutoff=0.75)
        )
        return _Columns(
            self._column(text, header, source),
            self._column(label, header, source) if has_label else None,
            len(header),
        )

    def _column(self, wanted: str, header: list[str], source: str) -> int:
        if self.options.header and wanted in header:
            if header.count(wanted) > 1:
                raise DataError(f"{source}: more than one column is named '{wanted}'")
            return header.index(wanted)
        if wanted.isascii() and wanted.isdecimal() and 1 <= int(wanted) <= len(header):
            return int(wanted) - 1
        if self.options.header:
            why, fix = did_you_mean(wanted, header), "Set text and label to names of columns"
        else:
            why = f"without a header, columns are the numbers from 1 to {len(header)}"
            fix = 'Name columns by number, as in text = "1"'
        raise DataError(f"{source}: there is no column '{wanted}'", why=why, fix=fix)

    def _labels(self, cell: str, source: str, names: Sequence[str]) -> tuple[str, ...]:
        separator = self.options.label_separator
        parts = [part.strip() for part in (cell.split(separator) if separator else [cell])]
        labels = [part for part in parts if part]
        if not self.options.labels_file:
            return tuple(labels)
        for label in labels:
            if not (label.isascii() and label.isdecimal() and int(label) < len(names)):
                raise bad_row(source, f"a label from 0 to {len(names) - 1}", shown(label))
        return tuple(names[int(label)] for label in labels)

    def _label_names(self, folder: Path) -> list[str]:
        wanted = self.options.labels_file
        if not wanted:
            return []
        path = folder / wanted
        pure = PurePath(wanted)
        inside = not pure.is_absolute() and ".." not in pure.parts
        if not inside or not path.resolve().is_relative_to(folder.resolve()):
            raise DataError(f"labels_file '{wanted}' leaves the folder of the data file")
        with open_binary(path) as stream:
            rows = list(read_lines(stream, str(path), self.encoding))
        for line in rows:
            if line.problem or line.is_blank:
                raise line.problem or bad_row(f"{path}:{line.number}", "a label", "an empty line")
        return [line.text.strip() for line in rows]


class CsvReader(TableReader):
    """Reads comma-separated values."""

    delimiter = ","


class TsvReader(TableReader):
    """Reads tab-separated values."""

    delimiter = "\t"


def records(
    source: Iterator[Line], name: str, *, delimiter: str, quoting: bool
) -> Iterator[Record]:
    """The rows in ``source``.

    A quote that is never closed spoils the line that it stands in and no other.

    Args:
        source: The lines of the table.
        name: What errors call it.
        delimiter: What stands between cells.
        quoting: Whether double quotes enclose cells.
    """
    waiting: deque[Line] = deque()

    def take() -> Line | None:
        return waiting.popleft() if waiting else next(source, None)

    while (line := take()) is not None:
        if line.problem is None and not line.text:
            continue
        if not quoting or '"' not in line.text:
            yield Record(line.number, line.text.split(delimiter), line.problem)
            continue
        row = _QuotedRow(line, name, delimiter)
        while row.goes_on and row.size <= lines.LONGEST_ITEM and (more := take()):
            row.add(more)
        if row.is_open or row.misquoted:
            # Whatever follows the first line was taken in by mistake.
            waiting.extendleft(reversed(row.lines[1:]))
            unclosed = bad_row(
                f"{name}:{line.number}",
                "a quote that closes the cell",
                f"none: {shown(line.text)}",
                fix=_NO_QUOTING,
            )
            problem = line.problem or (unclosed if len(row.lines) > 1 else row.misquoted)
            yield Record(line.number, [], problem or unclosed)
        else:
            yield Record(line.number, row.cells, row.problem)


class _QuotedRow:
    """A row with quoted cells, read line by line until every quote is closed."""

    def __init__(self, first: Line, name: str, delimiter: str) -> None:
        self.lines: list[Line] = []
        self.cells: list[str] = []
        self.problem: DataError | None = None
        self.misquoted: DataError | None = None
        self.is_open = False
        self.size = 0
        self._name, self._delimiter = name, delimiter
        self._pieces: list[str] = []
        self.add(first)

    @property
    def goes_on(self) -> bool:
        """Whether the next line belongs to the row."""
        return self.is_open and not self.misquoted

    def add(self, line: Line) -> None:
        """Read one line more."""
        self.lines.append(line)
        self.size += len(line.text) + 64  # a short line takes memory too
        self.problem = self.problem or line.problem
        text, at = line.text, 0
        if self.is_open:
            self._pieces.append("\n")
        while True:
            if self.is_open or text.startswith('"', at):
                at = self._quoted(text, at)
                if self.is_open:
                    return
                self._expect(
                    at == len(text) or text.startswith(self._delimiter, at),
                    "a cell to end at its closing quote",
                    text[at:],
                    line,
                )
                at = self._end(text, at)
            else:
                start, at = at, self._end(text, at)
                cell = text[start:at]
                self._expect('"' not in cell, "quotes around a cell that holds one", cell, line)
                self.cells.append(cell)
            if at == len(text):
                return
            at += len(self._delimiter)

    def _quoted(self, text: str, at: int) -> int:
        """Read a quoted cell, or what ``text`` holds of it; where it ends."""
        if not self.is_open:
            self.is_open, self._pieces = True, []
            at += 1
        while (end := text.find('"', at)) >= 0:
            self._pieces.append(text[at:end])
            if not text.startswith('"', end + 1):
                self.is_open = False
                self.cells.append("".join(self._pieces))
                return end + 1
            self._pieces.append('"')
            at = end + 2
        self._pieces.append(text[at:])
        return len(text)

    def _end(self, text: str, at: int) -> int:
        end = text.find(self._delimiter, at)
        return len(text) if end < 0 else end

    def _expect(self, holds: bool, expected: str, found: str, line: Line) -> None:
        if not holds and self.misquoted is None:
            source = f"{self._name}:{line.number}"
            self.misquoted = bad_row(source, expected, shown(found), fix=_NO_QUOTING)
