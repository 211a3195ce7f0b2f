"""The embedding and the cells of a network as graphs of their own, for texts read in pieces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from seqkit.bundle.load import Bundle
from seqkit.contextual import Context
from seqkit.encoding import Encoded
from seqkit.lowering.weights import Weights
from seqkit.runtimes.chunks import Cells, State
from seqkit.runtimes.padding import Padded, pad

if TYPE_CHECKING:
    import onnx

_ERRORS_ALONE = 3  # of onnxruntime's log


class Session:
    """A graph that is ready to be run.

    Args:
        model: The graph.
        arrays: Its large constants by name, which stand beside it.
        threads: Processor threads to compute with at most; 0 for as many as there are cores.
    """

    def __init__(
        self, model: onnx.ModelProto, arrays: Mapping[str, np.ndarray], *, threads: int
    ) -> None:
        import onnxruntime  # heavy, and the list of runtimes asks for the obstacle alone

        settings = onnxruntime.SessionOptions()
        settings.log_severity_level = _ERRORS_ALONE
        settings.intra_op_num_threads = threads
        settings.inter_op_num_threads = 1
        # a thread that spins while it waits takes a core from whoever has work for it: on two busy
        # cores a batch took one and a half times as long
        settings.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # memory that a long text took would be kept for ever
        settings.enable_mem_pattern = False
        settings.enable_cpu_mem_arena = False
        # the arrays are not copied, and must therefore be kept
        self._arrays = [onnxruntime.OrtValue.ortvalue_from_numpy(a) for a in arrays.values()]
        settings.add_external_initializers(list(arrays), self._arrays)
        self._session = onnxruntime.InferenceSession(
            model.SerializeToString(), settings, providers=["CPUExecutionProvider"]
        )

    def run(self, feeds: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        """All outputs in their order."""
        outputs: list[np.ndarray] = self._session.run(None, feeds)
        return outputs


def feeds(
    padded: Padded, *, features: bool, characters: bool, context: bool = False
) -> dict[str, np.ndarray]:
    """What a graph that begins with the embedding reads of a batch, without the lengths.

    Args:
        padded: The batch.
        features: Whether it reads hashed features.
        characters: Whether it reads the characters of words.
        context: Whether it reads those of sentences.
    """
    given = {"ids": padded.ids}
    if features:
        assert padded.features is not None
        given["features"] = padded.features
    if characters:
        assert padded.spelling is not None
        given |= padded.spelling._asdict()
    if context:
        assert isinstance(padded.context, Context)
        given |= padded.context._asdict()
    return given


class OnnxCells(Cells):
    """A bundle's embedding and cells, each a graph.

    Args:
        bundle: An open one whose cell has a lowering.
        weights: All of its own.
        threads: As :class:`Session` has it.
    """

    def __init__(self, bundle: Bundle, weights: Weights, *, threads: int) -> None:
        from seqkit.lowering.pieces import lower_cell, lower_embedding  # as heavy

        encoder = bundle.recipe.encoder
        directions = 2 if encoder.bidirectional else 1
        self._hidden_size = encoder.hidden_size
        self._embedding: Session | None = None
        part = lower_embedding(bundle, weights)
        if bundle.recipe.embedding.size:
            self._embedding = Session(part.model, part.arrays, threads=threads)
        self._features, self._characters = part.features, part.characters
        self._cells: list[Session] = []
        for index in range(encoder.layers * directions):
            above = directions * encoder.hidden_size
            size = part.size if index < directions else above
            cell = lower_cell(bundle, weights, index, input_size=size)
            self._states = cell.states
            self._cells.append(Session(cell.model, cell.arrays, threads=threads))

    def vectors(self, piece: Encoded) -> np.ndarray:
        """The embedding's, ``(n, I)``, or ids ``(n,)``."""
        padded = pad([piece])
        if self._embedding is None:
            return padded.ids[:, 0]
        given = feeds(padded, features=self._features, characters=self._characters)
        return self._embedding.run(given)[0][:, 0]

    def initial_state(self, cell: int) -> State:  # noqa: ARG002 -- all cells are alike
        """Zeros."""
        return tuple(np.zeros((1, self._hidden_size), np.float32) for _ in self._states)

    def run(self, cell: int, x: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """See :meth:`seqkit.runtimes.chunks.Cells.run`."""
        given = {
            "x": x[:, np.newaxis],
            "lengths": np.array([len(x)], dtype=np.int32),
            **dict(zip(self._states, state, strict=True)),
        }
        steps, *after = self._cells[cell].run(given)
        return steps[:, 0], tuple(after)
