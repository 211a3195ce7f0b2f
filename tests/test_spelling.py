"""Words as numbers of their characters, each distinct word once."""

from __future__ import annotations

import numpy as np
import pytest

from seqkit import spelling
from seqkit.spelling import EDGE, GAP, LONGEST, PADDING, ROWS, WIDTH, Speller, distinct


def codes(word: str) -> list[int]:
    """What stands for a word, without the padding."""
    row = Speller()([word])[0].tolist()
    return row[: row.index(PADDING)] if PADDING in row else row


def test_characters_stand_between_marks_and_then_comes_padding():
    rows = Speller()(["aB", "é"])
    assert (rows.shape, rows.dtype) == ((2, WIDTH), np.uint16)
    assert rows[0].tolist() == [EDGE, 3 + 97, 3 + 66, EDGE, *[PADDING] * (WIDTH - 4)]
    assert codes("é") == [EDGE, 3 + 0xE9, EDGE]


def test_the_empty_word_is_two_marks_and_no_words_no_rows():
    assert codes("") == [EDGE, EDGE]
    assert Speller()([]).shape == (0, WIDTH)


def test_characters_beyond_the_first_alphabets_share_rows_but_not_within_one():
    assert codes("Ж") == [EDGE, 3 + 1024 + 0x16, EDGE]
    cyrillic = [codes(chr(c))[1] for c in range(0x400, 0x500)]
    assert len(set(cyrillic)) == 256
    assert max(cyrillic) < ROWS
    assert codes("\U0010ffff")[1] == ROWS - 1


def test_a_long_word_keeps_both_ends_and_says_where_it_is_cut():
    assert len(codes("x" * LONGEST)) == WIDTH
    assert GAP not in codes("x" * LONGEST)
    long = codes("a" * 15 + "b" * 1000 + "c" * 14)
    assert long == [EDGE, *[3 + 97] * 15, GAP, *[3 + 99] * 14, EDGE]


def test_half_a_character_is_spelt_too():
    assert codes("\ud800") == [EDGE, 3 + 1024 + 0xD800 % 1024, EDGE]


def test_what_is_remembered_is_bounded_and_the_same(monkeypatch):
    monkeypatch.setattr(spelling, "_CACHE_WORDS", 2)
    spell = Speller()
    words = ["a", "b", "a", "c", "d", "a", "x" * 100]
    np.testing.assert_array_equal(spell(words), np.concatenate([Speller()([w]) for w in words]))
    assert len(spell._cache) <= 2


def test_distinct_words_come_once_in_the_order_of_their_first_place():
    characters, places = distinct(Speller()(["bc", "a", "bc", "", "a"]))
    assert places.tolist() == [1, 2, 1, 3, 2]
    assert characters.tolist() == [
        [0, 0, 0, 0],
        [EDGE, 3 + 98, 3 + 99, EDGE],
        [EDGE, 3 + 97, EDGE, 0],
        [EDGE, EDGE, 0, 0],
    ]


@pytest.mark.parametrize("rows", [np.zeros((0, WIDTH), np.uint16), np.zeros((2, WIDTH), np.uint16)])
def test_nothing_but_padding_is_one_column_wide(rows):
    characters, places = distinct(rows)
    assert characters.tolist() == [[0]]
    assert places.tolist() == [0] * len(rows)
