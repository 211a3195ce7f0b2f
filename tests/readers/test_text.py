from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.errors import DataError
from seqkit.examples import TextExample
from seqkit.readers import TextOptions, lines
from seqkit.readers.text import TextReader


def read(content: bytes, unit: str, **settings) -> list[TextExample]:
    reader = TextReader(TextOptions(unit=unit), **settings)
    return list(reader.read_stream(io.BytesIO(content), "f"))


def test_a_file_is_one_document(file):
    path = file("\ufeffone\r\ntwo\n")
    assert list(TextReader(TextOptions()).read(path)) == [TextExample("one\ntwo\n", str(path))]


def test_an_empty_file_is_one_empty_document():
    assert read(b"", "file") == [TextExample("", "f")]


def test_each_line_is_a_document_the_empty_ones_too():
    assert read(b"a\n\nb \n", "line") == [
        TextExample("a", "f:1"),
        TextExample("", "f:2"),
        TextExample("b ", "f:3"),
    ]


def test_paragraphs_stand_between_blank_lines():
    assert read(b"\na\nb\r\n \t\n\nc\n", "paragraph") == [
        TextExample("a\nb", "f:2"),
        TextExample("c", "f:6"),
    ]


@pytest.mark.parametrize(("unit", "left"), [("file", 0), ("line", 3), ("paragraph", 1)])
def test_a_bad_byte_leaves_out_its_document_and_is_reported_once(unit, left):
    bad: list[DataError] = []
    found = read(b"a\nb\xff\nc\n\nd\n", unit, on_bad=bad.append)
    assert [str(error)[:4] for error in bad] == ["f:2:"]
    assert len([example for example in found if example.text]) == left


def test_a_bad_byte_stops_the_reading():
    with pytest.raises(DataError, match=r"^f:2: expected utf-8 text, found the byte 0xe9"):
        read("a\né".encode("latin-1"), "line")


def test_the_encoding_is_used():
    assert read("é€".encode("cp1252"), "file", encoding="cp1252")[0].text == "é€"


def test_a_file_over_the_limit_is_bad(monkeypatch):
    monkeypatch.setattr(lines, "LONGEST_TEXT", 3)
    with pytest.raises(DataError, match="f is longer than 3 bytes"):
        read(b"four", "file")


@settings(deadline=None, max_examples=60)
@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\n\r\ufeff"))))
def test_there_are_as_many_documents_as_lines(texts):
    content = "".join(f"{text}\n" for text in texts)
    assert [example.text for example in read(content.encode(), "line")] == texts
