"""Text made up: its size, its seed, its words."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from benchmarks.texts import WORDS, documents, vocabulary, write_text


@pytest.mark.parametrize("size", [1, 2, 999, 300_000])
def test_a_text_has_exactly_the_size_asked_for(tmp_path, size):
    path = tmp_path / "text.txt"
    count = write_text(path, size=size)
    content = path.read_bytes()
    assert len(content) == size
    assert content.count(b"\n") == count
    assert content.endswith(b"\n")


def test_the_same_seed_gives_the_same_text_and_longer_ones_begin_with_it(tmp_path):
    texts = {}
    for name, size, seed in (("a", 5000, 1), ("b", 5000, 1), ("long", 9000, 1), ("other", 5000, 2)):
        write_text(tmp_path / name, size=size, seed=seed)
        texts[name] = (tmp_path / name).read_text()
    assert texts["a"] == texts["b"]
    assert texts["a"] != texts["other"]
    whole, _, _ = texts["a"][:-1].rpartition("\n")
    assert texts["long"].startswith(whole)


def test_words_are_as_frequent_as_in_a_language():
    text = " ".join(itertools.islice(documents(np.random.default_rng(0)), 3000))
    counts = Counter(text.lower().replace(".", "").split())
    (_, first), (_, second), *_ = counts.most_common(2)
    tenth = counts.most_common(10)[-1][1]
    total = sum(counts.values())
    # the first word's share is 1 / (1 + 1/2 + ... + 1/20000) = 0.0954
    assert first / total == pytest.approx(0.0954, rel=0.05)
    assert first / second == pytest.approx(2, rel=0.1)
    assert first / tenth == pytest.approx(10, rel=0.15)


def test_documents_are_sentences_in_a_line():
    for document in itertools.islice(documents(np.random.default_rng(0)), 200):
        sentences = document.split(". ")
        assert 2 <= len(sentences) < 20
        assert all(s[0].isupper() and 4 <= len(s.split()) < 25 for s in sentences)
        assert document.isascii()
        assert "\n" not in document


def test_the_vocabulary_has_different_words_the_frequent_ones_short():
    words = vocabulary(np.random.default_rng(0)).tolist()
    assert len(set(words)) == WORDS
    assert {len(word) for word in words[:50]} == {2}
    assert {len(word) for word in words[-50:]} == {8}
