"""N-grams of ids, hashed into buckets: whole numbers alone, so that every runtime finds the same.

A table of all word pairs would be larger than the model that uses it. The hashing trick (Weinberger
et al. 2009, "Feature hashing for large scale multitask learning") lets those that meet in a bucket
share its weight.
"""

from __future__ import annotations

import numpy as np

#: Arithmetic is modulo this prime, so that no product leaves 63 bits.
PRIME = (1 << 31) - 1
FACTOR = 1_540_483_477

#: Tokens of a long text that are hashed at once.
PIECE = 1 << 14


def ngram_hashes(ids: np.ndarray, n: int) -> np.ndarray:
    """The hash of each run of ``n`` ids, before it is cut down to a bucket.

    Args:
        ids: ``(tokens,)`` int64, each in ``range(2**31)``.
        n: At least 1.

    Returns:
        ``(max(0, tokens - n + 1),)`` int64, each in ``range(PRIME)``, by where the n-gram begins.
    """
    count = max(0, len(ids) - n + 1)
    hashed = np.full(count, n, dtype=np.int64)
    for k in range(n):
        hashed = (hashed + ids[k : k + count] + 1) * FACTOR % PRIME
    return hashed


class NGramSum:
    """The sum of the weights of a text's n-grams, in memory that does not grow with the text.

    Args:
        table: ``(K, L)``, the weights of each bucket.
        longest: The longest n-gram, in tokens.
    """

    def __init__(self, table: np.ndarray, *, longest: int) -> None:
        self._table, self._longest = table, longest

    def of(self, ids: np.ndarray) -> np.ndarray:
        """The weights of the buckets that a text's n-grams fall in, each once: ``(L,)`` float64.

        Args:
            ids: ``(tokens,)``.
        """
        K, L = self._table.shape
        seen, total = np.zeros(K, dtype=bool), np.zeros(L)
        for start in range(0, len(ids), PIECE):
            # with the tokens before it that an n-gram may begin with
            part = ids[max(0, start - self._longest + 1) : start + PIECE]
            present, _ = ngram_buckets(
                part, np.array([len(part)]), longest=self._longest, buckets=K
            )
            fresh = present[~seen[present]]
            seen[fresh] = True
            total += self._table[fresh].sum(axis=0, dtype=np.float64)
        return total


def ngram_buckets(
    ids: np.ndarray, lengths: np.ndarray, *, longest: int, buckets: int
) -> tuple[np.ndarray, np.ndarray]:
    """Which buckets the n-grams of each text fall in, each bucket once a text.

    ::

        hash(a_1 ... a_n) = h_n,  where  h_0 = n  and  h_k = (h_(k-1) + a_k + 1) F  mod (2^31 - 1)
        bucket            = hash mod buckets

    Args:
        ids: ``(tokens,)``, the texts' ids in a row, each in ``range(2**31)``.
        lengths: ``(texts,)``, how many of them are each text's.
        longest: The longest n-gram, in tokens; shorter ones count too.
        buckets: How many buckets there are.

    Returns:
        The buckets int64, those of each text in rising order, and how many each text has,
        ``(texts,)`` int64.
    """
    ids = ids.astype(np.int64)
    text = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    found = []
    for n in range(1, longest + 1):
        hashed = ngram_hashes(ids, n)
        count = len(hashed)
        within = text[:count] == text[n - 1 : n - 1 + count]
        found.append((text[:count] * buckets + hashed % buckets)[within])
    keys = np.concatenate(found)
    keys.sort()
    # not numpy.unique, which took four times as long
    keys = keys[np.diff(keys, prepend=-1) > 0]
    return keys % buckets, np.bincount(keys // buckets, minlength=len(lengths))
