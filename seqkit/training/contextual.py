"""What frozen models of characters say of a corpus, computed once rather than in each epoch."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch

from seqkit.nn.contextual import ContextReader
from seqkit.nn.network import Network
from seqkit.runtimes.padding import alike
from seqkit.training.batching import collate
from seqkit.training.spool import Spool
from seqkit.training.store import Corpus, EncodedExamples

#: Bytes of states of one split that are kept, in memory or in a temporary file; of more they are
#: computed anew for each batch.
MOST_KEPT = 4 << 30
#: Sentences whose states are computed together, those of like length side by side.
_BLOCK = 1024
_HALF = np.dtype(np.float16)
#: What the states stand in for.
_REPLACED = ("letters", "letter_starts", "places")


def read_once(corpus: Corpus, network: Network, device: torch.device) -> Corpus:
    """A corpus with the states of its sentences in the place of their characters.

    They are kept in half precision: each lies between -1 and 1 for the built-in cells, and is then
    right to a two-thousandth of itself. The corpus is left as it is where nothing reads sentences,
    where what does is trained too, or where the states would be too large.

    Args:
        corpus: Encoded.
        network: Holds the weights of what reads.
        device: The network's.
    """
    reader = None if network.reads_ids else network.embedding.contextual
    if reader is None or any(p.requires_grad for p in reader.models.parameters()):
        return corpus
    return replace(
        corpus,
        train=_read(corpus.train, reader, device),
        dev=_read(corpus.dev, reader, device),
    )


@torch.no_grad()
def _read(
    examples: EncodedExamples, reader: ContextReader, device: torch.device
) -> EncodedExamples:
    width = reader.states_size
    if not len(examples) or examples.tokens * width * _HALF.itemsize > MOST_KEPT:
        return examples
    spool = Spool()
    for start in range(0, len(examples), _BLOCK):
        block = examples[start : start + _BLOCK]
        found = [np.empty(0, _HALF)] * len(block)
        for indices in alike(block):
            chosen = [block[i] for i in indices]
            context = collate(chosen).to(device).context
            assert context is not None
            assert not isinstance(context, torch.Tensor)
            states = reader.read(context).to("cpu", torch.float16).numpy()  # (T, B, 2 H)
            for column, index in enumerate(indices):
                found[index] = states[: len(block[index]), column]
        for states in found:
            spool.write(np.ascontiguousarray(states).data.cast("B"))
    kept = {name: a for name, a in examples.arrays.items() if name not in _REPLACED}
    kept["states"] = spool.array(_HALF).reshape(-1, width)
    return EncodedExamples(kept)
