"""The characters of words to vectors; :mod:`seqkit.nn.characters` has the equations.

As in :mod:`seqkit_kernels.character_cells`, what a character adds to a sum is looked up.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from seqkit.recipe.sections import Embedding
from seqkit.spelling import CHARACTER_SIZE, PADDING, ROWS, distinct
from seqkit_kernels.character_cells import CharacterCells
from seqkit_kernels.heads import Take

#: Words that filters read at once, so that what they found stays in a core's cache.
_AT_ONCE = 512
_NAME = "embedding.characters"


class Characters(ABC):
    """Reads each distinct word of some texts once."""

    def __call__(self, rows: np.ndarray, *, threads: int) -> np.ndarray:
        """The vectors of words.

        Args:
            rows: ``(n, WIDTH)`` of :class:`seqkit.spelling.Speller`.
            threads: How many to compute with at most.

        Returns:
            ``(n, S)`` float32.
        """
        characters, places = distinct(rows)
        found: np.ndarray = self.read(characters[1:], threads=threads)[places - 1]
        return found

    @abstractmethod
    def read(self, words: np.ndarray, *, threads: int) -> np.ndarray:
        """Distinct words ``(W, C)``, none of padding alone, to ``(W, S)`` float32."""


class Filters(Characters):
    """The greatest that each filter finds: a sum of as many rows of tables as it is wide."""

    def __init__(self, take: Take, sizes: Embedding) -> None:
        size, self._width = sizes.character_size, sizes.character_width
        vectors = take(f"{_NAME}.weight", ROWS, CHARACTER_SIZE)
        filters = take(f"{_NAME}.filters", size, self._width * CHARACTER_SIZE)
        self._bias = take(f"{_NAME}.bias", size)
        self._tables = [vectors @ part.T for part in np.split(filters, self._width, axis=1)]

    def read(self, words: np.ndarray, *, threads: int) -> np.ndarray:  # noqa: ARG002 - by one
        """See :meth:`Characters.read`."""
        parts = [self._read(words[i : i + _AT_ONCE]) for i in range(0, len(words), _AT_ONCE)]
        return np.concatenate(parts)

    def _read(self, words: np.ndarray) -> np.ndarray:
        real = words != PADDING
        half, columns = self._width // 2, words.shape[1]
        wide = np.pad(words, ((0, 0), (half, half)), constant_values=PADDING)
        found = self._tables[0][wide[:, :columns][real]]  # (characters, S)
        for offset, table in enumerate(self._tables[1:], start=1):
            found += table[wide[:, offset : offset + columns][real]]
        lengths = real.sum(axis=1)
        greatest = np.maximum.reduceat(found, np.cumsum(lengths) - lengths, axis=0)
        positive: np.ndarray = np.maximum(greatest + self._bias, 0)
        return positive


class Cells(Characters):
    """What the recipe's cell gives at the ends of a word, read forwards and backwards."""

    def __init__(self, take: Take, sizes: Embedding, kind: int, *, eight: bool) -> None:
        vectors = take(f"{_NAME}.weight", ROWS, CHARACTER_SIZE)
        names = [f"{_NAME}.encoder.cells.{direction}" for direction in range(2)]
        H = sizes.character_size // 2
        self._cells = CharacterCells(take, names, [vectors] * 2, H, kind, eight=eight)

    def read(self, words: np.ndarray, *, threads: int) -> np.ndarray:
        """See :meth:`Characters.read`."""
        real = words != PADDING
        ids = words[real].astype(np.int32)
        lengths = real.sum(axis=1, dtype=np.int64)
        return self._cells.read(ids, lengths, threads=threads).reshape(len(words), -1)


def characters(take: Take, sizes: Embedding, kind: int, *, eight: bool) -> Characters | None:
    """What a recipe's embedding reads characters with; none where it does not.

    Args:
        take: Gives a weight.
        sizes: The recipe's section.
        kind: The library's number of the recipe's cell.
        eight: Whether the weights of cells have eight bits.
    """
    if sizes.characters == "none":
        return None
    if sizes.characters == "cnn":
        return Filters(take, sizes)
    return Cells(take, sizes, kind, eight=eight)
