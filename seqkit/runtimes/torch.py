"""Run a network with torch, numpy in and numpy out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from seqkit.bundle.load import Bundle
from seqkit.bundle.manifest import RECIPE, WEIGHTS, damaged
from seqkit.encoding import Encoded
from seqkit.nn.encoder import EncoderState
from seqkit.nn.kernels import installed
from seqkit.nn.network import Network
from seqkit.training.batching import Batch, collate

#: Tokens in a batch at most, padding included, which bounds the memory that prediction takes.
_BATCH_TOKENS = 16_384


class TorchRuntime:
    """A bundle's network, ready to predict.

    Args:
        bundle: An open bundle.

    Raises:
        BundleError: Its weights are damaged, or do not fit its recipe.
    """

    def __init__(self, bundle: Bundle) -> None:
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

    def logits(self, examples: Sequence[Encoded]) -> list[np.ndarray]:
        """Each example's logits, in the order of the examples.

        Returns:
            ``(L,)`` each for many-to-one; ``(tokens, L)`` for many-to-many.
        """
        results = [np.empty(0)] * len(examples)
        for indices, batch in padded_batches(examples):
            logits = self.network(batch.ids, batch.lengths, batch.features)
            for index, row in zip(
                indices, unpad(logits, [examples[i] for i in indices]), strict=True
            ):
                results[index] = row
        return results

    def initial_state(self, batch_size: int) -> EncoderState:
        """The state before the first token."""
        return self.network.initial_state(batch_size)

    def run(
        self, ids: np.ndarray, lengths: np.ndarray, state: EncoderState
    ) -> tuple[np.ndarray, EncoderState]:
        """Feed tokens to a generation model.

        Args:
            ids: ``(T, B)``.
            lengths: ``(B,)``.
            state: The state before them.

        Returns:
            The logits ``(T, B, V)`` float32 and the state after them.
        """
        logits, state = self.network.run(
            torch.from_numpy(np.asarray(ids, dtype=np.int64)),
            torch.from_numpy(np.asarray(lengths, dtype=np.int64)),
            state,
        )
        return logits.numpy(), state

    def select(self, state: EncoderState, rows: Sequence[int]) -> EncoderState:
        """The states of some sequences of a batch, in the order of ``rows``."""
        index = torch.tensor(list(rows), dtype=torch.int64)
        return tuple(tuple(s.index_select(0, index) for s in part) for part in state)


def padded_batches(
    examples: Sequence[Encoded], *, batch_tokens: int = _BATCH_TOKENS
) -> Iterator[tuple[list[int], Batch]]:
    """Batches of examples of like length, with the examples' indices.

    Args:
        examples: In any order.
        batch_tokens: Tokens in a batch at most, padding included; an example that is longer has a
            batch of its own.
    """
    order = sorted(range(len(examples)), key=lambda i: len(examples[i]))
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and (end - start + 1) * len(examples[order[end]]) <= batch_tokens:
            end += 1
        indices = order[start:end]
        yield indices, collate([examples[i] for i in indices])
        start = end


def unpad(logits: Tensor, examples: Sequence[Encoded]) -> list[np.ndarray]:
    """Each example's own logits, from those of a batch.

    Args:
        logits: ``(B, L)`` or ``(T, B, L)``.
        examples: The batch's, in its order.
    """
    array = logits.detach().float().cpu().numpy()
    if examples and examples[0].steps is None:
        return list(array)
    return [array[e.steps, column] for column, e in enumerate(examples)]
