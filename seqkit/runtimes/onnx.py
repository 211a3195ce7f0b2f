"""Run a network with onnxruntime, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from seqkit import registry
from seqkit.bundle.load import Bundle
from seqkit.bundle.manifest import WEIGHTS
from seqkit.encoding import Encoded
from seqkit.errors import BundleError
from seqkit.lowering.weights import Weights
from seqkit.runtimes import chunks
from seqkit.runtimes.base import Runtime
from seqkit.runtimes.chunks import LongTexts, can_be_read_in_pieces, long_texts
from seqkit.runtimes.onnx_cells import OnnxCells, Session, feeds
from seqkit.runtimes.padding import alike, pad, unpad

if TYPE_CHECKING:
    from seqkit.lowering.network import Lowered

#: Arrays ``(B, H)``, those of each layer and direction in the order of the graph's inputs.
State: TypeAlias = tuple[np.ndarray, ...]

#: Parameters of the largest network that is sure to fit a graph, which is 2 GiB at most: it can
#: hold almost twice as many numbers, since one-hot input needs another table.
_MOST_PARAMETERS = 1 << 28


class OnnxRuntime(Runtime):
    """A bundle's network as an ONNX graph.

    The graph is made anew from the weights each time: nothing in a bundle can go stale, and no
    graph from a stranger is ever run.

    Args:
        bundle: As :class:`seqkit.runtimes.base.Runtime` has it.
        threads: Likewise.
        lowered: The bundle's network in ONNX where there is one already.
    """

    @classmethod
    def obstacle(cls, bundle: Bundle) -> str:
        """Why it can't run a bundle: a plugin's part that has no ONNX, or too many parameters."""
        parts = {"cell": bundle.recipe.cell.name, "head": bundle.recipe.head.name}
        if bundle.recipe.head_spec.reads == "ids":
            del parts["cell"]
        for kind, name in parts.items():
            if not registry.find(kind, name).spec.lowering:
                return f"the {kind} '{name}' does not say how it is written in ONNX"
        if bundle.manifest.parameters > _MOST_PARAMETERS:
            return f"its {bundle.manifest.parameters:,} parameters are too many for an ONNX graph"
        return ""

    def __init__(self, bundle: Bundle, *, threads: int = 0, lowered: Lowered | None = None) -> None:
        # heavy, and the list of runtimes asks for the obstacle alone
        from seqkit.lowering.network import lower

        self._bundle, self._threads = bundle, threads
        self._read_from = _file(bundle)
        # what is given may differ from the bundle, as one with weights of eight bits does
        self._in_pieces = lowered is None and can_be_read_in_pieces(bundle.recipe)
        lowered = lowered or lower(bundle)
        self._session = Session(lowered.model, lowered.arrays, threads=threads)
        self._features, self._characters = lowered.features, lowered.characters
        self._context, self._states = lowered.context, lowered.states
        self._hidden_size = lowered.hidden_size

    def logits(self, examples: Sequence[Encoded]) -> list[np.ndarray]:
        """Each example's logits; see :meth:`seqkit.runtimes.base.Runtime.logits`."""
        results = [np.empty(0)] * len(examples)
        for indices in alike(examples, batch_tokens=chunks.LONG):
            chosen = [examples[i] for i in indices]
            if len(chosen[0]) > chunks.LONG and self._in_pieces:
                results[indices[0]] = self._long.logits(chosen[0])
                continue
            padded = pad(chosen)
            given = feeds(
                padded,
                features=self._features,
                characters=self._characters,
                context=self._context,
            )
            (logits,) = self._session.run(given | {"lengths": padded.lengths})
            for index, row in zip(indices, unpad(logits, chosen), strict=True):
                results[index] = row
        return results

    def initial_state(self, batch_size: int) -> State:
        """The state before the first token."""
        return tuple(
            np.zeros((batch_size, self._hidden_size), dtype=np.float32) for _ in self._states
        )

    def advance(
        self, ids: np.ndarray, lengths: np.ndarray, state: State
    ) -> tuple[np.ndarray, State]:
        """Feed tokens; see :meth:`seqkit.runtimes.base.Runtime.advance`."""
        given = {
            "ids": np.asarray(ids, dtype=np.int64),
            "lengths": np.asarray(lengths, dtype=np.int64),
            **dict(zip(self._states, state, strict=True)),
        }
        logits, *after = self._session.run(given)
        return logits, tuple(after)

    def select(self, state: State, rows: Sequence[int]) -> State:
        """The states of some sequences of a batch, in the order of ``rows``."""
        return tuple(part[list(rows)] for part in state)

    def join(self, states: Sequence[State]) -> State:
        """The states of several batches as those of one."""
        return tuple(np.concatenate(parts) for parts in zip(*states, strict=True))

    @cached_property
    def _long(self) -> LongTexts:
        """Made with the first long text: nearly all are short, and it takes more memory."""
        bundle = self._bundle
        if _file(bundle) != self._read_from:
            raise BundleError(
                f"{bundle.path} has changed",
                why="its weights are read once more for a text that is read in pieces",
                fix="Load the model again",
            )
        weights = Weights(bundle.weights(), bundle.path / WEIGHTS)
        cells = OnnxCells(bundle, weights, threads=self._threads)
        return long_texts(bundle.recipe, cells, weights, bundle.decoder.output_size)


def _file(bundle: Bundle) -> tuple[int, ...]:
    """What tells a bundle's file of weights from another in its place; empty for none."""
    try:
        status = (bundle.path / WEIGHTS).stat()
    except OSError:  # which reading it will tell
        return ()
    return status.st_ino, status.st_size, status.st_mtime_ns
