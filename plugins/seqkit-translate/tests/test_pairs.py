"""The reader of pairs: two files or two columns, and what can be wrong with them."""

import gzip
import io

import pytest
from seqkit_translate import PairsOptions
from seqkit_translate.pairs import PairsReader

from seqkit.errors import DataError

PARALLEL = PairsOptions(target_suffix="fr")


def pairs(reader, path):
    return [(e.text, *e.labels, e.source.rpartition(":")[2]) for e in reader.read(path)]


@pytest.fixture
def files(tmp_path):
    def write(english, french):
        (tmp_path / "train.en").write_text(english, encoding="utf-8")
        (tmp_path / "train.fr").write_text(french, encoding="utf-8")
        return tmp_path / "train.en"

    return write


def test_two_columns(tmp_path):
    path = tmp_path / "fra.txt"
    path.write_bytes(b"Go.\tVa !\r\n\nRun!\tCours !\tCC-BY 2.0\n")
    assert pairs(PairsReader(PairsOptions()), path) == [
        ("Go.", "Va !", "1"),
        ("Run!", "Cours !", "3"),
    ]
    assert next(PairsReader(PairsOptions()).read(path)).source == f"{path}:1"


def test_other_columns(tmp_path):
    path = tmp_path / "pairs.tsv"
    path.write_text("7\tVa !\tGo.\n", encoding="utf-8")
    options = PairsOptions(source_column=3, target_column=2)
    assert pairs(PairsReader(options), path) == [("Go.", "Va !", "1")]


def test_columns_come_from_a_stream_too():
    stream = io.BytesIO(b"Go.\tVa !\n")
    (example,) = PairsReader(PairsOptions()).read_stream(stream, "-")
    assert (example.text, example.labels, example.source) == ("Go.", ("Va !",), "-:1")


def test_two_files(files):
    path = files("Go. \n\nRun!\n", "Va !\n \nCours !\n")
    assert pairs(PairsReader(PARALLEL), path) == [("Go.", "Va !", "1"), ("Run!", "Cours !", "3")]


def test_a_suffix_may_have_its_dot_and_files_may_be_packed(tmp_path):
    for name, text in (("train.en.gz", "Go.\n"), ("train.fr.gz", "Va !\n")):
        with gzip.open(tmp_path / name, "wt", encoding="utf-8") as file:
            file.write(text)
    reader = PairsReader(PairsOptions(target_suffix=".fr"))
    path = tmp_path / "train.en.gz"
    assert pairs(reader, path) == [("Go.", "Va !", "1")]
    assert reader.files(path) == [path, tmp_path / "train.fr.gz"]


def test_a_file_of_columns_depends_on_itself_alone(tmp_path):
    path = tmp_path / "pairs.tsv"
    assert PairsReader(PairsOptions()).files(path) == [path]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "Go. Va !",
            r"pairs.tsv:2: expected 2 columns with tabs between them, found 1: 'Go. Va !'",
        ),
        ("Go.\t ", r"pairs.tsv:2: expected a translation, found an empty one"),
        ("\tVa !", r"pairs.tsv:2: expected a sentence, found an empty one"),
    ],
)
def test_a_bad_line_is_named(tmp_path, line, message):
    path = tmp_path / "pairs.tsv"
    path.write_text(f"a\tb\n{line}\nc\td\n", encoding="utf-8")
    with pytest.raises(DataError, match=message):
        list(PairsReader(PairsOptions()).read(path))
    bad = []
    reader = PairsReader(PairsOptions(), on_bad=bad.append)
    assert [pair[0] for pair in pairs(reader, path)] == ["a", "c"]
    assert len(bad) == 1


@pytest.mark.parametrize(
    ("english", "french", "message"),
    [
        ("a\n\nc\n", "x\ny\nz\n", r"train.en:2: expected a sentence, found an empty one"),
        ("a\nb\nc\n", "x\n\nz\n", r"train.fr:2: expected a translation, found an empty one"),
    ],
)
def test_an_empty_side_is_named_with_its_own_file(files, english, french, message):
    path = files(english, french)
    with pytest.raises(DataError, match=message):
        list(PairsReader(PARALLEL).read(path))
    bad = []
    reader = PairsReader(PARALLEL, on_bad=bad.append)
    assert [pair[0] for pair in pairs(reader, path)] == ["a", "c"]
    assert len(bad) == 1


@pytest.mark.parametrize(
    ("english", "french", "message"),
    [
        ("a\nb\n", "x\n", r"train.en:2: \S*train.fr has no such line"),
        ("a\n", "x\ny\nz\n", r"train.fr:2: \S*train.en has no such line"),
    ],
)
def test_files_of_different_lengths_do_not_belong_together(files, english, french, message):
    skipping = PairsReader(PARALLEL, on_bad=lambda _: None)  # no row is bad: all may be
    with pytest.raises(DataError, match=message):
        list(skipping.read(files(english, french)))


def test_bytes_that_are_no_text_are_named(files, tmp_path):
    path = files("a\nb\n", "")
    (tmp_path / "train.fr").write_bytes(b"x\n\xff\n")
    with pytest.raises(DataError, match=r"train.fr:2: expected utf-8 text"):
        list(PairsReader(PARALLEL).read(path))


def test_the_other_file_must_be_there(tmp_path):
    (tmp_path / "train.en").write_text("a\n")
    with pytest.raises(DataError, match=r"train.fr can't be opened"):
        list(PairsReader(PARALLEL).read(tmp_path / "train.en"))


def test_the_file_of_the_translations_is_not_the_one_to_name(files, tmp_path):
    files("a\n", "x\n")
    with pytest.raises(DataError, match=r"train.fr is the file of the translations"):
        list(PairsReader(PARALLEL).read(tmp_path / "train.fr"))


def test_a_stream_has_no_file_beside_it():
    with pytest.raises(DataError, match="can't be read with target_suffix"):
        PairsReader(PARALLEL).read_stream(io.BytesIO(b""), "-")
