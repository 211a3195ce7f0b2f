"""Near-duplicates: all that are there, different labels first, in bounded work."""

from __future__ import annotations

import itertools
import random

import pytest

from seqkit.errorpage import duplicates
from seqkit.errorpage.duplicates import ALIKE, near_duplicates
from seqkit.examples import TextExample, TokensExample


def texts(*pairs):
    return [TextExample(text, f"a:{n}", (label,)) for n, (text, label) in enumerate(pairs)]


def test_those_with_different_labels_come_first():
    found = near_duplicates(
        texts(
            ("it is a fine film and I liked it", "good"),
            ("quite another text about something else", "bad"),
            ("It is a fine film, and I liked it!", "good"),
            ("it is a fine film and I liked it", "bad"),
        )
    )
    assert (found[0].first, found[0].second) == (0, 3)
    assert (found[0].alike, found[0].differ) == (1, True)
    assert {(p.first, p.second) for p in found} <= {(0, 2), (0, 3), (2, 3)}
    assert [p.differ for p in found] == sorted((p.differ for p in found), reverse=True)


def shingled(text):
    words = text.split()
    return set(itertools.pairwise(words))


def test_all_pairs_that_a_comparison_of_each_with_each_finds():
    drawn = random.Random(1)
    words = [f"w{k}" for k in range(50)]
    rows = []
    for _ in range(40):
        text = drawn.choices(words, k=40)
        rows.append(" ".join(text))
        text[drawn.randrange(40)] = "other"
        rows.append(" ".join(text))
    expected = set()
    for one, other in itertools.combinations(range(len(rows)), 2):
        a, b = shingled(rows[one]), shingled(rows[other])
        if len(a & b) / len(a | b) >= ALIKE:
            expected.add((one, other))
    assert len(expected) == 40
    found = near_duplicates(texts(*((row, "x") for row in rows)))
    assert {(p.first, p.second) for p in found} == expected
    for pair in found:
        a, b = shingled(rows[pair.first]), shingled(rows[pair.second])
        assert pair.alike == pytest.approx(len(a & b) / len(a | b))


def test_of_many_that_are_the_same_each_has_a_few_pairs_and_no_more_than_asked(monkeypatch):
    rows = texts(*(("the very same text", "x") for _ in range(300)))
    assert 299 <= len(near_duplicates(rows)) <= 2 * 299
    monkeypatch.setattr(duplicates, "MOST_PAIRS", 50)
    assert len(near_duplicates(rows)) == 50
    monkeypatch.setattr(duplicates, "MOST_TEXTS", 10)
    assert max(p.second for p in near_duplicates(rows)) == 9


def test_texts_of_one_word_or_none():
    found = near_duplicates(
        texts(("fine", "a"), ("Fine", "b"), ("", "a"), (" ", "b"), ("bad", "a"))
    )
    assert [(p.first, p.second, p.differ) for p in found] == [(0, 1, True)]


def test_sentences_differ_where_the_same_words_have_other_tags():
    rows = [
        TokensExample(("I", "saw", "it"), "a:1", ("P", "V", "P")),
        TokensExample(("I", "saw", "it"), "a:2", ("P", "N", "P")),
        TokensExample(("I", "saw", "it"), "a:3", ("P", "V", "P")),
    ]
    found = {(p.first, p.second): p.differ for p in near_duplicates(rows)}
    assert found[0, 1] is True
    assert found[0, 2] is False
