"""Scores of a language model that learns from the text as it reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from seqkit.decoding.adapting import Adapting
from seqkit.decoding.metrics import bits_per_character, perplexity
from seqkit.encoding import IGNORED, Encoded
from seqkit.errors import UsageError
from seqkit.nn.encoder import EncoderState
from seqkit.nn.network import Network
from seqkit.nn.neural_cache import NeuralCache
from seqkit.training.batching import Batch, evaluation_streams

#: Steps between two steps of gradient descent, about those of Krause et al.
_LEARNT_AT_ONCE = 20
#: Steps that are read at once where nothing is learnt but the cache.
_READ_AT_ONCE = 64
#: Texts read side by side at most with a cache alone, and how much longer than it each is at least.
_SIDE_BY_SIDE, _TIMES_AS_LONG = 8, 8


def score_adapting(
    network: Network, documents: Sequence[Encoded], *, characters: int, adapting: Adapting
) -> dict[str, float]:
    """``loss`` in nats a token, ``perplexity`` and ``bits_per_character``.

    With dynamic evaluation (Krause, Kahembwe, Murray and Renals 2018, "Dynamic evaluation of neural
    sequence models", here by plain gradient descent) the text is one stream, and the network's
    weights are another's afterwards.

    Args:
        network: A generation model in evaluation mode.
        documents: Scored as one text, each ended by the end symbol.
        characters: How many characters they have, each end counted as one.
        adapting: What is learnt.

    Raises:
        UsageError: The rate of dynamic evaluation is so high that the loss is no number.
    """
    reading = _Reading(network, adapting)
    total, count = 0.0, 0
    for batch in _windows(documents, adapting):
        told = reading.read(batch)
        total -= float(told.sum(dtype=torch.float64))
        count += len(told)
    mean = total / max(1, count)
    if not mean < float("inf"):
        raise UsageError(
            f"dynamic evaluation ended in a loss of {mean}",
            why=f"its rate, {adapting.dynamic:g}, is too high for this model",
            fix="Try a tenth of it",
        )
    return {
        "loss": mean,
        "perplexity": perplexity(mean),
        "bits_per_character": bits_per_character(total, characters),
    }


def _windows(documents: Sequence[Encoded], adapting: Adapting) -> Iterator[Batch]:
    if adapting.dynamic:
        return evaluation_streams(documents, window=_LEARNT_AT_ONCE, most=1)
    least = _TIMES_AS_LONG * adapting.cache
    return evaluation_streams(documents, window=_READ_AT_ONCE, least=least, most=_SIDE_BY_SIDE)


class _Reading:
    """Reads window after window."""

    def __init__(self, network: Network, adapting: Adapting) -> None:
        self.network = network
        self.rate = adapting.dynamic
        self.state: EncoderState | None = None
        self.cache: NeuralCache | None = None
        if adapting.cache:
            self.cache = NeuralCache(
                adapting.cache, theta=adapting.cache_theta, share=adapting.cache_lambda
            )
        network.requires_grad_(self.rate > 0)

    def read(self, batch: Batch) -> Tensor:
        """The log-probabilities of a window's real targets, which are learnt from afterwards."""
        network, targets = self.network, batch.targets
        assert targets is not None
        state = self.state or network.initial_state(len(batch.lengths))
        with torch.set_grad_enabled(self.rate > 0):
            embedded = network.embedding(batch.ids)
            outputs, state = network.encoder.run(embedded, batch.lengths, state)
            real = targets != IGNORED
            asked = targets.where(real, 0)
            logits = network.head(outputs, batch.lengths)  # (T, B, V)
            told = logits.log_softmax(dim=-1).gather(-1, asked.unsqueeze(-1)).squeeze(-1)
        self.state = tuple(tuple(s.detach() for s in part) for part in state)
        if self.rate:
            self._learn(-told[real].mean())
        told = told.detach()
        if self.cache is not None:
            told = self.cache.mix(told, outputs.detach(), targets, asked)
        found: Tensor = told[real]
        return found

    def _learn(self, loss: Tensor) -> None:
        parameters = [p for p in self.network.parameters() if p.requires_grad]
        gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                if gradient is not None:
                    parameter.add_(gradient, alpha=-self.rate)
