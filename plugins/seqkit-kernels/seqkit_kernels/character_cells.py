"""A cell in each direction over sequences of characters.

Each character is one of a few thousand, so what it adds to a sum is looked up in a table that is
made when the model is loaded: nothing is multiplied by the characters' vectors any more.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np

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


class CharacterCells:
    """The forward cell and the backward one.

    Args:
        take: Gives a weight.
        names: What the names of each cell's weights begin with.
        vectors: The characters' vectors that each reads, ``(V, E)``.
        hidden_size: ``H`` of both.
        kind: The library's number of the cell.
        eight: Whether the weights have eight bits.
    """

    def __init__(
        self,
        take: Take,
        names: Sequence[str],
        vectors: Sequence[np.ndarray],
        hidden_size: int,
        kind: int,
        *,
        eight: bool,
    ) -> None:
        self._H = hidden_size
        gates = gates_of(kind)
        rows = gates * hidden_size
        self._cells = []
        for name, known in zip(names, vectors, strict=True):
            W_x = take(f"{name}.W_hx", rows, known.shape[1])
            W_h = take(f"{name}.W_hh", rows, hidden_size)
            b_x, b_h = take(f"{name}.b_x", rows), take(f"{name}.b_h", rows)
            cell = pack_cell(kind, W_x[:, :0], W_h, b_x, b_h, eight=eight)
            self._cells.append(cell.from_table(pack_rows(known @ W_x.T + cell.bias, gates)))

    def read(
        self, ids: np.ndarray, lengths: np.ndarray, *, threads: int, states: bool = False
    ) -> np.ndarray:
        """Read sequences.

        Args:
            ids: int32, the characters of one sequence after those of another.
            lengths: int64 ``(B,)``, how many each has.
            threads: How many to compute with at most.
            states: Whether what the cells are in after each character is wanted.

        Returns:
            ``(B, 2, H)``, the last state of each direction; or all, ``(characters, 2, H)``.
        """
        first = np.cumsum(lengths) - lengths
        problems = [cell.problem for cell in self._cells]
        P = problems[0].H  # the library's rows are padded
        pooled = np.zeros((len(lengths), 2, P), np.float32)
        problem = ReadingProblem(
            B=len(lengths),
            threads=threads,
            directions=2,
            pooling=0,
            by_id=True,
            first=address(first),
            lengths=address(lengths),
            ids=address(ids),
            pooled=address(pooled),
            cells=(CellProblem * 2)(*problems),
        )
        found = pooled
        if states:
            found = np.empty((len(ids), 2, P), np.float32)
            problem.y = address(found)
        compiled.load().seqkit_read(ctypes.byref(problem))
        return found[:, :, : self._H]
