"""Run a network with onnxruntime, without torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from seqkit import registry
from seqkit.bundle.load import Bundle
from seqkit.encoding import Encoded
from seqkit.runtimes.base import Runtime
from seqkit.runtimes.padding import alike, pad, unpad

if TYPE_CHECKING:
    from seqkit.lowering.network import Lowered

#: Arrays ``(B, H)``, those of each layer and direction in the order of the graph's inputs.
State: TypeAlias = tuple[np.ndarray, ...]

#: Parameters of the largest network that is sure to fit a graph, which is 2 GiB at most: it can
#: hold almost twice as many numbers, since one-hot input needs another table.
_MOST_PARAMETERS = 1 << 28
_ERRORS_ALONE = 3  # of onnxruntime's log


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
        # both are heavy, and the list of runtimes asks for the obstacle alone
        import onnxruntime

        from seqkit.lowering.network import lower

        lowered = lowered or lower(bundle)
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
        self._arrays = [
            onnxruntime.OrtValue.ortvalue_from_numpy(a) for a in lowered.arrays.values()
        ]
        settings.add_external_initializers(list(lowered.arrays), self._arrays)
        self._session = onnxruntime.InferenceSession(
            lowered.model.SerializeToString(), settings, providers=["CPUExecutionProvider"]
        )
        self._features, self._characters = lowered.features, lowered.characters
        self._states = lowered.states
        self._hidden_size = lowered.hidden_size

    def logits(self, examples: Sequence[Encoded]) -> list[np.ndarray]:
        """Each example's logits; see :meth:`seqkit.runtimes.base.Runtime.logits`."""
        results = [np.empty(0)] * len(examples)
        for indices in alike(examples):
            chosen = [examples[i] for i in indices]
            padded = pad(chosen)
            feeds = {"ids": padded.ids, "lengths": padded.lengths}
            if self._features:
                assert padded.features is not None
                feeds["features"] = padded.features
            if self._characters:
                assert padded.spelling is not None
                feeds |= padded.spelling._asdict()
            (logits,) = self._run(feeds)
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
        feeds = {
            "ids": np.asarray(ids, dtype=np.int64),
            "lengths": np.asarray(lengths, dtype=np.int64),
            **dict(zip(self._states, state, strict=True)),
        }
        logits, *after = self._run(feeds)
        return logits, tuple(after)

    def select(self, state: State, rows: Sequence[int]) -> State:
        """The states of some sequences of a batch, in the order of ``rows``."""
        return tuple(part[list(rows)] for part in state)

    def join(self, states: Sequence[State]) -> State:
        """The states of several batches as those of one."""
        return tuple(np.concatenate(parts) for parts in zip(*states, strict=True))

    def _run(self, feeds: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        outputs: list[np.ndarray] = self._session.run(None, feeds)
        return outputs
