"""Universal Dependencies' CoNLL-U: ten columns, tab-separated.

The format is described at https://universaldependencies.org/format.html.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from seqkit.readers.base import OnBad, stop_at_bad
from seqkit.readers.lines import Line, bad_row, shown
from seqkit.readers.sentences import FindWords, SentenceReader, Word

_COLUMNS = {"upos": 3, "xpos": 4, "deprel": 7}
_WORD_ID = re.compile(r"[1-9][0-9]*")
_NEW_DOCUMENT = re.compile(r"#\s*newdoc(\s|$)")
_OTHER_ID = re.compile(r"[0-9]+[-.][0-9]+")


class ConlluReader(SentenceReader):
    """Reads the words of sentences, which are the rows whose id is an integer.

    Comments, multiword tokens (``1-2``) and empty nodes (``1.1``) are kept among the example's
    rows. A sentence with ``_`` for each of its tags has none. ``# newdoc`` begins a document.
    """

    def __init__(
        self, options: Any, *, encoding: str = "utf-8", on_bad: OnBad = stop_at_bad
    ) -> None:
        super().__init__(options, encoding=encoding, on_bad=on_bad)
        self._tag = _COLUMNS[options.tag]

    def finder(self) -> FindWords:
        """The same function for every file."""
        return self._find_words

    def begins_document(self, row: str) -> bool:
        """Whether it is a ``# newdoc`` comment, with a name or without."""
        return row.startswith("#") and _NEW_DOCUMENT.match(row) is not None

    def with_tag(self, row: str, tag: str) -> str:
        """The row with ``tag`` in its column."""
        cells = row.split("\t")
        cells[self._tag] = tag
        return "\t".join(cells)

    def new_row(self, number: int, token: str, tag: str) -> str:
        """A row with the id, the form and the tag, all else unspecified."""
        return self.with_tag("\t".join([str(number), token, *"_" * 8]), tag)

    def holds(self, cell: str) -> bool:
        """Whether ``cell`` is one cell again when it is read."""
        return cell != "" and not any(char in cell for char in "\t\r\n")

    def _find_words(self, lines: Sequence[Line], name: str) -> list[Word]:
        words: list[Word] = []
        for index, line in enumerate(lines):
            if line.is_blank or line.text.startswith("#"):
                continue
            source = f"{name}:{line.number}"
            cells = line.text.split("\t")
            if len(cells) != 10:
                found = f"{len(cells)}: {shown(line.text)}"
                raise bad_row(source, "10 columns separated by tabs", found)
            identity, form, tag = cells[0], cells[1], cells[self._tag]
            if _OTHER_ID.fullmatch(identity):
                continue
            if not _WORD_ID.fullmatch(identity):
                raise bad_row(source, "an id such as 1, 1-2 or 1.1", shown(identity))
            if int(identity) != len(words) + 1:
                raise bad_row(
                    source,
                    f"the id {len(words) + 1}",
                    shown(identity),
                    fix="Ids count from 1 in each sentence, and a blank line ends it",
                )
            if not form or not tag:
                raise bad_row(source, "a form and a tag", f"an empty cell: {shown(line.text)}")
            words.append(Word(index, form, tag))
        if all(word.tag == "_" for word in words):
            return [word._replace(tag="") for word in words]
        return words
