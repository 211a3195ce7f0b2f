from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.errors import DataError
from seqkit.examples import TextExample
from seqkit.readers import TableOptions, lines
from seqkit.readers.table import CsvReader, TsvReader

QUOTING = "If double quotes are plain characters in this file, set quoting = false."


def read(content: str | bytes, reader: type = CsvReader, **options) -> list[TextExample]:
    on_bad = {"on_bad": options.pop("on_bad")} if "on_bad" in options else {}
    data = content.encode() if isinstance(content, str) else content
    instance = reader(TableOptions(**options), **on_bad)
    return list(instance.read_stream(io.BytesIO(data), "f"))


def error(content: str | bytes, reader: type = CsvReader, **options) -> str:
    with pytest.raises(DataError) as caught:
        read(content, reader, **options)
    return str(caught.value)


def test_columns_are_found_by_name():
    assert read("\ufeffid,label,text\r\n1,x,hello\r\n\r\n2,,bye\r\n") == [
        TextExample("hello", "f:2", ("x",)),
        TextExample("bye", "f:4"),
    ]


def test_columns_are_found_by_number():
    assert read("x\thello\n", TsvReader, header=False, text="2", label="1") == [
        TextExample("hello", "f:1", ("x",))
    ]


def test_quoted_cells_hold_delimiters_quotes_and_line_breaks():
    content = 'text,label\r\n"a, ""b""\r\n\r\nc",x\r\n"",y\r\nlast,"z"'
    assert read(content) == [
        TextExample('a, "b"\n\nc', "f:2", ("x",)),
        TextExample("", "f:5", ("y",)),
        TextExample("last", "f:6", ("z",)),
    ]


def test_without_quoting_a_quote_is_a_character():
    found = read('x\t"so" he said "\n', TsvReader, header=False, quoting=False, text="2", label="1")
    assert found == [TextExample('"so" he said "', "f:1", ("x",))]


def test_several_labels_in_a_cell():
    found = read("text,label\na,x; y\nb,\n", label_separator=";")
    assert [example.labels for example in found] == [("x", "y"), ()]


def test_a_table_may_have_no_label():
    assert read("text,stars\na,5\n") == [TextExample("a", "f:2")]
    assert read("text,labels\na,5\n", label="") == [TextExample("a", "f:2")]


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        (
            "txt,label\n",
            {},
            (
                "f:1: there is no column 'text'. Did you mean 'txt'? There are: label, txt. "
                "Set text and label to names of columns."
            ),
        ),
        (
            "text,labels\n",
            {},
            (
                "f:1: there is no column 'label'. Did you mean 'labels'? There are: labels, text. "
                "Set text and label to names of columns."
            ),
        ),
        (
            "text,stars\n",
            {"label": "mood"},
            (
                "f:1: there is no column 'mood'. There are: stars, text. "
                "Set text and label to names of columns."
            ),
        ),
        ("text,text\n", {}, "f:1: more than one column is named 'text'."),
        (
            "a,b\n",
            {"header": False},
            (
                "f:1: there is no column 'text'. without a header, columns are the numbers from 1 "
                'to 2. Name columns by number, as in text = "1".'
            ),
        ),
        (
            "a,b\n",
            {"header": False, "text": "3"},
            (
                "f:1: there is no column '3'. without a header, columns are the numbers from 1 "
                'to 2. Name columns by number, as in text = "1".'
            ),
        ),
        ("", {}, "f:1: expected a row that names the columns, found nothing."),
        ("text,label\na,b\nc\n", {}, "f:3: expected 2 columns, found 1: 'c'."),
        ("text,label\na,b,c\n", {}, "f:2: expected 2 columns, found 3: 'a,b,c'."),
        (
            'text,label\n"a"b,c\n',
            {},
            f"f:2: expected a cell to end at its closing quote, found 'b,c'. {QUOTING}",
        ),
        (
            'text,label\n6" pipe,c\n',
            {},
            f"f:2: expected quotes around a cell that holds one, found '6\" pipe'. {QUOTING}",
        ),
        (
            'text,label\na,"b\nc,d\n',
            {},
            "f:2: expected a quote that closes the cell, found none: 'a,\"b'. " + QUOTING,
        ),
    ],
)
def test_bad_tables(content, options, message):
    assert error(content, **options) == message


def test_a_quote_never_closed_spoils_its_own_row_only():
    bad: list[DataError] = []
    found = read('text,label\na,x\nb,"y\nc,z\n', on_bad=bad.append)
    assert [example.text for example in found] == ["a", "c"]
    assert [str(error)[:4] for error in bad] == ["f:3:"]


def test_a_quote_closed_by_the_next_one_that_opens_spoils_its_own_row_only():
    bad: list[DataError] = []
    found = read('text,label\nb,"y\nc,z\nd,"w"\n', on_bad=bad.append)
    assert [example.text for example in found] == ["c", "d"]
    assert [str(error)[:4] for error in bad] == ["f:2:"]


def test_many_quotes_that_stay_open_are_read_in_linear_time():
    bad: list[DataError] = []
    assert read("text,label\n" + '"a"x",,"b\n' * 20_000, on_bad=bad.append) == []
    assert len(bad) == 20_000


def test_a_quoted_cell_over_the_limit_is_bad(monkeypatch):
    monkeypatch.setattr(lines, "LONGEST_ITEM", 50)
    bad: list[DataError] = []
    content = 'text,label\n"' + "line\n" * 30 + '",x\nb,y\n'
    found = read(content, on_bad=bad.append)
    assert found[-1] == TextExample("b", "f:33", ("y",))
    assert str(bad[0]).startswith("f:2: expected a quote that closes the cell")


def test_a_cell_longer_than_the_csv_module_allows_is_read():
    text = "word " * 100_000
    assert read(f'text,label\n"{text}",x\n{text},y\n') == [
        TextExample(text, "f:2", ("x",)),
        TextExample(text, "f:3", ("y",)),
    ]


def test_bad_bytes_in_a_quoted_cell_leave_out_the_whole_row():
    bad: list[DataError] = []
    found = read(b'text,label\n"a\n\xff,""\nb",x\nc,y\n', on_bad=bad.append)
    assert found == [TextExample("c", "f:5", ("y",))]
    assert [str(error)[:4] for error in bad] == ["f:3:"]


def test_a_labels_file_names_the_numbers(file):
    file("good\nbad\n", "labels.txt")
    path = file("a\t0\nb\t1,0\n", "data.tsv")
    options = TableOptions(
        header=False, text="1", label="2", label_separator=",", labels_file="labels.txt"
    )
    found = list(TsvReader(options).read(path))
    assert [example.labels for example in found] == [("good",), ("bad", "good")]


@pytest.mark.parametrize("label", ["2", "-1", "good", "²"])
def test_a_label_without_a_name_is_bad(file, label):
    file("good\nbad\n", "labels.txt")
    path = file(f"a\t{label}\n", "data.tsv")
    options = TableOptions(header=False, text="1", label="2", labels_file="labels.txt")
    with pytest.raises(DataError) as caught:
        list(TsvReader(options).read(path))
    assert str(caught.value) == f"{path}:1: expected a label from 0 to 1, found '{label}'."


@pytest.mark.parametrize("wanted", ["../labels.txt", "/etc/passwd", "sub/../../labels.txt", "link"])
def test_a_labels_file_elsewhere_is_refused(file, tmp_path, wanted):
    file("good\n", "labels.txt")
    path = file("a\t0\n", "data/data.tsv")
    (tmp_path / "data" / "link").symlink_to(tmp_path / "labels.txt")
    options = TableOptions(header=False, text="1", label="2", labels_file=wanted)
    with pytest.raises(DataError, match="leaves the folder of the data file"):
        list(TsvReader(options).read(path))


def test_a_stream_has_no_labels_file():
    assert "can't be read with labels_file" in error("a,0\n", labels_file="labels.txt")


def test_a_table_in_an_archive_finds_its_labels_file_there(archive):
    path: Path = archive({"d/labels.txt": b"good\n", "d/data.csv": b"text,label\na,0\n"})
    options = TableOptions(labels_file="labels.txt")
    (example,) = CsvReader(options).read(path / "d/data.csv")
    assert (example.text, example.labels) == ("a", ("good",))


CELLS = st.text(
    st.characters(codec="utf-8", exclude_characters="\r\ufeff") | st.sampled_from(['"', ",", "\n"])
)


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.tuples(CELLS, CELLS)),
    st.sampled_from([(CsvReader, ","), (TsvReader, "\t")]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_the_csv_module_writes_is_read_back(rows, form, quoting, end):
    reader, delimiter = form
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, quoting=quoting, lineterminator=end)
    writer.writerows([("text", "label"), *rows])
    found = read(buffer.getvalue(), reader)
    assert [(example.text, *example.labels) for example in found] == [
        (text, label.strip()) if label.strip() else (text,) for text, label in rows
    ]
