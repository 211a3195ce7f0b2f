"""Texts that are almost alike."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from seqkit.examples import Example, TextExample
from seqkit.ngrams import PRIME, ngram_hashes
from seqkit.tokenizers.words import find_words

#: Shingles are runs of so many words; two texts are alike from this share of them in common.
WORDS, ALIKE = 2, 0.7
#: Texts that are held against each other at most, and what is read of each, in characters.
MOST_TEXTS, MOST_CHARACTERS = 100_000, 10_000
#: Pairs that are looked at closely at most.
MOST_PAIRS = 100_000
#: Hash functions; in bands of so many, pairs of texts that share 0.7 meet with a chance of 0.99.
_BANDS, _ROWS = 16, 4
#: The share that the hashes agree in is that of the shingles give or take so much.
_LOOSE = 0.2


@dataclass(frozen=True, slots=True)
class Pair:
    """Two texts that are almost alike.

    Attributes:
        first: The number of the one.
        second: That of the other.
        alike: The share of all their shingles that both have.
        differ: Whether the data label them differently.
    """

    first: int
    second: int
    alike: float
    differ: bool


def near_duplicates(examples: Sequence[Example]) -> list[Pair]:
    """Pairs of texts that are almost alike, those with different labels first.

    Each text's set of word pairs is hashed to a few numbers that agree as often as the sets do
    (Broder 1997, "On the resemblance and containment of documents"); texts that agree in a whole
    band of them are held against each other. Of many that are alike each is paired with the first
    and with the one before it. Of two sentences of tagged words, labels differ where the words are
    the same and the tags are not.

    Args:
        examples: Labelled; those after :data:`MOST_TEXTS` are left out.
    """
    shingles = _Shingles(examples[:MOST_TEXTS])
    signatures = _signatures(shingles)
    found = []
    for first, second in _candidates(signatures):
        if (signatures[first] == signatures[second]).mean() < ALIKE - _LOOSE:
            continue
        alike = _resemblance(shingles[first], shingles[second])
        if alike >= ALIKE:
            differ = _differ(examples[first], examples[second])
            found.append(Pair(first, second, alike, differ))
    return sorted(found, key=lambda p: (not p.differ, -p.alike, p.first, p.second))


class _Shingles:
    """The hashed shingles of each text, made when asked for, so that not all are in memory."""

    def __init__(self, examples: Sequence[Example]) -> None:
        self._examples = examples
        self._ids: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._examples)

    def __getitem__(self, number: int) -> np.ndarray:
        words = _words(self._examples[number])
        ids = np.array([self._ids.setdefault(w, len(self._ids)) for w in words], dtype=np.int64)
        return np.unique(ngram_hashes(ids, max(1, min(WORDS, len(ids)))))


def _words(example: Example) -> list[str]:
    if isinstance(example, TextExample):
        return find_words(example.text[:MOST_CHARACTERS].lower())
    return [token.lower() for token in example.tokens[:MOST_CHARACTERS]]


def _signatures(shingles: _Shingles) -> np.ndarray:
    """The least of each hash function over each text's shingles, ``(N, bands * rows)``.

    A function is ``(a h + b) mod PRIME``; a text without a word has a signature of its own.
    """
    rng = np.random.default_rng(0)
    a, b = rng.integers(1, PRIME, (2, _BANDS * _ROWS))
    signatures = np.empty((len(shingles), _BANDS * _ROWS), dtype=np.int32)
    for number in range(len(shingles)):
        hashes = shingles[number]
        if len(hashes):
            signatures[number] = ((hashes[:, np.newaxis] * a + b) % PRIME).min(axis=0)
        else:
            signatures[number] = -1 - number
    return signatures


def _candidates(signatures: np.ndarray) -> Iterator[tuple[int, int]]:
    """Pairs that agree in a whole band, each once, at most :data:`MOST_PAIRS`."""
    seen: set[tuple[int, int]] = set()
    for band in range(_BANDS):
        rows = signatures[:, band * _ROWS : (band + 1) * _ROWS]
        order = np.lexsort(rows.T)  # stable, so that numbers rise within a group
        same = (rows[order[1:]] == rows[order[:-1]]).all(axis=1)
        first = 0
        for place, (before, number) in enumerate(pairwise(order.tolist())):
            if not same[place]:
                continue
            if not place or not same[place - 1]:  # a group begins
                first = before
            for pair in ((first, number), (before, number)):
                if pair not in seen and len(seen) < MOST_PAIRS:
                    seen.add(pair)
                    yield pair


def _resemblance(one: np.ndarray, other: np.ndarray) -> float:
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / (len(one) + len(other) - both)


def _differ(one: Example, other: Example) -> bool:
    if isinstance(one, TextExample) and isinstance(other, TextExample):
        return set(one.labels) != set(other.labels)
    assert not isinstance(one, TextExample)
    assert not isinstance(other, TextExample)
    return _words(one) == _words(other) and one.tags != other.tags
