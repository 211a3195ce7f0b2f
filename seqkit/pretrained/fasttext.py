"""Vectors of words from fastText's own models, put together from those of parts of words.

A word's vector is the mean of its own row and those of its character n-grams, so that words which
a model does not know have one too (Bojanowski, Grave, Joulin and Mikolov 2017, "Enriching word
vectors with subword information"). N-grams share rows by a hash. The file is read once from front
to end, and of its matrix only the rows in use, which are added up as they pass by.
"""

from __future__ import annotations

import itertools
import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np

from seqkit.errors import DataError
from seqkit.pretrained.stream import LONGEST_WORD, Stream, check_size
from seqkit.readers.lines import bad_row
from seqkit.tokenizers.base import SPECIAL_SYMBOLS

#: What fastText's own models begin with, and the versions of their format.
MAGIC = (793_712_314).to_bytes(4, "little")
_VERSIONS = (11, 12)
#: In version 11, models of this kind read no n-grams whatever they say.
_SUPERVISED = 3
#: Bytes of the matrix that are read at once, if a row is not more.
_BLOCK = 1 << 20
#: The most characters of an n-gram: fastText's own limit is 6 unless it is told otherwise.
_LONGEST_NGRAM = 32
_END = b"</s>"
_WORD = 0
#: The fewest bytes of a word in the dictionary: its end, how often it occurs, and its type.
_LEAST_ENTRY = 10


@dataclass(frozen=True, slots=True)
class File:
    """An open model.

    Attributes:
        stream: Its bytes, behind :data:`MAGIC`.
        name: What errors call it.
        length: How many bytes it has in all; none where it is compressed.
    """

    stream: BinaryIO
    name: str
    length: int | None


@dataclass(frozen=True, slots=True)
class _Header:
    """What a model says of itself.

    Attributes:
        entries: Words and labels of its dictionary.
        words: Words alone; theirs are the first rows of the matrix.
        buckets: Rows of n-grams, which are the others.
        shortest, longest: Characters of its n-grams.
    """

    entries: int
    words: int
    buckets: int
    shortest: int
    longest: int

    def rows(self, word: bytes, known: int | None) -> list[int]:
        """The rows whose mean is a word's vector; none where it has no vector."""
        own = [] if known is None else [known]
        if word == _END or not self.buckets:
            return own
        hashes = ngram_hashes(word, shortest=self.shortest, longest=self.longest)
        return own + [self.words + h % self.buckets for h in hashes]


def ngram_hashes(word: bytes, *, shortest: int, longest: int) -> Iterator[int]:
    """The hashes of a word's character n-grams, the marks of its ends ``<`` and ``>`` included.

    Hashes are FNV-1a of 32 bits of the n-gram's UTF-8, but that bytes above 127 are taken as
    negative numbers, as fastText does. A mark alone is no n-gram.

    Args:
        word: In UTF-8.
        shortest: Characters of an n-gram at least.
        longest: Characters of an n-gram at most.
    """
    marked = b"<" + word + b">"
    # bytes 10xxxxxx go on with a character
    starts = [i for i, byte in enumerate(marked) if byte & 0xC0 != 0x80]
    ends = [*starts[1:], len(marked)]
    for first, start in enumerate(starts):
        value, place = 2_166_136_261, start
        for n, end in enumerate(ends[first : first + longest], 1):
            for byte in marked[place:end]:
                value ^= byte if byte < 0x80 else byte | 0xFFFF_FF00
                value = value * 16_777_619 & 0xFFFF_FFFF
            place = end
            if n >= shortest and not (n == 1 and (start == 0 or end == len(marked))):
                yield value


def first_words(file: File, size: int, number: int) -> list[bytes]:
    """The first words of a model's dictionary, at most so many, the most frequent first.

    Args:
        file: A model of fastText.
        size: How many numbers a vector must have.
        number: How many words.

    Raises:
        DataError: As :func:`subword_vectors`.
    """
    stream = Stream(file.stream, file.name, read=len(MAGIC))
    header = _read_header(stream, size, file.length)
    words = (w for w, _ in _dictionary(stream, header) if w != _END)
    return list(itertools.islice(words, number))


def subword_vectors(file: File, tokens: Sequence[str], size: int) -> tuple[list[int], np.ndarray]:
    """The vectors of a vocabulary.

    A token that the model does not know has the vector of its lower case, if it knows that, and
    otherwise that of its n-grams.

    Args:
        file: A model of fastText.
        tokens: In the order of their ids; the special symbols have no vectors.
        size: How many numbers a vector must have.

    Returns:
        The ids of the tokens that have a vector, and the vectors, ``(n, E)`` float32.

    Raises:
        DataError: It is damaged, quantised or of another version, or its vectors have another
            size.
    """
    name, length = file.name, file.length
    stream = Stream(file.stream, name, read=len(MAGIC))
    header = _read_header(stream, size, length)
    forms = [
        (
            id_,
            token.encode("utf-8", "surrogatepass"),
            token.lower().encode("utf-8", "surrogatepass"),
        )
        for id_, token in enumerate(tokens)
        if id_ >= len(SPECIAL_SYMBOLS)
    ]
    known = _known(stream, header, {form for _, *both in forms for form in both})
    ids: list[int] = []
    rows: list[int] = []
    counts: list[int] = []
    for id_, word, lower in forms:
        form = word if word in known or lower not in known else lower
        if found := header.rows(form, known.get(form)):
            rows += found
            counts.append(len(found))
            ids.append(id_)
    _check_matrix(stream, header, size, length)
    sums = np.zeros((len(ids), size))
    owners = np.repeat(np.arange(len(ids)), counts)
    _add_rows(stream, np.array(rows, np.int64), owners, sums, header)
    means = sums / np.array(counts).reshape(-1, 1)
    with np.errstate(over="ignore"):
        table = means.astype(np.float32)
    if not (finite := np.isfinite(table).all(axis=1)).all():
        raise bad_row(f"{name}: '{tokens[ids[int(finite.argmin())]]}'", "finite numbers", "others")
    return ids, table


def _read_header(stream: Stream, size: int, length: int | None) -> _Header:
    (version,) = struct.unpack("<i", stream.take(4))
    if version not in _VERSIONS:
        raise DataError(
            f"{stream.name} is a model of fastText in version {version} of its format",
            why=f"versions {_VERSIONS[0]} and {_VERSIONS[1]} can be read",
            fix="Take the file .vec that fastText writes beside it",
        )
    dim, *_, model, buckets, shortest, longest, _, _ = struct.unpack("<12id", stream.take(56))
    check_size(stream.name, dim, size)
    entries, words, labels, _, pruned = struct.unpack("<3i2q", stream.take(28))
    if version == _VERSIONS[0] and model == _SUPERVISED:
        longest = 0
    if pruned > 0:
        raise _quantised(stream.name)
    if min(words, labels, buckets, shortest, longest) < 0 or entries != words + labels:
        raise _damaged(stream.name, "its header has numbers that can't be")
    if longest > _LONGEST_NGRAM:
        raise DataError(
            f"{stream.name} has n-grams of up to {longest:,} characters",
            why=f"at most {_LONGEST_NGRAM} are read",
            fix="Take the file .vec that fastText writes beside it",
        )
    if length is not None and entries * _LEAST_ENTRY > length - stream.read:
        raise _damaged(stream.name, f"{entries:,} words can't be in a file of {length:,} bytes")
    # without n-grams the other rows, if any, are those of sequences of words
    return _Header(entries, words, buckets if longest and pruned else 0, shortest, longest)


def _known(stream: Stream, header: _Header, wanted: set[bytes]) -> dict[bytes, int]:
    """The rows of those words that the dictionary has."""
    return {word: row for word, row in _dictionary(stream, header) if word in wanted}


def _dictionary(stream: Stream, header: _Header) -> Iterator[tuple[bytes, int]]:
    """All words with their rows; labels are passed over."""
    for entry in range(header.entries):
        word = stream.until(b"\0", LONGEST_WORD, f"word {entry + 1:,} of {header.entries:,}")
        kind = stream.take(9)[8]  # after how often it occurs
        if kind == _WORD and entry < header.words:
            yield word, entry


def _check_matrix(stream: Stream, header: _Header, size: int, length: int | None) -> None:
    quantised, rows, columns = struct.unpack("<?2q", stream.take(17))
    if quantised:
        raise _quantised(stream.name)
    if columns != size or rows < header.words + header.buckets:
        raise _damaged(
            stream.name,
            f"its matrix is said to be {rows:,} by {columns:,}, for {header.words:,} words and "
            f"{header.buckets:,} rows of n-grams, of {size} numbers each",
        )
    if length is not None and rows * columns * 4 > length - stream.read:
        raise _damaged(stream.name, f"{rows:,} rows can't be in a file of {length:,} bytes")


def _add_rows(
    stream: Stream, rows: np.ndarray, owners: np.ndarray, sums: np.ndarray, header: _Header
) -> None:
    """Add each row of the matrix to what its owner has so far.

    Args:
        stream: Where the matrix begins.
        rows: ``(n,)`` of the matrix, in any order.
        owners: ``(n,)``, to whose sum each belongs.
        sums: ``(m, E)`` float64.
        header: The model's.
    """
    size = sums.shape[1]
    at_once = max(1, _BLOCK // (4 * size))
    order = np.argsort(rows, kind="stable")
    rows, owners = rows[order], owners[order]
    blocks, firsts = np.unique(rows // at_once, return_index=True)
    place = 0
    lasts = np.append(firsts, len(rows))[1:]
    for block, first, last in zip(blocks, firsts, lasts, strict=True):
        start = int(block) * at_once
        count = min(at_once, header.words + header.buckets - start)
        stream.skip((start - place) * 4 * size)
        table = np.frombuffer(stream.take(count * 4 * size), "<f4").reshape(count, size)
        np.add.at(sums, owners[first:last], table[rows[first:last] - start].astype(np.float64))
        place = start + count


def _quantised(name: str) -> DataError:
    return DataError(
        f"{name} is a quantised model of fastText",
        why="its vectors are approximations that only fastText reads",
        fix="Take the model .bin that it was made from, or a file .vec",
    )


def _damaged(name: str, why: str) -> DataError:
    return DataError(f"{name} is damaged", why=why, fix="Fetch the file again")
