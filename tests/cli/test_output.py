"""Tables, JSON, CSV, and files that appear whole."""

from __future__ import annotations

import csv
import io
import json
import stat
from pathlib import Path

import pytest

from seqkit.cli import output
from seqkit.errors import UsageError
from seqkit.predictions import Suggestion

ROWS = [Suggestion(word="é", probability=0.5), Suggestion(word='"x"', probability=0.25)]


def test_json_lines_are_an_object_each():
    lines = list(output.json_lines(ROWS))
    assert lines == ['{"word":"é","probability":0.5}\n', '{"word":"\\"x\\"","probability":0.25}\n']


def test_a_layout_writes_what_is_written_of_rows_alone():
    lines = [output.LINES.row(None, row) for row in ROWS]
    assert lines == list(output.json_lines(ROWS))
    array = output.ARRAY
    elements = array.between.join(array.row(None, row) for row in ROWS)
    assert array.begin + elements + array.end == "".join(output.json_array(ROWS))
    assert array.nothing == "".join(output.json_array([]))


@pytest.mark.parametrize("rows", [[], ROWS[:1], ROWS], ids=len)
def test_a_json_array_is_whole(rows):
    text = "".join(output.json_array(rows))
    assert [row["word"] for row in json.loads(text)] == [row.word for row in rows]


def test_csv_quotes_what_needs_it():
    cells = ["a,b", 'say "x"', "two\nlines", 0.5]
    text = output.csv_line(cells)
    assert next(csv.reader(io.StringIO(text))) == ["a,b", 'say "x"', "two\nlines", "0.5"]
    assert text.endswith("\n")
    assert "\r" not in text


def test_columns_are_aligned_by_their_width_on_screen():
    lines = output.aligned([["word", "n"], ["ab", "10"], ["漢字", "9"]], right=[1])
    assert list(lines) == ["word   n", "ab    10", "漢字   9"]


def test_a_plain_table(capsys):
    output.print_table(["name", "value"], [["a", 0.5], ["bb", 1234]], title="All:")
    assert capsys.readouterr().out == "All:\nname   value\na     0.5000\nbb     1,234\n"


def test_a_table_without_rows_has_its_header(capsys):
    output.print_table(["name", "value"], [])
    assert capsys.readouterr().out == "name  value\n"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.12345, "0.1235"), (12345, "12,345"), ("a\nb\tc", "a⏎b c"), ("\x1b[31m", "\ufffd[31m")],
)
def test_a_cell_is_one_printable_line(value, text):
    assert output.cell(value) == text


@pytest.mark.parametrize(
    ("form", "name", "expected"),
    [
        (None, None, "jsonl"),
        (None, "out.csv", "csv"),
        (None, "out.JSON", "json"),
        (None, "out.dat", "jsonl"),
        ("table", "out.csv", "table"),
    ],
)
def test_the_format_is_chosen(form, name, expected):
    assert output.chosen(form, Path(name) if name else None) == expected


def test_the_format_for_people(monkeypatch):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    assert output.chosen(None, None) == "table"


def test_a_file_is_written_whole_and_readable(tmp_path):
    path = tmp_path / "out.txt"
    output.write(["one\n", "zwö\n"], path)
    assert path.read_bytes() == "one\nzwö\n".encode()
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]
    assert stat.S_IMODE(path.stat().st_mode) & 0o600 == 0o600


def test_a_file_that_can_not_be_finished_leaves_the_old_one(tmp_path):
    path = tmp_path / "out.txt"
    path.write_text("old")

    def chunks():
        yield "new"
        raise ValueError("full")

    with pytest.raises(ValueError, match="full"):
        output.write(chunks(), path)
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]


def test_a_file_in_no_folder_is_refused(tmp_path):
    with pytest.raises(UsageError, match="There is no folder"):
        output.write([], tmp_path / "no" / "out.txt")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("short", "short"),
        ("a long text without any mark", "a long text without…"),
        ("it was so very >good< that all", "…s so very >good< t…"),
    ],
)
def test_a_long_text_is_cut_around_its_mark(text, expected):
    assert output.around_mark(text, 20) == expected
