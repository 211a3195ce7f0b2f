from __future__ import annotations

import numpy as np
import pytest

from seqkit.tokenizers import WordOptions, features
from seqkit.tokenizers.features import WordFeatures, word_shape
from seqkit.tokenizers.word import WordTokenizer


@pytest.mark.parametrize(
    ("word", "shape"),
    [
        ("Hello", "Xxx"),
        ("USA", "XX"),
        ("I", "X"),
        ("McDonald", "XxXxx"),
        ("2024-25", "dd-dd"),
        ("e-mail", "x-xx"),
        ("Äpfel", "Xxx"),
        ("日本", "xx"),
        ("...", ".."),
        ("", ""),
    ],
)
def test_shape(word, shape):
    assert word_shape(word) == shape


def test_the_hash_never_changes():
    """Trained models index their tables by these very numbers."""
    assert WordFeatures(3, 8192)(["Herons"]).tolist() == [
        [7104, 2732, 7456, 4272, 7815, 6220, 2037]
    ]


def test_a_word_shorter_than_an_affix_has_none():
    row = WordFeatures(3, 8192)(["to"])[0]
    assert (row[[2, 5]] == 0).all()
    assert (row[[0, 1, 3, 4, 6]] > 0).all()


def test_the_empty_word_has_no_features():
    assert not WordFeatures(2, 64)([""]).any()


def test_affixes_ignore_case_and_the_shape_keeps_it():
    lower, upper = WordFeatures(2, 8192)(["rain", "RAIN"])
    assert (lower[:4] == upper[:4]).all()
    assert lower[4] != upper[4]


def test_prefix_and_suffix_of_the_same_letters_differ():
    row = WordFeatures(1, 8192)(["a"])[0]
    assert row[0] != row[1]


def test_all_features_index_the_table():
    rows = WordFeatures(6, 64)([chr(97 + i % 26) * (i % 9) + str(i) for i in range(500)])
    assert rows.shape == (500, 13)
    assert rows.dtype == np.int32
    assert rows.min() >= 0
    assert rows.max() < 64


def test_the_cache_is_bounded_and_changes_nothing(monkeypatch):
    monkeypatch.setattr(features, "_CACHE_WORDS", 3)
    table = WordFeatures(2, 256)
    words = ["one", "two", "three", "four", "one", "x" * 100]
    assert (table(words) == table(words)).all()
    assert len(table._cache) <= 3
    assert "x" * 100 not in table._cache


def test_the_word_tokenizer_tells_their_number():
    tokenizer = WordTokenizer(WordOptions(affixes=3, affix_buckets=128))
    assert (tokenizer.feature_count, tokenizer.feature_buckets) == (7, 128)
    assert tokenizer.features(["a", "bc"]).shape == (2, 7)
    assert tokenizer.features([]).shape == (0, 7)


def test_without_affixes_there_are_none():
    tokenizer = WordTokenizer(WordOptions())
    assert (tokenizer.feature_count, tokenizer.feature_buckets) == (0, 0)
    with pytest.raises(NotImplementedError):
        tokenizer.features(["a"])
