"""Sentences with their translations: two parallel files, or two columns of one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import BinaryIO

from seqkit.errors import DataError
from seqkit.examples import Example, TextExample
from seqkit.readers.compressed import without_suffix
from seqkit.readers.lines import Line, LineReader, bad_row, open_binary, read_lines, shown
from seqkit_translate import PairsOptions


class PairsReader(LineReader):
    """Reads a sentence a line, with its translation as the only label.

    With ``target_suffix``, the translations stand in the same lines of a second file beside the
    one that is named; lines that are blank in both mean nothing. Without, they stand in a column of
    the same line, and tabs part columns.
    """

    options: PairsOptions

    def files(self, path: Path) -> list[Path]:
        """The file, and the one with the translations if that is another."""
        found = super().files(path)
        if self.options.target_suffix:
            found += super().files(self._beside(path))
        return list(dict.fromkeys(found))

    def read_opened(self, stream: BinaryIO, path: Path) -> Iterator[Example]:
        """Yield the pairs of a file that is open."""
        if not self.options.target_suffix:
            yield from super().read_stream(stream, str(path))
            return
        other = self._beside(path)
        with open_binary(other) as translations:
            yield from self._parallel(
                read_lines(stream, str(path), self.encoding),
                read_lines(translations, str(other), self.encoding),
                (str(path), str(other)),
            )

    def read_stream(self, stream: BinaryIO, name: str) -> Iterator[Example]:
        """Yield the pairs of a stream of two columns.

        Raises:
            DataError: The translations stand in a second file.
        """
        if self.options.target_suffix:
            raise DataError(
                f"{name} can't be read with target_suffix",
                why="translations then stand in a second file, and a stream has none beside it",
            )
        return super().read_stream(stream, name)

    def parse(self, text: str, source: str) -> TextExample:
        """The pair in a line of columns.

        Raises:
            DataError: A column is missing, or a side is empty.
        """
        cells = text.split("\t")
        wanted = max(self.options.source_column, self.options.target_column)
        if len(cells) < wanted:
            raise bad_row(
                source,
                f"{wanted} columns with tabs between them",
                f"{len(cells)}: {shown(text)}",
            )
        sentence = cells[self.options.source_column - 1]
        return _paired(sentence, cells[self.options.target_column - 1], source, source)

    def _beside(self, path: Path) -> Path:
        """The file with the translations of another one, compressed as that is."""
        plain = without_suffix(path.name)
        packed = path.name[len(plain) :]
        stem = plain.rpartition(".")[0] or plain
        other = path.with_name(f"{stem}.{self.options.target_suffix.lstrip('.')}{packed}")
        if other == path:
            raise DataError(
                f"{path} is the file of the translations",
                why=f"target_suffix is {self.options.target_suffix}",
                fix="Name the file with the sentences",
            )
        return other

    def _parallel(
        self, sentences: Iterator[Line], translations: Iterator[Line], names: tuple[str, str]
    ) -> Iterator[Example]:
        for left, right in zip_longest(sentences, translations):
            if left is None or right is None:
                raise _unequal(left or right, names if left else names[::-1])
            problem = left.problem or right.problem
            if not problem and left.is_blank and right.is_blank:
                continue
            source, target = (f"{name}:{left.number}" for name in names)
            try:
                if problem:
                    raise problem
                example = _paired(left.text, right.text, source, target)
            except DataError as error:
                self.on_bad(error)
                continue
            yield example


def _paired(sentence: str, translation: str, source: str, target: str) -> TextExample:
    """A pair without the white space around its sides.

    Args:
        sentence: In the one language.
        translation: In the other.
        source: ``file:line`` of the sentence.
        target: The same of the translation.

    Raises:
        DataError: One side is empty.
    """
    sentence, translation = sentence.strip(), translation.strip()
    for text, what, place in (
        (sentence, "sentence", source),
        (translation, "translation", target),
    ):
        if not text:
            raise bad_row(place, f"a {what}", "an empty one")
    return TextExample(sentence, source, (translation,))


def _unequal(line: Line, names: tuple[str, str]) -> DataError:
    """The error of a line of the first of two files that the second one has not."""
    longer, shorter = names
    return DataError(
        f"{longer}:{line.number}: {shorter} has no such line",
        why="lines of the same number belong together",
        fix="See whether it lacks a line somewhere before",
    )
