"""Buckets of n-grams, held against the formula in Python's unbounded whole numbers."""

from __future__ import annotations

import numpy as np
import pytest

from seqkit.ngrams import NGramSum, ngram_buckets


def bucket(*ids: int, buckets: int) -> int:
    hashed = len(ids)
    for i in ids:
        hashed = (hashed + i + 1) * 1_540_483_477 % (2**31 - 1)
    return hashed % buckets


def found(*texts: list[int], longest: int, buckets: int) -> list[list[int]]:
    ids = np.array([i for text in texts for i in text], dtype=np.int32)
    lengths = np.array([len(t) for t in texts])
    flat, counts = ngram_buckets(ids, lengths, longest=longest, buckets=buckets)
    return [part.tolist() for part in np.split(flat, np.cumsum(counts)[:-1])]


@pytest.mark.parametrize("buckets", [7, 1 << 20, 1 << 30])
def test_all_ngrams_up_to_the_longest(buckets):
    a, b, c = 3, 50_000, 2**31 - 1
    expected = {bucket(*ngram, buckets=buckets) for ngram in [(a,), (b,), (c,), (a, b), (b, c)]}
    assert found([a, b, c], longest=2, buckets=buckets) == [sorted(expected)]


def test_no_ngram_reaches_into_the_next_text_and_an_empty_one_has_none():
    one, two = found([3, 4], longest=3, buckets=1000), found([5], longest=3, buckets=1000)
    assert found([3, 4], [], [5], [], longest=3, buckets=1000) == [*one, [], *two, []]


def test_each_counts_once_a_text():
    once = [bucket(3, buckets=1000), bucket(3, 3, buckets=1000)]
    assert found([3] * 9, [3] * 2, longest=2, buckets=1000) == [sorted(once)] * 2


def test_order_and_length_matter():
    pairs = {bucket(a, b, buckets=1 << 30) for a in range(60) for b in range(60)}
    singles = {bucket(a, buckets=1 << 30) for a in range(60)}
    assert len(pairs | singles) == 60 * 60 + 60


def test_they_spread_evenly():
    buckets = 512
    flat = [bucket(a, b, buckets=buckets) for a in range(200) for b in range(200)]
    counts = np.bincount(flat, minlength=buckets)
    # the statistic of Pearson's test has a mean of 511 and a standard deviation of 32
    mean = len(flat) / buckets
    assert ((counts - mean) ** 2 / mean).sum() < 511 + 4 * 32


def test_no_text_at_all():
    flat, counts = ngram_buckets(np.zeros(0, np.int32), np.zeros(2, np.int64), longest=2, buckets=9)
    assert (flat.tolist(), counts.tolist()) == ([], [0, 0])


@pytest.mark.parametrize("longest", [1, 3])
@pytest.mark.parametrize("buckets", [7, 1 << 12])
def test_the_sum_in_pieces_counts_what_spans_two_of_them_and_each_bucket_once(
    monkeypatch, longest, buckets
):
    monkeypatch.setattr("seqkit.ngrams.PIECE", 4)
    rng = np.random.default_rng(0)
    table = rng.integers(0, 100, (buckets, 2)).astype(np.float32)
    for count in (1, 3, 4, 5, 30):
        ids = rng.integers(0, 5, count)
        present, _ = ngram_buckets(ids, np.array([count]), longest=longest, buckets=buckets)
        got = NGramSum(table, longest=longest).of(ids)
        np.testing.assert_array_equal(got, table[present].sum(axis=0))
