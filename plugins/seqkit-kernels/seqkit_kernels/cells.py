"""The compiled cells one by one, for texts that are read in pieces."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import numpy as np

from seqkit.encoding import Encoded
from seqkit.runtimes.chunks import Cells, State
from seqkit_kernels import compiled
from seqkit_kernels.network import Network
from seqkit_kernels.packed import CellProblem, ReadingProblem, address


class CompiledCells(Cells):
    """The layers of a network, in one direction at a time.

    Args:
        network: Whose.
        vectors: What the first layer reads of a piece: ids int32 ``(n,)``, or float32 ``(n, I)``.
    """

    def __init__(self, network: Network, vectors: Callable[[Encoded], np.ndarray]) -> None:
        self._network, self._vectors = network, vectors
        self._library = compiled.load()

    def vectors(self, piece: Encoded) -> np.ndarray:
        """As given."""
        return self._vectors(piece)

    def initial_state(self, cell: int) -> State:  # noqa: ARG002 -- all cells are alike
        """Zeros: h and c with their padding."""
        return (np.zeros((2, self._network.P), np.float32),)

    def run(self, cell: int, x: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """See :meth:`seqkit.runtimes.chunks.Cells.run`."""
        network = self._network
        layer, back = divmod(cell, network.directions)
        packed = network.layers[layer][back]
        if layer:
            x = self._padded(x)
        # the library reads backwards beside reading forwards; alone, the order is turned
        x = np.ascontiguousarray(x[::-1] if back else x)
        ids = x if x.ndim == 1 else np.zeros(0, np.int32)
        before, n = np.ascontiguousarray(state[0]), len(x)
        after, y = np.empty_like(before), np.empty((n, network.P), np.float32)
        first, lengths, pooled = np.array([0]), np.array([n]), np.empty(network.P, np.float32)
        table = network.embedding if packed.problem.I else None
        given = x if x.ndim > 1 else table
        problem = ReadingProblem(
            B=1,
            threads=1,
            directions=1,
            pooling=0,
            by_id=x.ndim == 1,
            first=address(first),
            lengths=address(lengths),
            ids=address(ids),
            x=None if given is None else address(given),
            y=address(y),
            pooled=address(pooled),
            before=address(before),
            after=address(after),
            cells=(CellProblem * 2)(packed.problem),
        )
        self._library.seqkit_read(ctypes.byref(problem))
        y = y[:, : network.H]
        return (y[::-1] if back else y), (after,)

    def _padded(self, x: np.ndarray) -> np.ndarray:
        """What the layer below gives, each direction with its padding."""
        network = self._network
        if network.P == network.H:
            return x
        wide = np.zeros((len(x), network.directions, network.P), np.float32)
        wide[:, :, : network.H] = x.reshape(len(x), network.directions, network.H)
        return wide.reshape(len(x), -1)
