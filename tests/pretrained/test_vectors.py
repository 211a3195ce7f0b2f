"""Vectors of words, read from well-formed files and from hostile ones."""

from __future__ import annotations

import gzip
import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from seqkit.errors import DataError, RecipeError
from seqkit.pretrained import vectors
from seqkit.pretrained.vectors import WordVectors, binary_vectors, text_vectors

SPECIAL = ["<pad>", "<unk>", "<eos>"]
ROWS = {"cat": [1, 2], "dog": [-0.5, 3e-2], "Émile": [7, 8]}


def as_text(rows: dict[str, list[float]], *, header: bool) -> bytes:
    lines = [f"{word} {' '.join(map(str, row))}" for word, row in rows.items()]
    return "\n".join([*([f"{len(rows)} 2"] if header else []), *lines, ""]).encode()


def as_binary(rows: dict[str, list[float]], *, end: bytes = b"\n") -> bytes:
    entries = [w.encode() + b" " + struct.pack("<2f", *row) + end for w, row in rows.items()]
    return f"{len(rows)} 2\n".encode() + b"".join(entries)


FILES = {
    "a.txt": as_text(ROWS, header=False),
    "b.vec": as_text(ROWS, header=True),
    "c.txt": b"\xef\xbb\xbf" + as_text(ROWS, header=False).replace(b"\n", b" \r\n"),
    "d.bin": as_binary(ROWS),
    "e.bin": as_binary(ROWS, end=b""),
    "f.vec.gz": gzip.compress(as_text(ROWS, header=True)),
    "g.bin.gz": gzip.compress(as_binary(ROWS)),
}


@pytest.fixture
def file(tmp_path: Path, recipe) -> Callable[..., WordVectors]:
    """A file of this name and content, as a recipe that names it opens it."""

    def file(name: str, content: bytes, **changes) -> WordVectors:
        (tmp_path / name).write_bytes(content)
        section = {"vectors": str(tmp_path / name)}
        return WordVectors(recipe(embedding={"size": 2}, pretrained=section, **changes))

    return file


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("chunk", [3, 1 << 20])
def test_each_format_gives_the_vectors_of_the_words_that_are_asked_for(
    file, monkeypatch, name, chunk
):
    monkeypatch.setattr(vectors, "_CHUNK", chunk)
    rows, table = file(name, FILES[name]).read([*SPECIAL, "dog", "emu", "Émile"])
    assert rows.tolist() == [3, 5]
    assert np.array_equal(table, np.array([[-0.5, 3e-2], [7, 8]], dtype=np.float32))


def test_a_word_that_is_not_there_is_looked_up_in_lower_case(file):
    content = b"cat 1 2\nDog 3 4\ndog 5 6\n"
    rows, table = file("a.txt", content).read([*SPECIAL, "CAT", "Dog", "DOG", "Émile"])
    assert rows.tolist() == [3, 4, 5]
    assert table.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_the_first_of_two_vectors_of_a_word_counts(file):
    assert file("a.txt", b"a 1 2\na 3 4\n").read([*SPECIAL, "a"])[1].tolist() == [[1, 2]]


@pytest.mark.parametrize("name", FILES)
def test_the_first_words_of_a_file(file, name):
    opened = file(name, FILES[name])
    assert opened.words(2) == ["cat", "dog"]
    assert opened.words(9) == ["cat", "dog", "Émile"]


def test_words_that_are_no_text_are_passed_over(file):
    assert file("a.txt", b"a 1 2\n\xff 3 4\nb 5 6\n").words(3) == ["a", "b"]


def test_special_symbols_have_none(file):
    rows, table = file("a.txt", b"<eos> 1 2\n").read(SPECIAL)
    assert (rows.shape, table.shape) == ((0,), (0, 2))


def test_words_with_spaces_in_them_are_passed_over(file):
    content = b"a 1 2\n. . 3 4\n. 5 6\n"
    assert file("a.txt", content).read([*SPECIAL, "."])[1].tolist() == [[5, 6]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a 1 2 3\n", r"v\.txt:1: the vectors have 3 numbers\. .*size is 2\. Set .*size=3"),
        (b"9 300\na 1 2\n", r"v\.txt:1: the vectors have 300 numbers"),
        (b"9 2\na 1\n", r"v\.txt:2: the vectors have 1 numbers"),
        (b"a 1 2\nb 1\n", r"v\.txt:2: expected 2 numbers after the word, found 1"),
        (b"a 1 2\nb\n", r"v\.txt:2: expected 2 numbers after the word, found 0"),
        (b"a 1 2\nb 1 x\n", r"v\.txt:2: expected a number, found 'x'"),
        (b"a 1 2\nb 1 nan\n", r"v\.txt:2: expected finite numbers, found nan"),
        (b"a 1 2\nb 1e99 2\n", r"v\.txt:2: expected finite numbers, found 1e\+99"),
        (b"a 1 2\n" + b"b" * 5000, r"v\.txt:2: expected at most 4,224 bytes in a line"),
        (b"\x80\x04\x95 pickled 1 2", r"v\.txt:1: the vectors have 3 numbers"),
    ],
    ids=str,
)
def test_a_bad_line_is_named(file, content, message):
    with pytest.raises(DataError, match=message):
        file("v.txt", content).read([*SPECIAL, "a", "b"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"a 1 2\n", "not in word2vec's binary form"),
        (b"", "not in word2vec's binary form"),
        (b"2 3\n", r"v\.bin:1: the vectors have 3 numbers"),
        (as_binary(ROWS)[:-9], r"vector 3 of 3 is cut short"),
        (b"999999999999 2\n", r"vector 1 of 999,999,999,999 is cut short"),
        (b"1 2\n" + b"a" * 5000, r"vector 1: expected a word of at most 4096 bytes"),
        (as_binary({"a": [1, float("nan")]}), r"vector 1: expected finite numbers, found nan"),
    ],
    ids=str,
)
def test_a_bad_binary_file_is_refused(file, content, message):
    with pytest.raises(DataError, match=message):
        file("v.bin", content).read([*SPECIAL, "a", "Émile"])


@pytest.mark.parametrize("name", ["v.txt.gz", "v.bin.gz"])
def test_a_damaged_gzip_file_is_named(file, name):
    content = gzip.compress(FILES["d.bin" if "bin" in name else "a.txt"])
    with pytest.raises(DataError, match=rf"{name}.*can't be read"):
        file(name, content[:-9]).read([*SPECIAL, "zebra"])


def test_no_more_is_read_than_a_line_may_have():
    class Endless(io.RawIOBase):
        taken = 0

        def readable(self):
            return True

        def readinto(self, buffer):
            self.taken += len(buffer)
            buffer[:] = b"a" * len(buffer)
            return len(buffer)

    text, binary = Endless(), Endless()
    with pytest.raises(DataError, match="at most"):
        list(text_vectors(io.BufferedReader(text), "v", {}, 2))
    with pytest.raises(DataError, match="not in word2vec"):
        list(binary_vectors(io.BufferedReader(binary), "v", {}, 2))
    assert max(text.taken, binary.taken) < 1 << 15


@pytest.mark.parametrize("name", ["v.npy", "v.pkl", "v", "v.zip"])
def test_another_format_is_refused_by_its_name(file, name):
    with pytest.raises(DataError, match=r"can't be told to hold vectors.*\.txt or \.vec"):
        file(name, b"a 1 2\n")


def test_a_file_that_is_not_there(recipe, tmp_path):
    section = {"vectors": str(tmp_path / "none.txt")}
    with pytest.raises(DataError, match="There is no file of vectors"):
        WordVectors(recipe(embedding={"size": 2}, pretrained=section))


def test_tokens_that_are_no_words_have_no_vectors(file):
    with pytest.raises(RecipeError, match=r"tokenizer char are no words.*tokenizer\.name=word"):
        file("a.txt", b"a 1 2\n", tokenizer={"name": "char"})
