"""Sentences' characters to vectors of tokens; :mod:`seqkit.nn.contextual` has the equations."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence

import numpy as np

from seqkit.contextual import Written
from seqkit.encoding import Encoded
from seqkit.recipe.sections import Contextual
from seqkit_kernels import compiled
from seqkit_kernels.heads import Take
from seqkit_kernels.packed import (
    CellProblem,
    ReadingProblem,
    address,
    gates_of,
    pack_cell,
    pack_rows,
)

#: Characters that are read at once, whose states are all kept until the tokens' are taken; a longer
#: sentence is read alone.
_AT_ONCE = 1 << 14
_NAME = "embedding.contextual"


class Context:
    """What both models say of each token in its sentence.

    What each character adds to the gates is looked up in a table made when the model is loaded.

    Args:
        take: Gives a weight.
        sizes: The recipe's section.
        kind: The library's number of the recipe's cell.
        eight: Whether the weights of cells have eight bits.
    """

    def __init__(self, take: Take, sizes: Contextual, kind: int, *, eight: bool) -> None:
        self._H = sizes.hidden_size
        gates = gates_of(kind)
        rows = gates * self._H
        self._cells = []
        for direction in range(2):
            name = f"{_NAME}.models.{direction}"
            vectors = take(f"{name}.weight", sizes.vocab_size, sizes.vector_size)
            name += ".encoder.cells.0"
            W_x = take(f"{name}.W_hx", rows, sizes.vector_size)
            W_h = take(f"{name}.W_hh", rows, self._H)
            b_x, b_h = take(f"{name}.b_x", rows), take(f"{name}.b_h", rows)
            cell = pack_cell(kind, W_x[:, :0], W_h, b_x, b_h, eight=eight)
            self._cells.append(cell.from_table(pack_rows(vectors @ W_x.T + cell.bias, gates)))
        self._projection: tuple[np.ndarray, np.ndarray] | None = None
        if sizes.size:
            weight = take(f"{_NAME}.projection.weight", sizes.size, 2 * self._H)
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
        first = np.cumsum(lengths) - lengths
        problems = [cell.problem for cell in self._cells]
        P = problems[0].H
        y = np.empty((len(letters), 2, P), np.float32)
        pooled = np.zeros((len(part), 2, P), np.float32)
        problem = ReadingProblem(
            B=len(part),
            threads=threads,
            directions=2,
            pooling=0,
            by_id=True,
            first=address(first),
            lengths=address(lengths),
            ids=address(letters),
            y=address(y),
            pooled=address(pooled),
            cells=(CellProblem * 2)(*problems),
        )
        compiled.load().seqkit_read(ctypes.byref(problem))
        places = np.concatenate([one.places + f for one, f in zip(part, first, strict=True)])
        found = [y[places[:, back], back, : self._H] for back in range(2)]
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
