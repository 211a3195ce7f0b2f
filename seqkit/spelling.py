"""Words as the characters that they are written with: whole numbers alone, for every runtime.

Code points below 1024, which have a row of their own, are those of the Latin and the Greek
alphabet; the others share as many rows by their remainder, so that no alphabet of up to 1024 signs
in a row meets itself there. Nothing is learnt, and there is no unknown character.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

import numpy as np

#: Characters of a word that are read at most; of a longer one its two ends.
LONGEST = 30
#: Numbers of a word: its characters with a mark on either side, then padding.
WIDTH = LONGEST + 2
#: What stands after a word, at both its ends, and for what is left out of a long one.
PADDING, EDGE, GAP = 0, 1, 2
_FIRST, _OWN = 3, 1024
#: Rows of a table that characters index.
ROWS = _FIRST + 2 * _OWN
#: Features of each character.
CHARACTER_SIZE = 32

#: Words remembered with their characters, and the longest word worth remembering.
_CACHE_WORDS, _CACHE_LENGTH = 1 << 16, 64
_NUMBERS = np.dtype(np.uint16)

A = TypeVar("A")
B = TypeVar("B")


class Spelling(NamedTuple, Generic[A]):
    """The words of a batch, each distinct one once.

    Attributes:
        characters: int64 ``(W, C)``, the distinct words, cut to the longest of them; the first is
            padding alone.
        words: int64 ``(T, B)``, which of them stands at each step; 0 for padding.
    """

    characters: A
    words: A

    def map(self, change: Callable[[A], B]) -> Spelling[B]:
        """The same with each array made into something else."""
        return Spelling(change(self.characters), change(self.words))


class Speller:
    """Spells words, and remembers the latest."""

    def __init__(self) -> None:
        self._cache: dict[str, bytes] = {}

    def __call__(self, words: Sequence[str]) -> np.ndarray:
        """Spell words.

        Args:
            words: ``n`` words as they stand in the text.

        Returns:
            ``(n, WIDTH)`` uint16 in ``range(ROWS)``: the mark of an edge, the characters, the mark
            again, padding. Of a word longer than :data:`LONGEST` the middle is :data:`GAP`.
        """
        rows = b"".join([self._cache.get(word) or self._row(word) for word in words])
        return np.frombuffer(rows, _NUMBERS).reshape(len(words), WIDTH)

    def _row(self, word: str) -> bytes:
        codes = [_FIRST + (c if c < _OWN else _OWN + c % _OWN) for c in map(ord, word)]
        if len(codes) > LONGEST:
            before, after = LONGEST // 2, LONGEST - LONGEST // 2 - 1
            codes = [*codes[:before], GAP, *codes[-after:]]
        padding = [PADDING] * (LONGEST - len(codes))
        row = array("H", [EDGE, *codes, EDGE, *padding]).tobytes()
        if len(word) <= _CACHE_LENGTH:
            if len(self._cache) >= _CACHE_WORDS:
                self._cache.clear()
            self._cache[word] = row
        return row


def drawn(rng: np.random.Generator, n: int) -> np.ndarray:
    """``n`` words of random characters and lengths, as :class:`Speller` gives them; for checks."""
    characters = rng.integers(EDGE, ROWS, (n, WIDTH), dtype=_NUMBERS)
    return characters * (np.arange(WIDTH) < rng.integers(2, WIDTH + 1, (n, 1))).astype(_NUMBERS)


def distinct(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each word once, after one of padding alone.

    Args:
        rows: ``(n, WIDTH)`` uint16, as :class:`Speller` gives them.

    Returns:
        The words ``(W, C)`` int64, in the order in which they first come, without the columns that
        none of them fills, but with one at least; and which of them each row is, ``(n,)`` int64.
    """
    size = WIDTH * _NUMBERS.itemsize
    whole = np.ascontiguousarray(rows, _NUMBERS).tobytes()
    # by the bytes themselves: sorting rows, as numpy would, takes several times as long
    found = {bytes(size): 0}
    places = [
        found.setdefault(whole[at : at + size], len(found)) for at in range(0, len(whole), size)
    ]
    words = np.frombuffer(b"".join(found), _NUMBERS).reshape(len(found), WIDTH)
    filled = max(1, int(words.any(axis=0).sum()))
    return words[:, :filled].astype(np.int64), np.array(places, dtype=np.int64)
