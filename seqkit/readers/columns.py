"""CoNLL columns: a token a line with its tag, a blank line between sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from seqkit.errors import DataError, RecipeError
from seqkit.readers.base import OnBad, stop_at_bad
from seqkit.readers.lines import Line, bad_row, shown
from seqkit.readers.sentences import FindWords, SentenceReader, Word

_CELLS = {"whitespace": re.compile(r"[^ \t]+"), "tab": re.compile(r"(?:^|(?<=\t))[^\t]*")}


class ColumnsReader(SentenceReader):
    """Reads columns that tabs, or any spaces and tabs, separate.

    Each row of a file has as many columns as its first sentence. Where the token's column is also
    the tag's, as in a file of one column, sentences have no tags and :meth:`write` adds a column
    for them. A ``-DOCSTART-`` row begins a document and is no token. Neither is a comment, which is
    a row that begins with ``#`` and has another number of columns: ``#`` and ``#word`` are tokens
    in their own right.
    """

    def __init__(
        self, options: Any, *, encoding: str = "utf-8", on_bad: OnBad = stop_at_bad
    ) -> None:
        super().__init__(options, encoding=encoding, on_bad=on_bad)
        if options.tag == 0:
            raise RecipeError(
                "reader.tag is 0", why="columns are counted from 1, or from the end with -1"
            )

    def finder(self) -> FindWords:
        """A function that learns the number of columns from the first good sentence."""
        width = 0

        def find_words(lines: Sequence[Line], name: str) -> list[Word]:
            nonlocal width
            count = width
            rows = [
                (index, line, self._cells(line.text))
                for index, line in enumerate(lines)
                if not (line.is_blank or self.begins_document(line.text))
            ]
            if not count:
                # Before the first row proper, only "# " can tell a comment from a token.
                proper = (cells for _, line, cells in rows if not line.text.startswith("#"))
                tokens = (cells for _, line, cells in rows if not line.text.startswith("# "))
                first = next(proper, None) or next(tokens, None)
                if first is None:
                    return []
                count = len(first)
            words = [
                self._word(index, cells, count, f"{name}:{line.number}")
                for index, line, cells in rows
                if len(cells) == count or not line.text.startswith("#")
            ]
            width = count
            return words

        return find_words

    def begins_document(self, row: str) -> bool:
        """Whether it is a ``-DOCSTART-`` row."""
        return row.startswith("-DOCSTART-")

    def with_tag(self, row: str, tag: str) -> str:
        """The row with ``tag`` in its cell."""
        spans = [cell.span() for cell in _CELLS[self.options.separator].finditer(row)]
        index = self._tag_index(len(spans))
        if index == self.options.token - 1:
            return f"{row}\t{tag}"
        start, end = spans[index]
        return f"{row[:start]}{tag}{row[end:]}"

    def new_row(self, number: int, token: str, tag: str) -> str:  # noqa: ARG002 -- no such column
        """The token and the tag, with ``_`` in the columns before and between."""
        width = max(self.options.token + (self.options.tag < 0), self.options.tag)
        cells = ["_"] * max(2, width)
        cells[self.options.token - 1] = token
        cells[self._tag_index(len(cells))] = tag
        return "\t".join(cells)

    def holds(self, cell: str) -> bool:
        """Whether ``cell`` is one cell again when it is read."""
        separators = "\t\r\n" if self.options.separator == "tab" else " \t\r\n"
        return cell != "" and not any(char in cell for char in separators)

    def _cells(self, text: str) -> list[str]:
        return _CELLS[self.options.separator].findall(text)

    def _tag_index(self, width: int) -> int:
        tag: int = self.options.tag
        return tag - 1 if tag > 0 else width + tag

    def _word(self, index: int, cells: list[str], width: int, source: str) -> Word:
        if len(cells) != width:
            raise bad_row(source, _columns(width), f"{len(cells)}: {shown(' '.join(cells))}")
        token_index, tag_index = self.options.token - 1, self._tag_index(width)
        if token_index >= width or not 0 <= tag_index < width:
            needed = max(self.options.token, abs(self.options.tag))
            raise DataError(
                f"{source}: expected at least {_columns(needed)}, found {width}: "
                f"{shown(' '.join(cells))}",
                fix="Set token and tag to the columns that hold them",
            )
        token = cells[token_index]
        tag = "" if tag_index == token_index else cells[tag_index]
        if not token or (not tag and tag_index != token_index):
            raise bad_row(source, "a token and a tag", f"an empty cell: {shown(' '.join(cells))}")
        return Word(index, token, tag)


def _columns(count: int) -> str:
    return f"{count} column{'s' if count != 1 else ''}"
