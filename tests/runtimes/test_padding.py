"""Batches of like length: bounded, padded on the right, and taken apart again."""

from __future__ import annotations

import numpy as np

from seqkit.encoding import Encoded
from seqkit.runtimes.padding import alike, pad, unpad
from seqkit.spelling import EDGE, Speller
from seqkit.tokenizers.base import PAD


def texts(*lengths: int) -> list[Encoded]:
    rng = np.random.default_rng(0)
    return [Encoded(rng.integers(3, 9, n, dtype=np.int32)) for n in lengths]


def test_batches_are_bounded_by_their_tokens_padding_included():
    batches = list(alike(texts(4, 1, 3, 100, 2, 3), batch_tokens=9))
    assert batches == [[1, 4, 2], [5, 0], [3]]


def test_there_is_no_batch_of_nothing():
    assert list(alike([])) == []


def test_padding_comes_after_each_examples_length():
    padded = pad([Encoded(np.array(ids, np.int32)) for ids in ([5], [6, 7, 8], [4, 9])])
    assert padded.ids.tolist() == [[5, 6, 4], [PAD, 7, 9], [PAD, 8, PAD]]
    assert padded.lengths.tolist() == [1, 3, 2]
    assert padded.ids.dtype == padded.lengths.dtype == np.int64
    assert padded.features is None
    assert padded.spelling is None


def test_features_are_padded_with_the_tokens():
    examples = [
        Encoded(np.array([5]), features=np.array([[1, 2]])),
        Encoded(np.array([6, 7]), features=np.array([[3, 4], [5, 6]])),
    ]
    padded = pad(examples)
    assert padded.features is not None
    assert padded.features.tolist() == [[[1, 2], [3, 4]], [[0, 0], [5, 6]]]


def test_each_distinct_word_is_spelt_once_and_padding_by_none() -> None:
    spell = Speller()
    examples = [
        Encoded(np.array([5]), characters=spell(["ab"])),
        Encoded(np.array([6, 5, 7]), characters=spell(["c", "ab", "c"])),
    ]
    spelling = pad(examples).spelling
    assert spelling is not None
    assert spelling.words.tolist() == [[1, 2], [0, 1], [0, 2]]
    a, b, c = (3 + ord(letter) for letter in "abc")
    assert spelling.characters.tolist() == [[0, 0, 0, 0], [EDGE, a, b, EDGE], [EDGE, c, EDGE, 0]]


def test_an_empty_example_has_a_step_to_stand_in():
    padded = pad(texts(0))
    assert (padded.ids.tolist(), padded.lengths.tolist()) == ([[PAD]], [0])


def test_logits_stand_where_tokens_are_complete():
    logits = np.arange(12.0).reshape(3, 2, 2)  # (T, B, L)
    examples = [
        Encoded(np.array([3, 4, 5]), steps=np.array([1, 2])),
        Encoded(np.array([3]), steps=np.array([0])),
    ]
    first, second = unpad(logits, examples)
    assert (first.tolist(), second.tolist()) == ([[4, 5], [8, 9]], [[2, 3]])


def test_logits_of_whole_texts_are_a_row_each():
    logits = np.arange(4.0).reshape(2, 2)  # (B, L)
    assert [row.tolist() for row in unpad(logits, texts(3, 1))] == [[0, 1], [2, 3]]
    assert unpad(np.empty((0, 2)), []) == []
