"""Vectors of words from files: text, word2vec's binary form, and fastText's models.

A file is read once from front to end and may be larger than memory: only the vectors of words that
are asked for are kept. It comes from strangers, so every read is bounded, and nothing in it is run.
"""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Container, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, TypeAlias

import numpy as np

from seqkit import registry
from seqkit.bundle.manifest import OriginRecord
from seqkit.errors import DataError, RecipeError
from seqkit.pretrained import fasttext
from seqkit.pretrained.source import checksum
from seqkit.pretrained.stream import LONGEST_WORD, check_size, read_some
from seqkit.readers.compressed import without_suffix
from seqkit.readers.lines import bad_row, open_binary, shown
from seqkit.recipe import Recipe
from seqkit.tokenizers.base import SPECIAL_SYMBOLS

#: The most bytes of a number written as text.
LONGEST_NUMBER = 64
#: Bytes of a binary file that are read at once.
_CHUNK = 1 << 20
_BOM = b"\xef\xbb\xbf"

#: Words, in UTF-8.
Wanted: TypeAlias = Container[bytes]


class WordVectors:
    """The file of vectors that a recipe names.

    Args:
        recipe: A checked recipe.

    Attributes:
        name: The file, as the recipe names it.

    Raises:
        DataError: There is no such file, or its name says nothing of its format.
        RecipeError: The recipe's tokens are no words.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.name = recipe.pretrained.vectors
        self._path = Path(self.name)
        self._size = recipe.embedding.size
        if not self._path.is_file():
            raise DataError(
                f"There is no file of vectors {self._path}",
                why="the recipe's pretrained.vectors names it, from the working directory",
                fix="Put it there, or name the file that you have: "
                "--set pretrained.vectors=FOLDER/FILE",
            )
        self._binary = _suffix(self._path) in (".bin", ".ftz")
        if not registry.load_target("tokenizer", recipe.tokenizer.name).tokens_are_words:
            raise RecipeError(
                f"pretrained.vectors: '{self.name}' has vectors of words",
                why=f"the tokens of the tokenizer {recipe.tokenizer.name} are no words",
                fix="Set tokenizer.name=word",
            )

    def record(self) -> OriginRecord:
        """What the manifest of a model that begins with them says of them."""
        return OriginRecord(
            kind="vectors",
            name=self._path.name,
            sha256=checksum(self._path),
            corpus="",
            licence="",
        )

    def words(self, number: int) -> list[str]:
        """The first words of the file, at most so many; those that are no UTF-8 are passed over.

        Raises:
            DataError: As :meth:`read`.
        """
        with self._fasttext() as model:
            words = None if model is None else fasttext.first_words(model, self._size, number)
        if words is None:
            words = [word for word, _ in itertools.islice(self._vectors(_Every()), number)]
        found = []
        for word in words:
            with contextlib.suppress(UnicodeDecodeError):
                found.append(word.decode())
        return found

    @contextlib.contextmanager
    def _fasttext(self) -> Iterator[fasttext.File | None]:
        """The file, opened behind what models of fastText begin with; none where it is no such."""
        if not self._binary:
            yield None
            return
        name = str(self._path)
        with open_binary(self._path) as stream:
            if read_some(stream.read, len(fasttext.MAGIC), name) != fasttext.MAGIC:
                yield None
                return
            plain = without_suffix(self._path.name) == self._path.name
            length = self._path.stat().st_size if plain else None
            yield fasttext.File(stream, name, length)

    def _vectors(self, wanted: Wanted) -> Iterator[tuple[bytes, np.ndarray]]:
        with open_binary(self._path) as stream:
            make = binary_vectors if self._binary else text_vectors
            yield from make(stream, str(self._path), wanted, self._size)

    def read(self, tokens: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """The vectors of a vocabulary.

        Args:
            tokens: In the order of their ids; the special symbols have no vectors.

        Returns:
            Which of them have one, ``(n,)`` int64, and the vectors, ``(n, E)`` float32. A word
            that the file lacks has that of its lower case, if there is one; of a model of
            fastText, otherwise that of its n-grams.

        Raises:
            DataError: The file is damaged, or its vectors have another size; the message names the
                line, or the number of the vector.
        """
        with self._fasttext() as model:
            if model is not None:
                ids, table = fasttext.subword_vectors(model, tokens, self._size)
                return np.array(ids, dtype=np.int64), table
        exact = {token.encode("utf-8", "surrogatepass") for token in tokens}
        lower = {token.lower().encode("utf-8", "surrogatepass") for token in tokens}
        found: dict[bytes, np.ndarray] = {}
        for word, vector in self._vectors(exact | lower):
            found.setdefault(word, vector)
        rows, vectors = [], []
        for row, token in enumerate(tokens):
            for form in (token, token.lower()) if row >= len(SPECIAL_SYMBOLS) else ():
                if (match := found.get(form.encode("utf-8", "surrogatepass"))) is not None:
                    rows.append(row)
                    vectors.append(match)
                    break
        table = np.array(vectors, dtype=np.float32).reshape(len(rows), self._size)
        return np.array(rows, dtype=np.int64), table


class _Every(Container[bytes]):
    """All words that there are."""

    def __contains__(self, word: object) -> bool:
        return True


def text_vectors(
    stream: BinaryIO, name: str, wanted: Wanted, size: int
) -> Iterator[tuple[bytes, np.ndarray]]:
    """The vectors of some words in a text file, a word and its numbers a line.

    A first line of two whole numbers says how many vectors there are, of how many numbers. A line
    with more fields than that is of a word with a space in it, which no tokenizer has.

    Args:
        stream: The file's bytes.
        name: What errors call it.
        wanted: The words.
        size: How many numbers a vector must have.

    Raises:
        DataError: A line is too long or too short, or what should be a number is none.
    """
    longest = LONGEST_WORD + size * LONGEST_NUMBER
    first = True
    for number, line in enumerate(_lines(stream, name, longest), 1):
        where = f"{name}:{number}"
        if first:
            fields = line.split()
            if number == 1 and size > 1 and len(fields) == 2 and all(map(_whole, fields)):
                check_size(where, int(fields[1]), size)
                continue
            check_size(where, len(fields) - 1, size)
            first = False
        word, *rest = line.split(None, 1) or [b""]
        if word not in wanted:
            continue
        numbers = rest[0].split() if rest else []
        if len(numbers) < size:
            raise bad_row(where, f"{size} numbers after the word", f"{len(numbers)}")
        if len(numbers) == size:
            yield word, _vector(numbers, where)


def binary_vectors(
    stream: BinaryIO, name: str, wanted: Wanted, size: int
) -> Iterator[tuple[bytes, np.ndarray]]:
    """The vectors of some words in word2vec's binary form.

    A line says how many vectors there are, of how many numbers; then come each word, a space, and
    its numbers as float32, little-endian, perhaps ended by a line feed.

    Args:
        stream: The file's bytes.
        name: What errors call it.
        wanted: The words.
        size: How many numbers a vector must have.

    Raises:
        DataError: It is in another format, or ends too early.
    """
    header = read_some(stream.readline, 64, name)
    fields = header.split()
    if len(fields) != 2 or not all(map(_whole, fields)):
        raise DataError(
            f"{name} is not in word2vec's binary form",
            why="it does not begin with a line of two whole numbers",
            fix="Convert it to text: a word and its numbers a line, in a file named .txt",
        )
    check_size(f"{name}:1", int(fields[1]), size)
    count, width = int(fields[0]), 4 * size
    buffer, place = b"", 0
    for entry in range(1, count + 1):
        where = f"{name}: vector {entry:,}"
        while True:
            end = buffer.find(b" ", place, place + LONGEST_WORD + 2)
            if 0 <= end <= len(buffer) - width - 1:
                break
            if end < 0 and len(buffer) - place > LONGEST_WORD + 1:
                raise bad_row(where, f"a word of at most {LONGEST_WORD} bytes", "more")
            more = read_some(stream.read, _CHUNK, name)
            if not more:
                raise DataError(f"{where} of {count:,} is cut short", fix="Fetch the file again")
            buffer, place = buffer[place:] + more, 0
        word, place = buffer[place:end].lstrip(b"\n"), end + 1 + width
        if word in wanted:
            yield word, _finite(np.frombuffer(buffer[end + 1 : place], "<f4"), where)


def _suffix(path: Path) -> str:
    suffix = Path(without_suffix(path.name)).suffix.lower()
    if suffix not in (".txt", ".vec", ".bin", ".ftz"):
        raise DataError(
            f"{path} can't be told to hold vectors",
            why="its name ends neither in .txt or .vec, as text does, nor in .bin",
            fix="Rename it, or convert it to text: a word and its numbers a line",
        )
    return suffix


def _lines(stream: BinaryIO, name: str, longest: int) -> Iterator[bytes]:
    number = 0
    while line := read_some(stream.readline, longest + 1, f"{name}:{number + 1}"):
        number += 1
        if len(line) > longest:
            raise bad_row(f"{name}:{number}", f"at most {longest:,} bytes in a line", "more")
        yield line.removeprefix(_BOM) if number == 1 else line


def _whole(field: bytes) -> bool:
    return field.isdigit() and len(field) <= 12


def _vector(numbers: list[bytes], where: str) -> np.ndarray:
    values = []
    for number in numbers:
        try:
            values.append(float(number))
        except ValueError:
            found = shown(number.decode("utf-8", "replace"))
            raise bad_row(where, "a number", found) from None
    return _finite(np.array(values), where)


def _finite(values: np.ndarray, where: str) -> np.ndarray:
    with np.errstate(over="ignore"):
        vector = values.astype(np.float32)
    if not (finite := np.isfinite(vector)).all():
        raise bad_row(where, "finite numbers", str(values[~finite][0]))
    return vector
