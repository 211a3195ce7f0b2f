"""Models of fastText: what its format says of a word's vector, and hostile files."""

from __future__ import annotations

import gzip
import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from seqkit.errors import DataError
from seqkit.pretrained import fasttext, stream
from seqkit.pretrained.fasttext import MAGIC, ngram_hashes, subword_vectors
from seqkit.pretrained.vectors import WordVectors

SPECIAL = ["<pad>", "<unk>", "<eos>"]
BUCKETS, E = 7, 2
WORDS = ["</s>", "cat", "dog", "Émile"]
#: The vector of row ``i`` is ``(i, i^2)``.
ROWS = np.array([[i, i * i] for i in range(len(WORDS) + BUCKETS)], dtype="<f4")


def model(
    words=WORDS,
    labels=("__label__a",),
    rows=ROWS,
    *,
    version=12,
    kind=2,
    dim=E,
    buckets=BUCKETS,
    shortest=2,
    longest=3,
    counts=None,
    pruned=-1,
    shape=None,
    quantised=False,
):
    """A model's bytes, as fastText writes them."""
    args = struct.pack("<12id", dim, 5, 5, 1, 5, 1, 2, kind, buckets, shortest, longest, 100, 1e-4)
    sizes = counts or (len(words) + len(labels), len(words), len(labels))
    dictionary = struct.pack("<3i2q", *sizes, 1000, pruned)
    for type_, names in enumerate((words, labels)):
        dictionary += b"".join(n.encode() + b"\0" + struct.pack("<qb", 9, type_) for n in names)
    matrix = struct.pack("<?2q", quantised, *(shape or rows.shape)) + rows.tobytes()
    output = struct.pack("<?2q", False, 1, dim) + bytes(4 * dim)
    return MAGIC + struct.pack("<i", version) + args + dictionary + matrix + output


@pytest.fixture
def file(tmp_path: Path, recipe) -> Callable[..., WordVectors]:
    """A file of this content, as a recipe that names it opens it."""

    def file(content: bytes, name: str = "m.bin") -> WordVectors:
        (tmp_path / name).write_bytes(content)
        section = {"vectors": str(tmp_path / name)}
        return WordVectors(recipe(embedding={"size": E}, pretrained=section))

    return file


# Values of 32 bits of FNV-1a that its authors publish with it (Noll's test vectors)
@pytest.mark.parametrize(
    ("ngram", "expected"),
    [
        (b"a", 0xE40C292C),
        (b"b", 0xE70C2DE5),
        (b"fo", 0x6222E842),
        (b"foo", 0xA9F37ED7),
        (b"foobar", 0xBF9CF968),
    ],
)
def test_hashes_are_those_that_are_published(ngram, expected):
    # "<foo>" has "foo" among its n-grams of as many characters
    assert expected in set(ngram_hashes(ngram, shortest=len(ngram), longest=len(ngram)))


def published(ngram: bytes) -> int:
    """FNV-1a as it is published, in which bytes are not negative."""
    value = 2166136261
    for byte in ngram:
        value = (value ^ byte) * 16777619 % 2**32
    return value


def signed(ngram: bytes) -> int:
    value = 2166136261
    for byte in np.frombuffer(ngram, np.int8):
        value = (value ^ int(byte)) % 2**32 * 16777619 % 2**32
    return value


def test_ngrams_are_of_characters_between_the_marks_of_the_ends():
    found = list(ngram_hashes("aé".encode(), shortest=2, longest=3))
    expected = ["<a", "<aé", "aé", "aé>", "é>"]
    assert found == [signed(ngram.encode()) for ngram in expected]
    assert published("é>".encode()) not in found  # é's bytes are negative numbers


def test_a_mark_alone_is_no_ngram():
    found = list(ngram_hashes(b"ab", shortest=1, longest=1))
    assert found == [published(b"a"), published(b"b")]
    assert list(ngram_hashes(b"", shortest=1, longest=6)) == [published(b"<>")]


def expected(rows):
    return np.mean(ROWS[rows], axis=0, dtype=np.float64)


def hashed(*ngrams):
    return [len(WORDS) + signed(ngram.encode()) % BUCKETS for ngram in ngrams]


VECTORS = {
    "cat": [1, *hashed("<c", "<ca", "ca", "cat", "at", "at>", "t>")],
    "Émile": [
        3,
        *hashed("<É", "<Ém", "Ém", "Émi", "mi", "mil", "il", "ile", "le", "le>", "e>"),
    ],
    # which it does not know
    "cow": hashed("<c", "<co", "co", "cow", "ow", "ow>", "w>"),
    "é": hashed("<é", "<é>", "é>"),
    # of which it knows the lower case
    "DOG": [2, *hashed("<d", "<do", "do", "dog", "og", "og>", "g>")],
    "</s>": [0],
    # a label is no word
    "__label__a": hashed(
        *("<__label__a>"[i : i + n] for i in range(11) for n in (2, 3) if i + n <= 12)
    ),
}


@pytest.mark.parametrize("chunk", [100, 1 << 20])
@pytest.mark.parametrize("block", [1, 30, 1 << 20])
@pytest.mark.parametrize("name", ["m.bin", "m.bin.gz"])
def test_a_word_is_the_mean_of_its_row_and_those_of_its_ngrams(
    file, monkeypatch, chunk, block, name
):
    monkeypatch.setattr(stream, "_CHUNK", chunk)
    monkeypatch.setattr(fasttext, "_BLOCK", block)
    content = model()
    found = file(gzip.compress(content) if name.endswith(".gz") else content, name)
    ids, table = found.read([*SPECIAL, *VECTORS])
    assert ids.tolist() == list(range(3, 3 + len(VECTORS)))
    assert table.dtype == np.float32
    for row, (word, rows) in zip(table, VECTORS.items(), strict=True):
        np.testing.assert_allclose(row, expected(rows), rtol=1e-6, err_msg=word)


def test_the_rows_before_the_first_that_is_wanted_are_passed_over(file, monkeypatch):
    monkeypatch.setattr(fasttext, "_BLOCK", 8)
    taken = []
    take = stream.Stream.take

    def counting(self, size):
        taken.append(size)
        return take(self, size)

    monkeypatch.setattr(stream.Stream, "take", counting)
    file(model()).read([*SPECIAL, "é"])
    assert taken.count(8) == len(set(VECTORS["é"]))


def test_without_ngrams_it_has_known_words_alone(file):
    for content in (
        model(longest=0),
        model(rows=ROWS[:4], buckets=0),
        model(version=11, kind=3),
        model(pruned=0),
    ):
        ids, table = file(content).read([*SPECIAL, "cow", "DOG", "cat"])
        assert ids.tolist() == [4, 5]
        assert table.tolist() == [[2, 4], [1, 1]]


def test_version_11_of_vectors_has_ngrams(file):
    assert file(model(version=11)).read([*SPECIAL, "cow"])[0].tolist() == [3]


def test_a_word_too_short_for_any_ngram_has_no_vector(file):
    content = model(shortest=6, longest=6)
    ids, table = file(content).read([*SPECIAL, "cow", "dog", "cows"])
    assert ids.tolist() == [4, 5]
    assert table[0].tolist() == [2, 4]


def test_a_file_of_which_nothing_is_wanted_gives_nothing(file):
    ids, table = file(model()).read(SPECIAL)
    assert (ids.shape, table.shape) == ((0,), (0, E))


NAN = np.where(np.arange(len(ROWS))[:, np.newaxis] == 1, np.nan, ROWS).astype("<f4")
HUGE = np.full_like(ROWS, 3e38)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (model(dim=300), r"m\.bin: the vectors have 300 numbers.*Set embedding\.size=300"),
        (model(version=13), r"in version 13 of its format\. versions 11 and 12.*\.vec"),
        (model(quantised=True), r"is a quantised model of fastText.*\.bin"),
        (model(pruned=5), r"is a quantised model of fastText"),
        (model(counts=(9, 4, 1)), "its header has numbers that can't be"),
        (model(counts=(3, 4, -1)), "its header has numbers that can't be"),
        (model(buckets=-1), "its header has numbers that can't be"),
        (model(shortest=-1), "its header has numbers that can't be"),
        (model(longest=10_000), "n-grams of up to 10,000 characters. at most 32"),
        (model(counts=(2**31 - 1, 2**31 - 2, 1)), "2,147,483,647 words can't be in a file of"),
        (model(buckets=2**31 - 1), r"to be 11 by 2, for 4 words and 2,147,483,647 rows of n-g"),
        (model(buckets=2**31 - 1, shape=(2**31 + 3, 2)), "2,147,483,651 rows can't be in a file"),
        (model(shape=(2**62, 2)), "rows can't be in a file of"),
        (model(shape=(-1, 2)), "is said to be -1 by 2"),
        (model(shape=(11, 3)), "is said to be 11 by 3"),
        (model(words=["a" * 5000, *WORDS[1:]]), r"word 1 of 5: expected at most 4,096 bytes"),
        (model()[:30], "is cut short"),
        (model()[:75], "is cut short"),
        (model()[:110], "words can't be in a file of 110 bytes"),
        (model()[:160], "is cut short"),
        (model()[:200], "rows can't be in a file of 200 bytes"),
        (model(rows=NAN), "'cat': expected finite numbers"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_bad_model_is_refused(file, content, message):
    with pytest.raises(DataError, match=message):
        file(content).read([*SPECIAL, "cat", "cow"])


def test_sums_may_be_larger_than_a_float(file):
    (row,) = file(model(rows=HUGE)).read([*SPECIAL, "cow"])[1]
    assert row.tolist() == [np.float32(3e38)] * 2


def test_a_model_named_as_quantised_ones_are_is_refused_for_what_it_is(file):
    with pytest.raises(DataError, match="is a quantised model of fastText"):
        file(model(quantised=True), "m.ftz").read([*SPECIAL, "cat"])


@pytest.mark.parametrize("end", [30, 75, 120, 160, 200])
def test_a_compressed_file_that_is_cut_short_is_named(file, end):
    with pytest.raises(DataError, match=r"m\.bin\.gz is cut short"):
        file(gzip.compress(model()[:end]), "m.bin.gz").read([*SPECIAL, "cat", "cow"])
    with pytest.raises(DataError, match=r"m\.bin\.gz.*can't be read"):
        file(gzip.compress(model())[:-9], "m.bin.gz").read([*SPECIAL, "cat", "cow"])


def test_numbers_in_the_header_of_a_compressed_file_make_no_large_arrays():
    """No more is taken at once than the file has, whatever it says."""
    content = model(buckets=2**31 - 1, shape=(2**31 + 3, 2))
    opened = io.BytesIO(content[4:])
    with pytest.raises(DataError, match="m is cut short"):
        subword_vectors(fasttext.File(opened, "m", None), [*SPECIAL, "cow"], E)


def test_a_stream_that_can_not_be_moved_in_is_read_through():
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

        def seek(self, *_):
            raise io.UnsupportedOperation

    ids, table = subword_vectors(fasttext.File(Pipe(model()[4:]), "m", None), [*SPECIAL, "cow"], E)
    assert ids == [3]
    np.testing.assert_allclose(table[0], expected(VECTORS["cow"]), rtol=1e-6)


@pytest.mark.parametrize("name", ["m.bin", "m.bin.gz"])
def test_the_first_words_are_those_of_the_dictionary(file, name):
    content = model() if name.endswith("bin") else gzip.compress(model())
    assert file(content, name).words(2) == ["cat", "dog"]
    assert file(content, name).words(9) == ["cat", "dog", "Émile"]
