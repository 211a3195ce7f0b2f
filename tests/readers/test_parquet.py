"""Parquet: a text a row, with labels where there are some."""

from __future__ import annotations

import sys

import pyarrow
import pytest
from pyarrow import parquet

from seqkit.errors import DataError, MissingDependency
from seqkit.examples import TextExample
from seqkit.readers import ParquetOptions
from seqkit.readers.parquet import ParquetReader


@pytest.fixture
def write(tmp_path):
    def write(**columns):
        path = tmp_path / "a.parquet"
        parquet.write_table(pyarrow.table(columns), path, row_group_size=3)
        return path

    return write


def read(path, on_bad=None, **options):
    made = {"on_bad": on_bad} if on_bad else {}
    return list(ParquetReader(ParquetOptions(**options), **made).read(path))


def test_each_row_is_a_text_with_its_label(write):
    path = write(text=["one", "", "drei"], n=[1, 2, 3], label=["a", None, "b"])
    assert read(path) == [
        TextExample("one", f"{path}:1", ("a",)),
        TextExample("", f"{path}:2"),
        TextExample("drei", f"{path}:3", ("b",)),
    ]


def test_other_columns_and_several_labels(write):
    path = write(body=["one", "two"], topics=[["a", "b"], []])
    assert read(path, text="body", label="topics") == [
        TextExample("one", f"{path}:1", ("a", "b")),
        TextExample("two", f"{path}:2"),
    ]


def test_a_file_without_labels(write):
    path = write(text=["one"])
    assert read(path) == [TextExample("one", f"{path}:1")]


def test_rows_are_read_as_they_are_asked_for(write):
    path = write(text=[str(n) for n in range(5000)])
    reading = ParquetReader(ParquetOptions()).read(path)
    assert next(reading).text == "0"
    assert [example.text for example in reading] == [str(n) for n in range(1, 5000)]


@pytest.mark.parametrize(
    ("columns", "options", "message"),
    [
        ({"texts": ["a"]}, {}, r"there is no column 'text'\. Did you mean 'texts'"),
        ({"text": ["a"]}, {"label": "topic"}, "there is no column 'topic'"),
        ({"text": [1]}, {}, r"a\.parquet:1: expected a string in 'text', found '1'"),
        (
            {"text": ["a"], "label": [1]},
            {},
            r":1: expected a string or a list of strings in 'label",
        ),
    ],
)
def test_what_is_wrong_is_named(write, columns, options, message):
    path = write(**columns)
    with pytest.raises(DataError, match=message):
        read(path, **options)


def test_bad_rows_can_be_left_out(write):
    path = write(text=["one", None, "three"])
    bad = []
    assert [example.text for example in read(path, bad.append)] == ["one", "three"]
    assert [str(error) for error in bad] == [
        f"{path}:2: expected a string in 'text', found 'None'."
    ]


@pytest.mark.parametrize("content", [b"", b"PAR1 and nothing more", None])
def test_a_damaged_or_missing_file_is_named(tmp_path, content):
    path = tmp_path / "a.parquet"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.parquet can't be read as Parquet"):
        read(path)


def test_a_file_that_is_cut_off_is_damaged(write):
    path = write(text=["one"])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="can't be read as Parquet"):
        read(path)


def test_what_it_needs_is_named_where_it_is_missing(write, monkeypatch):
    path = write(text=["one"])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingDependency, match=r"pip install 'seqkit\[files\]'"):
        read(path)
