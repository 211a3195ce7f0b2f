"""What the formats with a token a line and a blank line between sentences share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO, NamedTuple, TypeAlias

from seqkit.errors import DataError
from seqkit.examples import TokensExample
from seqkit.readers.lines import Line, StreamReader, read_blocks, shown


class Word(NamedTuple):
    """A token's row.

    Attributes:
        row: Which of the sentence's lines it is, counted from 0.
        token: The token.
        tag: Its tag, empty where the row has none.
    """

    row: int
    token: str
    tag: str


#: Finds the words in a sentence's lines; told the file's name, for errors.
FindWords: TypeAlias = Callable[[Sequence[Line], str], list[Word]]


class SentenceReader(StreamReader):
    """Reads sentences, and writes them back with other tags.

    ``rows`` of an example are its lines with their ends, from the end of the sentence before it to
    the blank lines that close it, so that joined they are the file again. Only rows after the last
    sentence belong to none.
    """

    @abstractmethod
    def finder(self) -> FindWords:
        """A function for the sentences of one file, in order; it raises DataError at a bad row."""

    @abstractmethod
    def begins_document(self, row: str) -> bool:
        """Whether a row, without its line end, says that a new document begins with it."""

    @abstractmethod
    def with_tag(self, row: str, tag: str) -> str:
        """A word's row, without its line end, with ``tag`` in the tag's column."""

    @abstractmethod
    def new_row(self, number: int, token: str, tag: str) -> str:
        """A row for a word that was read in another format, ``number`` counted from 1."""

    @abstractmethod
    def holds(self, cell: str) -> bool:
        """Whether ``cell`` can stand in a column."""

    def read_stream(self, stream: BinaryIO, name: str) -> Iterator[TokensExample]:
        """Yield the sentences of a stream."""
        find_words = self.finder()
        before: list[Line] = []
        document = name  # the whole file, as long as nothing else is said
        for block in read_blocks(stream, name, self.encoding, what="sentence"):
            for line in block.lines:  # of a bad sentence too
                if self.begins_document(line.text):
                    document = f"{name}:{line.number}"
            try:
                if block.problem:
                    raise block.problem
                words = find_words(block.lines, name)
            except DataError as error:
                self.on_bad(error)
                before = []
                continue
            if not words:
                before += block.lines
                continue
            tags = tuple(word.tag for word in words)
            yield TokensExample(
                tuple(word.token for word in words),
                f"{name}:{block.lines[words[0].row].number}",
                tags if any(tags) else (),
                tuple(line.text + line.end for line in before + block.lines),
                document=document,
            )
            before = []

    def write(self, example: TokensExample, tags: Sequence[str]) -> str:
        """A sentence with ``tags``, closed by a blank line.

        One that was read in this format keeps everything else byte for byte; one that comes from
        elsewhere gets the columns that are known.

        Raises:
            DataError: There is not one tag a token, or one of them can't stand in a column.
        """
        if len(tags) != len(example.tokens):
            raise DataError(
                f"{example.source}: expected {len(example.tokens)} tags, found {len(tags)}"
            )
        for tag in tags:
            if not self.holds(tag):
                raise DataError(f"{example.source}: the tag {shown(tag)} fits in no column")
        rows = self._tagged(example, tags) or self._new(example, tags)
        if not rows[-1].endswith("\n"):
            rows[-1] += "\n"
        if rows[-1].strip(" \t\r\n"):
            rows.append("\n")
        return "".join(rows)

    def _tagged(self, example: TokensExample, tags: Sequence[str]) -> list[str]:
        """The example's rows with other tags; none if they are not in this format."""
        lines = [_line(row) for row in example.rows]
        try:
            words = self.finder()(lines, example.source)
        except DataError:
            return []
        if tuple(word.token for word in words) != example.tokens:
            return []
        rows = list(example.rows)
        for word, tag in zip(words, tags, strict=True):
            line = lines[word.row]
            rows[word.row] = self.with_tag(line.text, tag) + line.end
        return rows

    def _new(self, example: TokensExample, tags: Sequence[str]) -> list[str]:
        for token in example.tokens:
            if not self.holds(token):
                raise DataError(f"{example.source}: the token {shown(token)} fits in no column")
        numbered = enumerate(zip(example.tokens, tags, strict=True), start=1)
        return [*(self.new_row(n, token, tag) + "\n" for n, (token, tag) in numbered), "\n"]


def _line(row: str) -> Line:
    end = "\r\n" if row.endswith("\r\n") else "\n" if row.endswith("\n") else ""
    return Line(0, row.removesuffix(end), end)
