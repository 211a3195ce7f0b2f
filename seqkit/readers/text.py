"""Plain text: a document a file, a line or a paragraph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from seqkit.errors import DataError
from seqkit.examples import TextExample
from seqkit.readers import lines


class TextReader(lines.StreamReader):
    """Reads unlabelled texts.

    As a file, a document keeps its line ends as LF and is held in memory whole. As lines, each is
    a document, an empty one too, so that there are as many documents as lines. As paragraphs, they
    are the blocks of lines between blank lines, joined by LF.
    """

    def read_stream(self, stream: BinaryIO, name: str) -> Iterator[TextExample]:
        """Yield the documents of a stream."""
        unit = self.options.unit
        if unit == "line":
            return self._lines(stream, name)
        if unit == "paragraph":
            return self._paragraphs(stream, name)
        return self._file(stream, name)

    def _file(self, stream: BinaryIO, name: str) -> Iterator[TextExample]:
        try:
            text = lines.read_text(stream, name, self.encoding, longest=lines.LONGEST_TEXT)
        except DataError as error:
            self.on_bad(error)
        else:
            yield TextExample(text, name)

    def _lines(self, stream: BinaryIO, name: str) -> Iterator[TextExample]:
        for line in lines.read_lines(stream, name, self.encoding):
            if line.problem:
                self.on_bad(line.problem)
            else:
                yield TextExample(line.text, f"{name}:{line.number}")

    def _paragraphs(self, stream: BinaryIO, name: str) -> Iterator[TextExample]:
        for block in lines.read_blocks(stream, name, self.encoding, what="paragraph"):
            filled = [line for line in block.lines if not line.is_blank]
            if block.problem:
                self.on_bad(block.problem)
            elif filled:
                text = "\n".join(line.text for line in filled)
                yield TextExample(text, f"{name}:{filled[0].number}")
