"""Sentences' characters to vectors of tokens; :mod:`seqkit.nn.contextual` has the equations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from seqkit.contextual import Written
from seqkit.encoding import Encoded
from seqkit.recipe.sections import Contextual
from seqkit_kernels.character_cells import CharacterCells
from seqkit_kernels.heads import Take

#: Characters that are read at once, whose states are all kept until the tokens' are taken; a longer
#: sentence is read alone.
_AT_ONCE = 1 << 14
_NAME = "embedding.contextual"


class Context:
    """What both models say of each token in its sentence.

    Args:
        take: Gives a weight.
        sizes: The recipe's section.
        kind: The library's number of the recipe's cell.
        eight: Whether the weights of cells have eight bits.
    """

    def __init__(self, take: Take, sizes: Contextual, kind: int, *, eight: bool) -> None:
        names = [f"{_NAME}.models.{direction}" for direction in range(2)]
        shape = sizes.vocab_size, sizes.vector_size
        self._cells = CharacterCells(
            take,
            [f"{name}.encoder.cells.0" for name in names],
            [take(f"{name}.weight", *shape) for name in names],
            sizes.hidden_size,
            kind,
            eight=eight,
        )
        self._projection: tuple[np.ndarray, np.ndarray] | None = None
        if sizes.size:
            weight = take(f"{_NAME}.projection.weight", sizes.size, 2 * sizes.hidden_size)
            self._projection = weight, take(f"{_NAME}.projection.bias", sizes.size)

    def __call__(self, examples: Sequence[Encoded], *, threads: int) -> np.ndarray:
        """The vectors of all tokens ``(tokens, D)``.

        Args:
            examples: With letters.
            threads: How many to compute with at most.
        """
        written = [
            Written(e.letters, e.places)
            for e in examples
            if e.letters is not None and e.places is not None
        ]
        states = np.concatenate([self._read(part, threads) for part in _parts(written)])
        if self._projection is None:
            return states
        weight, bias = self._projection
        return np.asarray(states @ weight.T + bias)

    def _read(self, part: Sequence[Written], threads: int) -> np.ndarray:
        """Both models' states, ``(tokens, 2 H)``."""
        letters = np.concatenate([one.letters for one in part]).astype(np.int32, copy=False)
        lengths = np.array([len(one.letters) for one in part], dtype=np.int64)
        states = self._cells.read(letters, lengths, threads=threads, states=True)
        first = np.cumsum(lengths) - lengths
        places = np.concatenate([one.places + f for one, f in zip(part, first, strict=True)])
        found = [states[places[:, back], back] for back in range(2)]
        return np.concatenate(found, axis=1)


def _parts(written: Sequence[Written]) -> Iterator[list[Written]]:
    """In their order, in parts of :data:`_AT_ONCE` characters or a single sentence."""
    part: list[Written] = []
    letters = 0
    for one in written:
        if part and letters + len(one.letters) > _AT_ONCE:
            yield part
            part, letters = [], 0
        part.append(one)
        letters += len(one.letters)
    if part:
        yield part
