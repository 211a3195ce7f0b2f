from __future__ import annotations

import io
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.errors import DataError
from seqkit.examples import Example, TextExample, TokensExample
from seqkit.readers import JsonLinesOptions
from seqkit.readers.jsonl import JsonLinesReader


def read(content: str, options: JsonLinesOptions | None = None, **settings) -> list[Example]:
    reader = JsonLinesReader(options or JsonLinesOptions(), **settings)
    return list(reader.read_stream(io.BytesIO(content.encode()), "f"))


def test_texts_with_no_one_and_several_labels():
    content = """\ufeff{"text": "a\\nb", "id": 7}\r
{"text": "c", "label": "x"}

{"text": "", "label": ["x", "y"]}
{"text": "d", "label": null}
"""
    assert read(content) == [
        TextExample("a\nb", "f:1"),
        TextExample("c", "f:2", ("x",)),
        TextExample("", "f:4", ("x", "y")),
        TextExample("d", "f:5"),
    ]


def test_a_row_with_tokens_is_a_sentence():
    assert read('{"tokens": ["a", "b"], "tags": ["X", "Y"], "text": "a b"}\n{"tokens": []}') == [
        TokensExample(("a", "b"), "f:1", ("X", "Y"), document="f"),
        TokensExample((), "f:2", document="f"),
    ]


def test_the_keys_are_options():
    options = JsonLinesOptions(text="body", label="stars")
    found = read('{"body": "fine", "stars": "5", "text": 1, "label": 2}', options)
    assert found == [TextExample("fine", "f:1", ("5",))]


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ('{"text": "a"', """a JSON object, found '{"text": "a"' (Input data was truncated)."""),
        ("[1]", "a JSON object, found '[1]'."),
        (
            '{"txt": "a", "id": 1}',
            "the key 'text' or 'tokens', found neither. Did you mean 'txt'? There are: id, txt.",
        ),
        ('{"text": 3}', "a string under 'text', found '3'."),
        (
            '{"text": "a", "label": 3}',
            "a string or a list of strings under 'label', found '3'.",
        ),
        (
            '{"text": "a", "label": ["x", 3]}',
            """a string or a list of strings under 'label', found '["x",3]'.""",
        ),
        (
            '{"tokens": "a b"}',
            """a list of strings that are not empty under 'tokens', found '"a b"'.""",
        ),
        (
            '{"tokens": ["a", ""]}',
            """a list of strings that are not empty under 'tokens', found '["a",""]'.""",
        ),
        ('{"tokens": ["a", "b"], "tags": ["X"]}', "2 tags, one a token, found 1."),
    ],
)
def test_bad_rows(row, message):
    with pytest.raises(DataError) as caught:
        read(f"\n{row}\n")
    assert str(caught.value) == f"f:2: expected {message}"


@pytest.mark.parametrize("row", ["[" * 100_000, '{"text": NaN}', r'{"text": "\ud800"}'])
def test_hostile_json_is_a_bad_row(row):
    with pytest.raises(DataError, match=r"^f:1: expected a JSON object, found "):
        read(row)


def test_bad_rows_are_skipped_and_counted():
    bad: list[DataError] = []
    found = read('{"text": "a"}\nnope\n{"text": "b"}\n{}\n', on_bad=bad.append)
    assert [example.source for example in found] == ["f:1", "f:3"]
    assert [str(error)[:3] for error in bad] == ["f:2", "f:4"]


TEXTS = st.text(st.characters(codec="utf-8"))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(TEXTS, st.lists(TEXTS.filter(bool)))), st.booleans())
def test_what_json_writes_is_read_back(rows, ascii_only):
    content = "".join(
        json.dumps({"text": text, "label": labels}, ensure_ascii=ascii_only) + "\n"
        for text, labels in rows
    )
    found = read(content)
    assert [(example.text, list(example.labels)) for example in found] == rows


def test_sentences_tell_their_document():
    names = ['"x"', "7", "null"]
    content = "".join(f'{{"tokens": ["a"], "document": {name}}}\n' for name in names)
    assert [e.document for e in read(content)] == ["f:x", "f:7", "f"]
    assert [e.document for e in read(content, JsonLinesOptions(document="doc"))] == ["f", "f", "f"]
    with pytest.raises(DataError, match=r"f:1: expected a string or a whole number.*true"):
        read('{"tokens": ["a"], "document": true}')


def test_a_text_is_in_no_document():
    assert [e.document for e in read('{"text": "a", "document": "x"}')] == [""]
