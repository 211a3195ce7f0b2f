"""Hashed features of a word's form: its beginnings, its endings and its shape.

They let a tagger guess at words that it never saw. The idea is that of hashed embeddings of affixes
and shapes in spaCy (Honnibal and Montani).
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

#: Words remembered with their features, and the longest word worth remembering.
_CACHE_WORDS, _CACHE_LENGTH = 1 << 16, 64


def word_shape(word: str) -> str:
    """The pattern of a word: ``X`` a capital, ``x`` another letter, ``d`` a digit.

    Other signs stand for themselves, and runs are cut to two: ``McDonald`` is ``XxXxx``,
    ``2024-25`` is ``dd-dd``.
    """
    shape: list[str] = []
    for c in word:
        kind = "X" if c.isupper() else "x" if c.isalpha() else "d" if c.isnumeric() else c
        if shape[-2:] != [kind, kind]:
            shape.append(kind)
    return "".join(shape)


class WordFeatures:
    """Features of words, each an index into one table.

    Args:
        affixes: The longest prefix and suffix, in characters.
        buckets: Rows of the table; row 0 stands for none.
    """

    def __init__(self, affixes: int, buckets: int) -> None:
        self.affixes = affixes
        self.buckets = buckets
        self._cache: dict[str, tuple[int, ...]] = {}

    def __call__(self, words: Sequence[str]) -> np.ndarray:
        """Look up words.

        Args:
            words: ``n`` words as they stand in the text.

        Returns:
            ``(n, 2 * affixes + 1)`` int32 in ``range(buckets)``: prefixes of 1, 2, ... characters
            in lower case, suffixes likewise, the shape. A word shorter than an affix has 0 there.
        """
        import numpy as np  # heavy; only tagging needs it

        rows = [self._cache.get(word) or self._row(word) for word in words]
        return np.array(rows, dtype=np.int32).reshape(len(rows), 2 * self.affixes + 1)

    def _row(self, word: str) -> tuple[int, ...]:
        lower = word.lower()
        lengths = range(1, self.affixes + 1)
        row = (
            *(self._bucket("prefix", lower[:n]) if n <= len(lower) else 0 for n in lengths),
            *(self._bucket("suffix", lower[-n:]) if n <= len(lower) else 0 for n in lengths),
            self._bucket("shape", word_shape(word)) if word else 0,
        )
        if len(word) <= _CACHE_LENGTH:
            if len(self._cache) >= _CACHE_WORDS:
                self._cache.clear()
            self._cache[word] = row
        return row

    def _bucket(self, kind: str, value: str) -> int:
        """A bucket that is the same in every process and on every machine."""
        code = zlib.crc32(f"{kind}:{value}".encode("utf-8", "surrogatepass"))
        return 1 + code % (self.buckets - 1)
