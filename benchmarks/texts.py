"""Text of any size that looks like English from afar, and is the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

WORDS = 20_000  # different ones
_BLOCK = 1 << 16  # words drawn at once
_SENTENCE = (4, 25)  # words, from and below
_DOCUMENT = (2, 20)  # sentences, likewise
_VOWELS, _CONSONANTS = "aeiou", "bcdfghklmnprstvw"


def write_text(path: Path, *, size: int, seed: int = 0) -> int:
    """Write a document a line, ``size`` bytes in all; the last document is cut off there.

    Never more than a block of words is in memory.

    Args:
        path: The file.
        size: Bytes.
        seed: Draws the words; a longer text begins as a shorter one does.

    Returns:
        How many documents there are.
    """
    left, count = size, 0
    with path.open("w", encoding="ascii", newline="") as file:
        for document in documents(np.random.default_rng(seed)):
            line = document if len(document) < left else document[: left - 1]
            file.write(f"{line}\n")
            left -= len(line) + 1
            count += 1
            if left <= 0:
                return count
    raise AssertionError("documents never end")


def documents(rng: np.random.Generator) -> Iterator[str]:
    """Documents without end, each a few sentences in one line of ASCII."""
    words = vocabulary(rng)
    # Zipf 1935: the word of rank r is about 1/r as frequent as the first
    shares = 1 / np.arange(1, len(words) + 1)
    limits = np.cumsum(shares / shares.sum())
    limits[-1] = 1.0
    sentences: list[str] = []
    wanted = int(rng.integers(*_DOCUMENT))
    while True:
        drawn = words[np.searchsorted(limits, rng.random(_BLOCK), side="right")].tolist()
        ends = np.cumsum(rng.integers(*_SENTENCE, size=_BLOCK // _SENTENCE[0]))
        start = 0
        for end in ends[: np.searchsorted(ends, _BLOCK, side="right")].tolist():
            sentences.append(f"{' '.join(drawn[start:end]).capitalize()}.")
            start = end
            if len(sentences) == wanted:
                yield " ".join(sentences)
                sentences = []
                wanted = int(rng.integers(*_DOCUMENT))


def vocabulary(rng: np.random.Generator) -> np.ndarray:
    """Different words of one to four syllables, the frequent ones short, as in a language."""
    known: dict[str, None] = {}
    while len(known) < WORDS:
        syllables = min(4, 1 + len(known) // 60)
        consonants = rng.integers(len(_CONSONANTS), size=syllables)
        vowels = rng.integers(len(_VOWELS), size=syllables)
        pairs = zip(consonants, vowels, strict=True)
        known["".join(_CONSONANTS[c] + _VOWELS[v] for c, v in pairs)] = None
    return np.array(list(known), dtype=object)
