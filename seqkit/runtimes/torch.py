"""Run a network with torch, numpy in and numpy out."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from seqkit.bundle.load import Bundle
from seqkit.bundle.manifest import RECIPE, WEIGHTS, damaged
from seqkit.contextual import Context
from seqkit.encoding import Encoded
from seqkit.lowering.weights import Weights
from seqkit.nn.encoder import EncoderState
from seqkit.nn.kernels import installed
from seqkit.nn.network import Network
from seqkit.runtimes import chunks
from seqkit.runtimes.base import Runtime
from seqkit.runtimes.chunks import Cells, LongTexts, State, can_be_read_in_pieces, long_texts
from seqkit.runtimes.padding import Padded, alike, pad, unpad
from seqkit.spelling import Spelling


def answers(network: Network, output: Tensor, examples: Sequence[Encoded]) -> list[np.ndarray]:
    """What the decoder reads of each example, of what a network made of a batch of them.

    Args:
        network: In evaluation mode.
        output: What it gave for the batch.
        examples: The batch's, in its order.
    """
    if not network.head.searches:
        return unpad(output.float().cpu().numpy(), examples)
    lengths = torch.tensor([len(e) for e in examples], device=output.device)
    return network.head.answers(output, lengths)


def tensors(
    padded: Padded,
) -> tuple[Tensor, Tensor | None, Spelling[Tensor] | None, Context[Tensor] | Tensor | None]:
    """What an embedding reads of a batch."""
    features, spelling = padded.features, padded.spelling
    context: Context[Tensor] | Tensor | None = None
    if isinstance(padded.context, np.ndarray):
        context = torch.from_numpy(padded.context)
    elif padded.context is not None:
        context = padded.context.map(torch.from_numpy)
    return (
        torch.from_numpy(padded.ids),
        None if features is None else torch.from_numpy(features),
        None if spelling is None else spelling.map(torch.from_numpy),
        context,
    )


class TorchCells(Cells):
    """The cells of a network in evaluation mode."""

    def __init__(self, network: Network) -> None:
        self._network = network

    def vectors(self, piece: Encoded) -> np.ndarray:
        """The embedding's, ``(n, I)``, or ids ``(n,)``."""
        padded = pad([piece])
        x: Tensor = self._network.embedding(*tensors(padded))
        return x[:, 0].numpy()

    def initial_state(self, cell: int) -> State:
        """That of the cell."""
        return tuple(s.numpy() for s in self._network.encoder.cells[cell].initial_state(1))

    def run(self, cell: int, x: np.ndarray, state: State) -> tuple[np.ndarray, State]:
        """See :meth:`seqkit.runtimes.chunks.Cells.run`."""
        before = tuple(torch.from_numpy(part) for part in state)
        piece = torch.from_numpy(x).unsqueeze(1)  # (T, 1, I) or (T, 1)
        y, after = self._network.encoder.run_cell(cell, piece, before)
        return y[:, 0].numpy(), tuple(part.numpy() for part in after)


class TorchRuntime(Runtime):
    """A bundle's network as it was trained: the runtime that knows every cell and head.

    Attributes:
        network: The network, which does not train any more.
    """

    @classmethod
    def obstacle(cls, bundle: Bundle) -> str:  # noqa: ARG003 -- none has one
        """Nothing: what was trained can be run."""
        return ""

    def __init__(self, bundle: Bundle, *, threads: int = 0) -> None:
        if threads:
            torch.set_num_threads(threads)
        weights = {name: torch.from_numpy(w) for name, w in bundle.weights().items()}
        tokenizer, arity = bundle.tokenizer, bundle.recipe.head_spec.arity
        streams = arity == "one-to-many"
        network = Network(
            bundle.recipe,
            vocab_size=tokenizer.vocab_size,
            output_size=tokenizer.vocab_size if streams else bundle.decoder.output_size,
            feature_buckets=tokenizer.feature_buckets,
            kernels=installed(bundle.recipe.cell.name),
        )
        try:
            network.load_state_dict(weights, assign=True)
        except RuntimeError as error:
            why = f"it does not fit {RECIPE}: {' '.join(str(error).split())}"
            raise damaged(bundle.path / WEIGHTS, why) from error
        self.network = network.eval().requires_grad_(False)
        self._bundle = bundle

    @cached_property
    def _long(self) -> LongTexts | None:
        bundle = self._bundle
        if not can_be_read_in_pieces(bundle.recipe):
            return None
        arrays = {name: w.numpy() for name, w in self.network.state_dict().items()}
        weights = Weights(arrays, bundle.path / WEIGHTS)
        cells = TorchCells(self.network)
        return long_texts(bundle.recipe, cells, weights, bundle.decoder.output_size)

    def logits(self, examples: Sequence[Encoded]) -> list[np.ndarray]:
        """Each example's logits; see :meth:`seqkit.runtimes.base.Runtime.logits`."""
        results = [np.empty(0)] * len(examples)
        for indices in alike(examples, batch_tokens=chunks.LONG):
            chosen = [examples[i] for i in indices]
            if len(chosen[0]) > chunks.LONG and self._long:
                results[indices[0]] = self._long.logits(chosen[0])
                continue
            padded = pad(chosen)
            ids, *beside = tensors(padded)
            output = self.network(ids, torch.from_numpy(padded.lengths), *beside)
            for index, row in zip(indices, answers(self.network, output, chosen), strict=True):
                results[index] = row
        return results

    def initial_state(self, batch_size: int) -> EncoderState:
        """The state before the first token."""
        return self.network.initial_state(batch_size)

    def advance(
        self, ids: np.ndarray, lengths: np.ndarray, state: EncoderState
    ) -> tuple[np.ndarray, EncoderState]:
        """Feed tokens; see :meth:`seqkit.runtimes.base.Runtime.advance`."""
        network, ends = self.network, torch.from_numpy(np.asarray(lengths, dtype=np.int64))
        x = network.embedding(torch.from_numpy(np.asarray(ids, dtype=np.int64)))
        encoded, state = network.encoder.run(x, ends, state)  # (T, B, D)
        last = encoded[ends - 1, torch.arange(len(ends))].unsqueeze(0)
        logits = network.head(last, torch.ones_like(ends))  # (1, B, V)
        return logits[0].numpy(), state

    def select(self, state: EncoderState, rows: Sequence[int]) -> EncoderState:
        """The states of some sequences of a batch, in the order of ``rows``."""
        index = torch.tensor(list(rows), dtype=torch.int64)
        return tuple(tuple(s.index_select(0, index) for s in part) for part in state)

    def join(self, states: Sequence[EncoderState]) -> EncoderState:
        """The states of several batches as those of one."""
        return tuple(
            tuple(torch.cat(tensors) for tensors in zip(*parts, strict=True))
            for parts in zip(*states, strict=True)
        )
