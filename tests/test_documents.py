"""The words around sentences: by hand, by brute force, and read no further than needed."""

from __future__ import annotations

import pickle
from itertools import chain, groupby

import numpy as np
import pytest

from seqkit.documents import in_context, one_document
from seqkit.errors import DataError
from seqkit.examples import TextExample, TokensExample


def sentence(words: str, document: str = "d") -> TokensExample:
    return TokensExample(tuple(words.split()), "", document=document)


def around(examples) -> list[tuple[str, str, str]]:
    return [(" ".join(e.before), " ".join(e.tokens), " ".join(e.after)) for e in examples]


def test_a_sentence_has_the_words_next_to_it():
    found = in_context([sentence("a b"), sentence("c"), sentence("d e f"), sentence("g")], 3)
    assert around(found) == [
        ("", "a b", "c d e"),
        ("a b", "c", "d e f"),
        ("a b c", "d e f", "g"),
        ("d e f", "g", ""),
    ]


def test_a_document_ends_where_another_begins():
    given = [sentence("a", "1"), sentence("b", "1"), sentence("c", "2"), sentence("d", "1")]
    assert around(in_context(given, 9)) == [
        ("", "a", "b"),
        ("a", "b", ""),
        ("", "c", ""),
        ("", "d", ""),
    ]


def test_what_is_in_no_document_stands_alone():
    given = [sentence("a", ""), sentence("b", ""), TokensExample(("c",), "", before=("x",))]
    assert list(in_context(given, 9)) == given


def test_without_words_around_them_examples_stay_as_they_are():
    given = [sentence("a"), sentence("b")]
    assert list(in_context(given, 0)) == given


def test_a_text_is_split_as_for_tagging():
    given = [TextExample("It's on.", "", document="d"), sentence("so")]
    first, second = in_context(given, 9)
    assert (first.text, first.after) == ("It's on.", ("so",))
    assert second.before == ("It", "'s", "on", ".")


def test_what_is_placed_stays_as_it_is():
    once = list(in_context([sentence("a"), sentence("b"), sentence("c")], 9))
    # though sentences between them may be missing by now
    assert list(in_context(once[::2], 9)) == once[::2]
    assert pickle.loads(pickle.dumps(once)) == once  # as to another process


@pytest.mark.parametrize("most", [1, 2, 5, 40])
def test_any_documents_by_brute_force(most):
    rng = np.random.default_rng(most)
    given = [
        sentence(" ".join(map(str, rng.integers(99, size=rng.integers(6)))), str(n // 7 % 2))
        for n in range(60)
    ]
    wanted = []
    for _, run in groupby(given, key=lambda e: e.document):
        parts = [e.tokens for e in run]
        for n, own in enumerate(parts):
            before = list(chain.from_iterable(parts[:n]))[-most:]
            after = list(chain.from_iterable(parts[n + 1 :]))[:most]
            wanted.append((" ".join(before), " ".join(own), " ".join(after)))
    assert around(in_context(given, most)) == wanted


def test_no_more_is_read_than_is_needed():
    read = []
    given = [sentence("a"), sentence("b c"), sentence("d"), sentence("e", ""), sentence("f", "")]
    found = in_context((read.append(e) or e for e in given), 2)
    assert next(found).after == ("b", "c")
    assert len(read) == 2
    assert next(found).after == ("d",)
    assert len(read) == 4  # a document has ended where something else begins
    assert [next(found).tokens, next(found).tokens] == [("d",), ("e",)]
    assert len(read) == 4
    assert [e.tokens for e in found] == [("f",)]


def test_what_was_read_before_an_error_comes_before_it():
    def failing():
        yield sentence("a")
        yield sentence("b")
        raise DataError("broken")

    found = in_context(failing(), 9)
    assert around([next(found), next(found)]) == [("", "a", "b"), ("a", "b", "")]
    with pytest.raises(DataError, match="broken"):
        next(found)


def test_sentences_handed_over_together_are_one_document():
    own = TokensExample(("c",), "", before=("x",))
    given = [TextExample("a", ""), sentence("b", ""), own, sentence("d", "other")]
    found = list(one_document(given))
    assert found[0].document == found[1].document != ""
    assert found[2:] == given[2:]
