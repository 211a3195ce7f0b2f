from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.errors import DataError, RecipeError
from seqkit.examples import TokensExample
from seqkit.readers import ColumnsOptions
from seqkit.readers.columns import ColumnsReader


def read(content: str | bytes, on_bad=None, **options) -> list[TokensExample]:
    data = content if isinstance(content, bytes) else content.encode()
    extra = {"on_bad": on_bad} if on_bad else {}
    reader = ColumnsReader(ColumnsOptions(**options), **extra)
    return list(reader.read_stream(io.BytesIO(data), "f"))


def pairs(content: str, **options) -> list[tuple[str, str]]:
    return [pair for e in read(content, **options) for pair in zip(e.tokens, e.tags, strict=True)]


def write(content: str, tags=None, **options) -> str:
    reader = ColumnsReader(ColumnsOptions(**options))
    found = reader.read_stream(io.BytesIO(content.encode()), "f")
    return "".join(reader.write(e, tags or e.tags) for e in found)


def error(content: str, **options) -> str:
    with pytest.raises(DataError) as caught:
        read(content, **options)
    return str(caught.value)


def test_blank_lines_stand_between_sentences():
    found = read("the O\nsea B-loc\n\t\n\nis O\n")
    assert [(e.tokens, e.tags, e.source) for e in found] == [
        (("the", "sea"), ("O", "B-loc"), "f:1"),
        (("is",), ("O",), "f:5"),
    ]


def test_columns_are_counted_from_either_end():
    content = "1 the DT O\n2 sea NN B-loc\n"
    assert pairs(content, token=2) == [("the", "O"), ("sea", "B-loc")]
    assert pairs(content, token=2, tag=3) == [("the", "DT"), ("sea", "NN")]
    assert pairs(content, token=2, tag=-2) == [("the", "DT"), ("sea", "NN")]


def test_tabs_alone_separate_where_asked():
    assert pairs("New York\tB-loc\n\u00a0\tO\n", separator="tab") == [
        ("New York", "B-loc"),
        ("\u00a0", "O"),
    ]


def test_only_spaces_and_tabs_are_white_space():
    assert pairs("a\u00a0b \t O\n") == [("a\u00a0b", "O")]


def test_document_rows_are_skipped():
    content = "-DOCSTART- -X- O O\n\nthe DT B O\n"
    assert pairs(content) == [("the", "O")]


def test_a_hash_is_a_token_where_its_row_has_the_right_columns():
    content = "# a comment line\n# id = 1\nwin O\n#sea B-tag\n# O\n\n# another note\n#1 O\n"
    assert pairs(content) == [("win", "O"), ("#sea", "B-tag"), ("#", "O"), ("#1", "O")]


def test_a_first_sentence_of_hashes_is_read():
    assert pairs("#a\tO\n#b\tX\n\nc\tO\n") == [("#a", "O"), ("#b", "X"), ("c", "O")]


def test_a_file_of_one_column_has_no_tags():
    (example,) = read("the\nsea\n")
    assert (example.tokens, example.tags) == (("the", "sea"), ())
    assert ColumnsReader(ColumnsOptions()).write(example, ["D", "N"]) == "the\tD\nsea\tN\n\n"


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("a O\nb\n", {}, "f:2: expected 2 columns, found 1: 'b'."),
        ("a O\n\nb x O\n", {}, "f:3: expected 2 columns, found 3: 'b x O'."),
        (
            "a O\n",
            {"tag": 4},
            (
                "f:1: expected at least 4 columns, found 2: 'a O'. "
                "Set token and tag to the columns that hold them."
            ),
        ),
        (
            "a O\n",
            {"tag": -3},
            (
                "f:1: expected at least 3 columns, found 2: 'a O'. "
                "Set token and tag to the columns that hold them."
            ),
        ),
        (
            "a\tO\n\tO\n",
            {"separator": "tab"},
            "f:2: expected a token and a tag, found an empty cell: ' O'.",
        ),
        (
            "a\tO\nb\t\n",
            {"separator": "tab"},
            "f:2: expected a token and a tag, found an empty cell: 'b '.",
        ),
    ],
)
def test_bad_rows(content, options, message):
    assert error(content, **options) == message


def test_tag_column_zero_is_refused():
    with pytest.raises(RecipeError, match=r"reader.tag is 0"):
        ColumnsReader(ColumnsOptions(tag=0))


def test_a_bad_first_row_does_not_set_the_columns_of_the_file():
    bad: list[DataError] = []
    assert [e.tokens for e in read("bad\na O\n\nb O\n", bad.append)] == [("b",)]
    assert len(bad) == 1


def test_a_sentence_with_bad_rows_is_left_out_whole_and_reported_once():
    bad: list[DataError] = []
    found = read(b"a O\n\nb O\nbad\nworse\n\nc O\n\n\xff O\nd O\n", bad.append)
    assert [example.tokens for example in found] == [("a",), ("c",)]
    assert [str(error)[:4] for error in bad] == ["f:4:", "f:9:"]


@pytest.mark.parametrize(
    "content",
    [
        "the \t DT  O \nsea NN\tB-loc\n\n\n\nis VB O\n\t\n",
        "-DOCSTART- -X- O\n\nthe DT O\r\n\r\n# note\nsea NN O\n\n",
        "\n\n# c\nthe DT O\n\n",
    ],
)
def test_what_was_read_is_written_byte_for_byte(content):
    assert write(content) == content


def test_other_tags_change_nothing_else():
    content = "the \t DT  O \r\n sea NN\tB-loc\r\n\r\n"
    assert write(content, ["X-long", "Y"]) == "the \t DT  X-long \r\n sea NN\tY\r\n\r\n"
    assert write(content, ["D", "N"], tag=2) == "the \t D  O \r\n sea N\tB-loc\r\n\r\n"


def test_a_sentence_at_the_end_of_the_file_is_closed():
    assert write("a O\nb O") == "a O\nb O\n\n"
    assert write("a O\nb O\n") == "a O\nb O\n\n"


def test_a_sentence_from_elsewhere_gets_new_rows():
    example = TokensExample(("the", "sea"), "x")
    assert ColumnsReader(ColumnsOptions()).write(example, ["D", "N"]) == "the\tD\nsea\tN\n\n"
    wide = ColumnsReader(ColumnsOptions(token=2, tag=4))
    assert wide.write(example, ["D", "N"]) == "_\tthe\t_\tD\n_\tsea\t_\tN\n\n"


@pytest.mark.parametrize(
    ("tokens", "tags", "message"),
    [
        (("a",), (), "x: expected 1 tags, found 0."),
        (("a",), ("B C",), "x: the tag 'B C' fits in no column."),
        (("a",), ("",), "x: the tag '' fits in no column."),
        (("a b",), ("X",), "x: the token 'a b' fits in no column."),
    ],
)
def test_what_can_not_be_written(tokens, tags, message):
    with pytest.raises(DataError) as caught:
        ColumnsReader(ColumnsOptions()).write(TokensExample(tokens, "x"), tags)
    assert str(caught.value) == message


CELL = st.text(
    st.characters(codec="utf-8", exclude_characters=" \t\r\n\ufeff"), min_size=1, max_size=6
).filter(lambda cell: not cell.startswith(("#", "-DOCSTART-")))
GAP = st.sampled_from([" ", "\t", "  ", " \t"])


@st.composite
def files(draw):
    width = draw(st.integers(2, 4))
    sentences = []
    for _ in range(draw(st.integers(1, 4))):
        rows = draw(
            st.lists(st.lists(CELL, min_size=width, max_size=width), min_size=1, max_size=4)
        )
        gap, end = draw(GAP), draw(st.sampled_from(["\n", "\r\n"]))
        blank = draw(st.sampled_from(["\n", "\r\n", "\t\n", "\n\n"]))
        sentences.append("".join(gap.join(row) + end for row in rows) + blank)
    return "".join(sentences)


@settings(deadline=None, max_examples=80)
@given(files(), st.data())
def test_any_columns_round_trip_with_any_tags(content, data):
    assert write(content) == content
    reader = ColumnsReader(ColumnsOptions())
    for example in reader.read_stream(io.BytesIO(content.encode()), "f"):
        count = len(example.tokens)
        tags = data.draw(st.lists(CELL, min_size=count, max_size=count))
        (again,) = reader.read_stream(io.BytesIO(reader.write(example, tags).encode()), "f")
        assert (again.tokens, again.tags) == (example.tokens, tuple(tags))


def test_sentences_tell_their_document():
    content = "-DOCSTART- -X- O\n\na O\n\nb O\n\n-DOCSTART- O\nc O\n"
    assert [(e.tokens, e.document) for e in read(content)] == [
        (("a",), "f:1"),
        (("b",), "f:1"),
        (("c",), "f:7"),
    ]
    assert [e.document for e in read("a O\n\nb O\n")] == ["f", "f"]
