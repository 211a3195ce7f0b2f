"""Documents from files and standard input."""

from __future__ import annotations

import gzip
import json
import os

import pytest

from seqkit.cli import input as source
from seqkit.errors import DataError, RecipeError, UsageError
from seqkit.examples import TextExample, TokensExample


def write(path, content):
    path.write_bytes(content)
    return str(path)


def texts(files, **options):
    return [(d.text, d.source) for d in source.Documents(files, **options)]


def test_a_file_is_one_document(tmp_path):
    name = write(tmp_path / "a.txt", b"one\ntwo\n")
    assert texts([name]) == [("one\ntwo\n", name)]


def test_an_empty_file_is_an_empty_document(tmp_path):
    name = write(tmp_path / "a.txt", b"")
    assert texts([name]) == [("", name)]


def test_each_line_is_a_document_empty_ones_too(tmp_path):
    name = write(tmp_path / "a.txt", b"one\n\nthree")
    assert texts([name], lines=True) == [
        ("one", f"{name}:1"),
        ("", f"{name}:2"),
        ("three", f"{name}:3"),
    ]


def test_line_ends_are_normalised_unless_offsets_need_them(tmp_path):
    name = write(tmp_path / "a.txt", b"one\r\ntwo")
    assert texts([name]) == [("one\ntwo", name)]
    assert texts([name], line_ends=True) == [("one\r\ntwo", name)]


def test_a_byte_order_mark_is_no_text(tmp_path):
    name = write(tmp_path / "a.txt", b"\xef\xbb\xbfone")
    assert texts([name]) == [("one", name)]


def test_other_encodings(tmp_path):
    name = write(tmp_path / "a.txt", "één\nzwei".encode("utf-16"))
    assert texts([name], encoding="utf-16", lines=True) == [
        ("één", f"{name}:1"),
        ("zwei", f"{name}:2"),
    ]


@pytest.mark.parametrize("lines", [True, False])
def test_bad_bytes_name_file_line_and_offset(tmp_path, lines):
    name = write(tmp_path / "a.txt", b"good\nb\xe9d\n")
    with pytest.raises(DataError, match=r"a\.txt:2: .*utf-8.*0xe9 at offset 6") as caught:
        texts([name], lines=lines)
    assert "--encoding" in caught.value.fix


def test_documents_are_read_as_they_are_asked_for(tmp_path):
    first = write(tmp_path / "a.txt", b"one")
    bad = write(tmp_path / "b.txt", b"\xff")
    documents = iter(source.Documents([first, bad]))
    assert next(documents).text == "one"
    with pytest.raises(DataError):
        next(documents)


def test_how_far_the_reading_has_come_is_told(tmp_path):
    first = write(tmp_path / "a.txt", b"one\n" * 50_000)
    second = write(tmp_path / "b.txt.gz", gzip.compress(b"two\n"))
    documents = source.Documents([first, second], lines=True)
    size = (tmp_path / "b.txt.gz").stat().st_size
    assert documents.size == 200_000 + size
    place = source.Place()
    reading = documents.read(place)
    next(reading)
    assert 0 < place.bytes < 200_000
    for _ in range(50_000):
        last = next(reading)
    assert last.text == "two"
    assert 200_000 < place.bytes <= documents.size
    assert list(reading) == []
    assert place.bytes == documents.size


@pytest.mark.parametrize(
    ("name", "reader", "content"),
    [
        ("a.csv", ["csv"], b"text\n" + b"one\n" * 50_000),
        ("a.txt", ["text", "unit=file"], b"one\n" * 50_000),
    ],
)
def test_so_it_is_where_a_reader_reads(tmp_path, name, reader, content):
    part = source.reader_part(*reader[:1], reader[1:])
    documents = source.Documents([write(tmp_path / name, content)], reader=part)
    place = source.Place()
    reading = documents.read(place)
    next(reading)
    assert 0 < place.bytes <= documents.size
    assert list(reading) == [] if name == "a.txt" else len(list(reading)) == 49_999
    assert place.bytes == documents.size == len(content)


def test_what_is_not_in_files_can_not_be_read_again(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    name = write(tmp_path / "a.txt", b"one")
    monkeypatch.setattr(source, "_number_of_stdin", lambda: None)
    for files, live in (([str(tmp_path / "pipe"), name], True), ([name, "-"], False)):
        documents = source.Documents(files)
        assert documents.are_live is live
        assert (documents.are_files, documents.size) == (False, 0)
        with pytest.raises(UsageError, match="can't be gone on with"):
            documents.origin()
    documents = source.Documents([name])
    assert (documents.are_files, documents.are_live) == (True, False)


def test_the_origin_tells_what_results_depend_on(tmp_path):
    name = write(tmp_path / "a.txt", b"one")
    origin = source.Documents([name]).origin()
    assert json.loads(json.dumps(origin)) == origin
    assert origin["input"] == [[name, 3, (tmp_path / "a.txt").stat().st_mtime_ns]]
    part = source.reader_part("csv", ["text=body"])
    for other in (
        source.Documents([name], lines=True),
        source.Documents([name], encoding="latin-1"),
        source.Documents([name], reader=part),
        source.Documents([name, name]),
    ):
        assert other.origin() != origin
    assert source.Documents([name], reader=part).origin() == (
        source.Documents([name], reader=source.reader_part("csv", ["text=body"])).origin()
    )


def test_another_format_gives_its_examples(tmp_path):
    name = write(tmp_path / "a.csv", b"body,label\nfine,good\n")
    part = source.reader_part("csv", ["text=body"])
    (example,) = source.Documents([name], reader=part)
    assert example == TextExample("fine", f"{name}:2", ("good",))


def test_given_tokens_stay_tokens(tmp_path):
    name = write(tmp_path / "a.conll", b"She\tPRON\nsings\tVERB\n\n")
    (example,) = source.Documents([name], reader=source.reader_part("columns", []))
    assert isinstance(example, TokensExample)
    assert example.tokens == ("She", "sings")


def test_a_globs_files_are_sorted_and_folders_left_out(tmp_path):
    (tmp_path / "d.txt").mkdir()
    for name in ("b", "a"):
        write(tmp_path / f"{name}.txt", b"")
    found = source.named([str(tmp_path / "*.txt")])
    assert found == [str(tmp_path / "a.txt"), str(tmp_path / "b.txt")]


def test_a_file_whose_name_looks_like_a_glob_is_that_file(tmp_path):
    name = write(tmp_path / "a[1].txt", b"")
    assert source.named([name]) == [name]


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("no.txt", "There is no file"),
        ("*.md", "No file matches"),
        ("", r"is a folder\. Name its files: '.*\*\.txt'"),
    ],
)
def test_arguments_that_mean_nothing_are_refused(tmp_path, argument, message):
    with pytest.raises(UsageError, match=message):
        source.named([str(tmp_path / argument)])


def test_standard_input_can_be_read_once():
    with pytest.raises(UsageError, match="'-' is named twice"):
        source.named(["-", "-"])


def test_no_arguments_mean_standard_input(monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: False, raising=False)
    assert source.named([]) == ["-"]


def test_nobody_has_to_type_what_was_not_asked_for(monkeypatch):
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    with pytest.raises(UsageError, match="nothing to read"):
        source.named([])
    assert source.named(["-"]) == ["-"]


def test_reader_options_are_checked():
    with pytest.raises(
        RecipeError, match=r"reader\.txt: there is no such key\. Did you mean 'text"
    ):
        source.reader_part("csv", ["txt=body"])
    with pytest.raises(UsageError, match="--reader-option needs --reader"):
        source.reader_part("", ["text=body"])


def test_left_out_rows_are_counted_and_the_first_shown(capsys):
    skipped = source.Skipped()
    for number in range(7):
        skipped(DataError(f"a.csv:{number}: bad"))
    skipped.report()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "left out 7 bad rows:"
    assert lines[1] == "  a.csv:0: bad."
    assert lines[-1] == "  and 2 more"
    assert len(lines) == 7
