"""WikiText: tokens parted by spaces, put together again as running text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from seqkit.examples import TextExample
from seqkit.readers import lines

_UNKNOWN = "<unk>"
_HEADING = re.compile(r"\s*(= )+.*( =)+\s*")
#: Between two sentences: after a full stop that is a token of its own.
_SENTENCE_END = re.compile(r'(?<= [.?!])(?: ")?\s+(?=["A-Z])')
#: What the tokens of a sentence have parted, in the order in which it is mended.
_MENDED = (
    (re.compile(r" @([-,.])@ "), r"\1"),
    (re.compile(r' " ([^"]*) "(?= |$)'), r' "\1"'),
    (re.compile(r" (['\u2019](?:s|t|re|ve|ll|d|m))\b"), r"\1"),
    (re.compile(r" ([,.;:!?%)\]}])"), r"\1"),
    (re.compile(r"([(\[{$\u00a3\u20ac]) "), r"\1"),
)


class WikiTextReader(lines.StreamReader):
    """Reads a file as one text: paragraphs a line each, headings and blank lines left out.

    Signs are put back beside their words, and the marks for a hyphen, comma or point within a word
    (``@-@``) become what they stand for. A word that the corpus has replaced by ``<unk>`` can't be
    known again: by default the whole sentence is left out, since a text with gaps reads badly and
    teaches a model to leave gaps too. For scores that others can compare, read the tokens as they
    stand with the ``text`` reader.
    """

    def read_stream(self, stream: BinaryIO, name: str) -> Iterator[TextExample]:
        """Yield the one text of a stream."""
        paragraphs = []
        for line in lines.read_lines(stream, name, self.encoding):
            if line.problem:
                self.on_bad(line.problem)
            elif paragraph := self._paragraph(line.text):
                paragraphs.append(paragraph)
        yield TextExample("\n".join(paragraphs), name)

    def _paragraph(self, line: str) -> str:
        if _HEADING.fullmatch(line):
            return ""
        sentences = _SENTENCE_END.split(line)
        if self.options.unknown == "drop-sentence":
            sentences = [s for s in sentences if _UNKNOWN not in s]
        return " ".join(running_text(s) for s in sentences)


def running_text(sentence: str) -> str:
    """A sentence of WikiText's tokens as people write it."""
    text = f" {' '.join(sentence.split())}"
    for parted, mended in _MENDED:
        text = parted.sub(mended, text)
    return text.strip()
