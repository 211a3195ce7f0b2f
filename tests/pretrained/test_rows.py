"""Rows matched by token, worked out by hand."""

from __future__ import annotations

import numpy as np

from seqkit.pretrained.rows import RowMap, tokens_of

SPECIAL = ["<pad>", "<unk>", "<eos>"]


def test_known_tokens_have_their_rows_and_new_ones_the_mean():
    rows = RowMap([*SPECIAL, "cat", "dog"], [*SPECIAL, "dog", "emu", "cat"])
    table = np.array([[9, 9], [1, 1], [2, 2], [3, 0], [5, 1]], dtype=np.float32)
    # the mean is that of cat and dog alone
    expected = [[9, 9], [1, 1], [2, 2], [5, 1], [4, 0.5], [3, 0]]
    assert rows(table).tolist() == expected
    assert rows.found == 2


def test_rows_of_one_number_are_matched_too():
    rows = RowMap([*SPECIAL, "a", "b"], [*SPECIAL, "c", "b"])
    assert rows(np.array([0, 1, 2, 10, 20], dtype=np.float32)).tolist() == [0, 1, 2, 15, 20]


def test_a_word_that_is_written_like_a_special_symbol_is_not_one():
    rows = RowMap([*SPECIAL, "<eos>"], [*SPECIAL, "<eos>"])
    assert rows(np.array([0, 1, 2, 7], dtype=np.float32)).tolist() == [0, 1, 2, 7]


def test_a_vocabulary_without_tokens_gives_the_mean_of_the_special_symbols():
    rows = RowMap(SPECIAL, [*SPECIAL, "a"])
    assert rows(np.array([0, 3, 6], dtype=np.float32)).tolist() == [0, 3, 6, 3]
    assert rows.found == 0


def test_tokens_stand_in_the_order_of_their_ids(words):
    assert tokens_of(words("b a a")) == [*SPECIAL, "a", "b"]
