from __future__ import annotations

import io

import pytest

from seqkit.errors import DataError
from seqkit.examples import TextExample
from seqkit.readers import FastTextOptions
from seqkit.readers.fasttext import FastTextReader


def read(content: str, prefix: str = "__label__", **settings) -> list[TextExample]:
    reader = FastTextReader(FastTextOptions(prefix=prefix), **settings)
    return list(reader.read_stream(io.BytesIO(content.encode()), "f"))


def test_labels_stand_before_the_text():
    assert read("__label__a __label__b  good, really \n\n__label__c\tx\ty\r\n") == [
        TextExample("good, really", "f:1", ("a", "b")),
        TextExample("x\ty", "f:3", ("c",)),
    ]


def test_a_line_may_lack_labels_or_text():
    assert read("just text\n__label__a\n__label__a \n") == [
        TextExample("just text", "f:1"),
        TextExample("", "f:2", ("a",)),
        TextExample("", "f:3", ("a",)),
    ]


def test_the_prefix_is_an_option():
    assert read("#sport win\n", prefix="#") == [TextExample("win", "f:1", ("sport",))]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("__label__ x", "f:1: expected a name after '__label__', found '__label__ x'."),
        (
            "__label__a x __label__b",
            "f:1: expected labels before the text only, found '__label__b'.",
        ),
        ("x\t__label__b", "f:1: expected labels before the text only, found '__label__b'."),
    ],
)
def test_bad_lines(line, message):
    with pytest.raises(DataError) as caught:
        read(line)
    assert str(caught.value) == message


def test_bad_lines_are_skipped_and_counted():
    bad: list[DataError] = []
    found = read("__label__ x\n__label__a ok\n__label__\n", on_bad=bad.append)
    assert [example.text for example in found] == ["ok"]
    assert len(bad) == 2
