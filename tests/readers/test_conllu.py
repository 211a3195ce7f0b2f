from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.errors import DataError
from seqkit.examples import TokensExample
from seqkit.readers import ColumnsOptions, ConlluOptions
from seqkit.readers.columns import ColumnsReader
from seqkit.readers.conllu import ConlluReader

SENTENCES = """# newdoc
# text = Vámonos al mar
1-2\tVámonos\t_\t_\t_\t_\t_\t_\t_\t_
1\tVamos\tir\tVERB\tv\tMood=Imp\t0\troot\t_\t_
2\tnos\tnosotros\tPRON\tp\t_\t1\tobj\t_\t_
3-4\tal\t_\t_\t_\t_\t_\t_\t_\tSpaceAfter=No
3\ta\ta\tADP\ts\t_\t5\tcase\t_\t_
4\tel\tel\tDET\td\t_\t5\tdet\t_\t_
4.1\tgran\tgran\tADJ\ta\t_\t_\t_\t5:amod\t_
5\tmar\tmar\tNOUN\tn\t_\t1\tobl\t_\t_

# text = # 1
1\t#\t#\tSYM\tx\t_\t0\troot\t_\t_
2\t1\t1\tNUM\tm\t_\t1\tnummod\t_\t_

"""
WORDS = ("Vamos", "nos", "a", "el", "mar")


def read(content: str | bytes, on_bad=None, tag: str = "upos") -> list[TokensExample]:
    data = content if isinstance(content, bytes) else content.encode()
    extra = {"on_bad": on_bad} if on_bad else {}
    return list(ConlluReader(ConlluOptions(tag=tag), **extra).read_stream(io.BytesIO(data), "f"))


def row(identity: str, form: str = "a", tag: str = "X") -> str:
    return "\t".join([identity, form, "_", tag, *"_" * 6]) + "\n"


def test_words_are_the_rows_with_integer_ids():
    first, second = read(SENTENCES)
    assert (first.tokens, first.source) == (WORDS, "f:4")
    assert first.tags == ("VERB", "PRON", "ADP", "DET", "NOUN")
    assert (second.tokens, second.tags) == (("#", "1"), ("SYM", "NUM"))


@pytest.mark.parametrize(
    ("tag", "tags"),
    [("xpos", ("v", "p", "s", "d", "n")), ("deprel", ("root", "obj", "case", "det", "obl"))],
)
def test_the_tag_column_is_an_option(tag, tags):
    assert read(SENTENCES, tag=tag)[0].tags == tags


def test_a_sentence_of_underscores_has_no_tags():
    (example,) = read(row("1", tag="_") + row("2", tag="_"))
    assert example.tags == ()


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("column", ["upos", "xpos", "deprel"])
def test_what_was_read_is_written_byte_for_byte(end, column):
    content = SENTENCES.replace("\n", end)
    reader = ConlluReader(ConlluOptions(tag=column))
    found = list(reader.read_stream(io.BytesIO(content.encode()), "f"))
    assert found[0].tokens == WORDS
    assert "".join(reader.write(example, example.tags) for example in found) == content


def test_new_tags_stand_in_their_column_alone():
    reader = ConlluReader(ConlluOptions())
    first = read(SENTENCES)[0]
    written = reader.write(first, ["A", "B", "C", "D", "E"])
    expected = SENTENCES[: SENTENCES.index("# text = # 1")]
    for old, new in [("VERB", "A"), ("PRON", "B"), ("ADP", "C"), ("DET", "D"), ("NOUN", "E")]:
        expected = expected.replace(f"\t{old}\t", f"\t{new}\t")
    assert written == expected


def test_comments_and_blank_lines_apart_from_sentences_are_kept():
    content = "\n# a note on its own\n\n\n# id = 1\n" + row("1") + "\n\n" + row("1") + "\n"
    reader = ConlluReader(ConlluOptions())
    assert "".join(reader.write(e, e.tags) for e in read(content)) == content


def test_a_sentence_at_the_end_of_the_file_is_closed():
    (example,) = read(row("1").rstrip("\n"))
    assert ConlluReader(ConlluOptions()).write(example, ["Y"]) == row("1", tag="Y") + "\n"


def test_a_sentence_from_elsewhere_gets_new_rows():
    (columns,) = ColumnsReader(ColumnsOptions()).read_stream(io.BytesIO(b"the O\nsea O\n"), "f")
    reader = ConlluReader(ConlluOptions())
    for example in (TokensExample(("the", "sea"), "x"), columns):
        assert (
            reader.write(example, ["D", "N"]) == row("1", "the", "D") + row("2", "sea", "N") + "\n"
        )


def test_a_tag_that_would_break_the_row_is_refused():
    with pytest.raises(DataError, match=r"the tag 'a\\tb' fits in no column"):
        ConlluReader(ConlluOptions()).write(TokensExample(("x",), "f:1"), ["a\tb"])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("1\ta\tb\n", r"f:1: expected 10 columns separated by tabs, found 3: '1\ta\tb'."),
        (row("1") + "2 a _ X\n", "f:2: expected 10 columns separated by tabs, found 1: '2 a _ X'."),
        (row("one"), "f:1: expected an id such as 1, 1-2 or 1.1, found 'one'."),
        (row("²"), "f:1: expected an id such as 1, 1-2 or 1.1, found '²'."),
        (
            row("1") + row("3"),
            (
                "f:2: expected the id 2, found '3'. "
                "Ids count from 1 in each sentence, and a blank line ends it."
            ),
        ),
        (
            row("1") + row("1"),
            (
                "f:2: expected the id 2, found '1'. "
                "Ids count from 1 in each sentence, and a blank line ends it."
            ),
        ),
        (
            row("1", ""),
            r"f:1: expected a form and a tag, found an empty cell: '1\t\t_\tX\t_\t_\t_\t_\t_\t_'.",
        ),
    ],
)
def test_bad_rows(content, message):
    with pytest.raises(DataError) as caught:
        read(content)
    assert str(caught.value) == message


def test_a_sentence_with_bad_rows_is_left_out_whole_and_reported_once():
    bad: list[DataError] = []
    content = row("1") + "\n" + row("1") + "bad\nworse\n\n" + row("1", "z") + "\n"
    assert [example.tokens for example in read(content, bad.append)] == [("a",), ("z",)]
    assert [str(error)[:4] for error in bad] == ["f:4:"]


CELL = st.text(
    st.characters(codec="utf-8", exclude_characters="\t\r\n\ufeff"), min_size=1, max_size=5
)


@st.composite
def sentences(draw):
    rows = draw(st.lists(st.sampled_from(["# note\n"]), max_size=2))
    for number in range(1, draw(st.integers(1, 5)) + 1):
        kind = draw(st.sampled_from(["word", "range", "empty"]))
        if kind == "range":
            rows.append("\t".join([f"{number}-{number + 1}", *draw_cells(draw, 9)]) + "\n")
        rows.append("\t".join([str(number), *draw_cells(draw, 9)]) + "\n")
        if kind == "empty":
            rows.append("\t".join([f"{number}.1", *draw_cells(draw, 9)]) + "\n")
    return "".join(rows) + "\n" * draw(st.integers(1, 2))


def draw_cells(draw, count):
    return draw(st.lists(CELL, min_size=count, max_size=count))


@settings(deadline=None, max_examples=60)
@given(st.lists(sentences(), max_size=3), st.data())
def test_any_conllu_round_trips_with_any_tags(parts, data):
    content = "".join(parts)
    reader = ConlluReader(ConlluOptions())
    found = read(content)
    assert len(found) == len(parts)
    again = "".join(reader.write(e, e.tags or ["_"] * len(e.tokens)) for e in found)
    assert again == content
    for example in found:
        count = len(example.tokens)
        tags = data.draw(
            st.lists(CELL.filter(lambda tag: tag != "_"), min_size=count, max_size=count)
        )
        (other,) = read(reader.write(example, tags))
        assert (other.tokens, other.tags) == (example.tokens, tuple(tags))


def test_sentences_tell_their_document():
    one = row("1") + "\n"
    content = one + "# newdoc id = x\n" + one + one + "#newdoc\n" + one + "# newdocs\n" + one
    assert [e.document for e in read(content)] == ["f", "f:3", "f:3", "f:8", "f:8"]


def test_a_bad_sentence_begins_its_document_all_the_same():
    content = row("1") + "\n# newdoc\n" + row("7") + "\n" + row("1")
    assert [e.document for e in read(content, on_bad=lambda _: None)] == ["f", "f:3"]
