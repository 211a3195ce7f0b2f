"""Sentences as the characters that they are written with, for models that read the whole of them.

Tokens are joined by a space, and the end symbol, after which a language model's texts begin, stands
on either side: one model reads from the first to the last, the other from the last to the first.
Whole numbers alone, for every runtime.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, NamedTuple, TypeVar

import numpy as np

from seqkit.recipe.sections import Contextual
from seqkit.tokenizers.base import EOS, PAD, Tokenizer

A = TypeVar("A")
B = TypeVar("B")


class Context(NamedTuple, Generic[A]):
    """The characters of the sentences of a batch.

    Attributes:
        letters: int64 ``(M, B)``, ids of characters, padding after each sentence's last.
        counts: int64 ``(B,)``, how many they are.
        places: int64 ``(T, B, 2)``, where among them the token at each step ends, and where it
            begins; 0 for padding.
    """

    letters: A
    counts: A
    places: A

    def map(self, change: Callable[[A], B]) -> Context[B]:
        """The same with each array made into something else."""
        return Context(change(self.letters), change(self.counts), change(self.places))


class Written(NamedTuple):
    """One sentence as :class:`Context` has several.

    Attributes:
        letters: int32 ``(m,)``.
        places: int32 ``(tokens, 2)``.
    """

    letters: np.ndarray
    places: np.ndarray


class Writer:
    """Writes sentences in a vocabulary of characters.

    Args:
        tokenizer: Gives the ids of a string's characters, each by itself.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._ids = tokenizer.encode_ids
        self._space = tokenizer.encode_ids(" ")

    def __call__(self, tokens: Sequence[str]) -> Written:
        """Write a sentence.

        Args:
            tokens: As they stand in the text; one that is empty ends before it begins.
        """
        letters, places = [EOS], []
        for index, token in enumerate(tokens):
            if index:
                letters += self._space
            first = len(letters)
            letters += self._ids(token)
            places.append((len(letters) - 1, first))
        letters.append(EOS)
        return Written(
            np.array(letters, dtype=np.int32), np.array(places, dtype=np.int32).reshape(-1, 2)
        )


def side_by_side(written: Sequence[Written], steps: int) -> Context[np.ndarray]:
    """Sentences padded to the longest of them.

    Args:
        written: At least one, with a place for each of its steps.
        steps: ``T``.
    """
    counts = np.array([len(one.letters) for one in written], dtype=np.int64)
    letters = np.full((int(counts.max()), len(written)), PAD, dtype=np.int64)
    places = np.zeros((steps, len(written), 2), dtype=np.int64)
    for column, one in enumerate(written):
        letters[: len(one.letters), column] = one.letters
        places[: len(one.places), column] = one.places
    return Context(letters, counts, places)


def sentence(rng: np.random.Generator, n: int, sizes: Contextual) -> dict[str, np.ndarray]:
    """A sentence of ``n`` tokens of random characters, as :class:`Writer` gives it; for checks.

    Args:
        rng: Draws them.
        n: How many tokens.
        sizes: The recipe's section.

    Returns:
        Its parts by their names; nothing where no sentence is read.
    """
    if not sizes.on:
        return {}
    widths = rng.integers(1, 9, n)
    ends = np.cumsum(widths + 1) - 1
    letters = rng.integers(EOS, sizes.vocab_size, int(widths.sum()) + n + 1, dtype=np.int32)
    places = np.stack([ends, ends - widths + 1], axis=1).astype(np.int32)
    return Written(letters, places)._asdict()
