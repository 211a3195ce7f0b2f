"""What commands print: tables for people, JSON and CSV for programs."""

from __future__ import annotations

import csv
import io
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from seqkit.errors import UsageError
from seqkit.examples import Example

_SUFFIXES = {".json": "json", ".jsonl": "jsonl", ".ndjson": "jsonl", ".csv": "csv"}


def chosen(
    form: str | None, path: Path | None, *, terminal: str = "table", otherwise: str = "jsonl"
) -> str:
    """The format to write in.

    Args:
        form: What ``--format`` said, or None.
        path: What ``--output`` said; its suffix decides where ``--format`` does not.
        terminal: The format for people who look at a terminal.
        otherwise: The format for pipes and files.
    """
    if form:
        return form
    if path is not None:
        return _SUFFIXES.get(path.suffix.lower(), otherwise)
    return terminal if sys.stdout.isatty() else otherwise


def write(chunks: Iterable[str], path: Path | None) -> None:
    """Write each piece of text as soon as there is one.

    Args:
        chunks: The text in pieces.
        path: A file, which appears under its name only when it is complete, or None for standard
            output.

    Raises:
        UsageError: The file's folder is missing.
    """
    if path is None:
        _emit(chunks, sys.stdout)
        return
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent}", fix="Make it first")
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            _emit(chunks, stream)
        # mkstemp makes files that only their owner reads; results are as open as any other file.
        mask = os.umask(0)
        os.umask(mask)
        temporary.chmod(0o666 & ~mask)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _emit(chunks: Iterable[str], stream: TextIO) -> None:
    for chunk in chunks:
        stream.write(chunk)
        stream.flush()


def to_json(value: Any, *, indent: int = 0) -> str:
    """A typed result as JSON text, with every character but quotes and controls as itself."""
    import msgspec

    encoded = msgspec.json.encode(value)
    return (msgspec.json.format(encoded, indent=indent) if indent else encoded).decode()


def json_lines(rows: Iterable[Any]) -> Iterator[str]:
    """A JSON object a line."""
    return map(json_line, rows)


def json_line(row: Any) -> str:
    """A JSON object in a line of its own."""
    return f"{to_json(row)}\n"


def json_array(rows: Iterable[Any]) -> Iterator[str]:
    """One JSON array, an element a line, written as the rows come."""
    before = ARRAY.begin
    for row in rows:
        yield f"{before}{to_json(row)}"
        before = ARRAY.between
    yield ARRAY.nothing if before == ARRAY.begin else ARRAY.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """How the results for documents become one text.

    Attributes:
        row: The text of a document's result, given the document and the result.
        begin: What stands before the first.
        between: What stands between two.
        end: What stands after the last.
        nothing: The whole text where there are no documents.
    """

    row: Callable[[Example, Any], str]
    begin: str = ""
    between: str = ""
    end: str = ""
    nothing: str = ""


#: Each result as a line of JSON, and as an element of one array.
LINES = Layout(row=lambda _, result: json_line(result))
ARRAY = Layout(
    row=lambda _, result: to_json(result),
    begin="[\n",
    between=",\n",
    end="\n]\n",
    nothing="[]\n",
)


def csv_line(cells: Iterable[Any]) -> str:
    """One row as RFC 4180 quotes it, with a Unix line end."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerow(cells)
    return buffer.getvalue()


def print_table(
    header: Sequence[str], rows: Iterable[Sequence[Any]], *, title: str = "", right: str = ""
) -> None:
    """Print a table: drawn by rich on a terminal, plain aligned text elsewhere.

    Args:
        header: The columns' names.
        rows: Their cells; numbers are written by :func:`cell`.
        title: A line above it.
        right: Headers of right-aligned columns, separated by spaces; those of numbers are found.
    """
    lines = [list(row) for row in rows]
    numbers = {
        index
        for index, name in enumerate(header)
        if name in right.split() or (lines and all(_is_number(line[index]) for line in lines))
    }
    texts = [[cell(value) for value in line] for line in lines]
    if sys.stdout.isatty():
        _draw(header, texts, numbers, title)
        return
    if title:
        print(title)
    for line in aligned([list(header), *texts], numbers):
        print(line)


def aligned(lines: Sequence[Sequence[str]], right: Iterable[int] = ()) -> Iterator[str]:
    """Lines of cells in columns as wide as their widest cell on a terminal.

    Args:
        lines: The cells, as many in each line.
        right: The columns that are aligned at their right edge.
    """
    from rich.cells import cell_len  # knows that a Chinese character takes two places

    widths = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    flush = set(right)
    for line in lines:
        padded = []
        for index, (text, width) in enumerate(zip(line, widths, strict=True)):
            space = " " * (width - cell_len(text))
            padded.append(space + text if index in flush else text + space)
        yield "  ".join(padded).rstrip()


def cell(value: Any) -> str:
    """A table's cell as one line of text: numbers rounded, controls made visible."""
    if isinstance(value, float):
        return f"{value:.4f}"
    if isinstance(value, int):
        return f"{value:,}"
    return "".join(c if c.isprintable() else _visible(c) for c in str(value))


def shortened(text: str, width: int) -> str:
    """One line of at most ``width`` characters, white space run together."""
    line = " ".join(text.split())
    return line if len(line) <= width else f"{line[: max(width - 1, 1)]}…"


def _visible(character: str) -> str:
    return {"\n": "⏎", "\t": " "}.get(character, "\N{REPLACEMENT CHARACTER}")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float)


def _draw(
    header: Sequence[str], lines: Sequence[Sequence[str]], right: set[int], title: str
) -> None:
    from rich.console import Console  # only where somebody looks at it
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold", title=title or None)
    table.title_justify = "left"
    for index, name in enumerate(header):
        table.add_column(Text(name), justify="right" if index in right else "left")
    for line in lines:
        table.add_row(*(Text(text) for text in line))
    Console().print(table)


def around_mark(text: str, width: int) -> str:
    """At most ``width`` characters of a line, around the word between ``>`` and ``<`` if any."""
    if len(text) <= width:
        return text
    mark = max(text.find(">"), 0) if "<" in text else 0
    start = max(0, min(mark - width // 2, len(text) - width))
    return ("…" if start else "") + shortened(text[start:], width - bool(start))
