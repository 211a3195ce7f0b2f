"""A language model's loss beside the task's: each direction also foretells its next token."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqkit.encoding import Encoded
from seqkit.nn.network import Network
from seqkit.nn.sampled import SampledSoftmax
from seqkit.recipe.training import Training
from seqkit.training.batching import Batch

#: Tokens drawn for each step, and the vocabulary up to which all are taken instead.
SAMPLES, MOST_TOKENS = 1000, 4000
#: Texts whose tokens are counted at once.
_AT_ONCE = 256


class LanguageLoss(nn.Module):
    """Rei 2017, "Semi-supervised multitask learning for sequence labeling".

    What the forward direction gives at a step foretells the token at the next one, and what the
    backward direction gives the one before, so that the layers also learn from the texts
    themselves, whatever their labels say. A token's score is its vector in the embedding (Press
    and Wolf 2017), times a projection of the layer's output, plus a bias:

    ::

        s_v = x_v . (W h + b) + c_v

    The loss is the mean cross-entropy of all tokens that are foretold; of a large vocabulary it is
    estimated by :class:`seqkit.nn.sampled.SampledSoftmax`. ``W``, ``b`` and ``c`` are of use in
    training alone, so they are in its checkpoints and not in the bundle.

    Args:
        network: Whose layers learn; one layer, where it reads both ways.
        counts: How often each token occurs, ``(V,)``.
        weight: What the loss is multiplied with.
    """

    def __init__(self, network: Network, counts: np.ndarray, *, weight: float) -> None:
        super().__init__()
        self.weight = weight
        embedding = network.embedding
        assert embedding.weight is not None
        self._embedding = (embedding,)  # in a tuple it is no module of this one
        directions = network.encoder.directions
        hidden = network.encoder.output_size // directions
        V, E = embedding.weight.shape
        with torch.random.fork_rng(devices=()):  # what is drawn here is drawn anew
            projections = [nn.Linear(hidden, E) for _ in range(directions)]
        self.projections = nn.ModuleList(projections).to(embedding.weight)
        frequencies = (counts + 1) / (counts + 1).sum()
        known = torch.from_numpy(frequencies).to(embedding.weight)
        self.bias = nn.Parameter(known.log())
        self.sampled: SampledSoftmax | None = None
        if V > MOST_TOKENS:
            self.sampled = SampledSoftmax(SAMPLES)
            self.sampled.frequencies = known
        self._given: Tensor | None = None
        network.head.register_forward_pre_hook(self._keep)

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Glorot-uniform projections; drawn tokens come from the same generator from then on."""
        for projection in self.projections:
            assert isinstance(projection, nn.Linear)
            nn.init.xavier_uniform_(projection.weight, generator=generator)
            nn.init.zeros_(projection.bias)
        if self.sampled is not None:
            self.sampled.generator = generator

    def _keep(self, head: nn.Module, given: tuple[Any, ...]) -> None:
        if head.training:
            self._given = given[0]

    def take(self, batch: Batch) -> Tensor:
        """The weighted loss, a scalar in nats, of the batch that the head was given last."""
        assert self._given is not None
        h, self._given = self._given, None  # (T, B, D)
        total, count = h.new_zeros(()), 0
        for encoded, targets in self._foretold(h, batch):
            total = total + self._loss(encoded, targets)
            count += len(targets)
        return self.weight * total / max(1, count)

    def _foretold(self, h: Tensor, batch: Batch) -> Iterator[tuple[Tensor, Tensor]]:
        """Projected outputs ``(N, E)`` of each direction, and the tokens ``(N,)`` they foretell."""
        steps = torch.arange(1, len(h), device=h.device).unsqueeze(1)  # (T - 1, 1)
        pairs = steps < batch.lengths.to(h.device)  # (T - 1, B), whether a step and the one before
        parts = h.chunk(len(self.projections), dim=-1)
        sides = (parts[0][:-1], batch.ids[1:]), (parts[-1][1:], batch.ids[:-1])
        for projection, (encoded, ids) in zip(self.projections, sides, strict=False):
            yield projection(encoded[pairs]), ids[pairs]

    def _loss(self, encoded: Tensor, targets: Tensor) -> Tensor:
        weight = self._embedding[0].weight
        assert weight is not None
        if self.sampled is not None:
            estimated: Tensor = self.sampled(encoded, targets, weight, self.bias)
            return estimated
        return F.cross_entropy(F.linear(encoded, weight, self.bias), targets, reduction="sum")


def make_language_loss(
    network: Network, examples: Sequence[Encoded], options: Training, generator: torch.Generator
) -> LanguageLoss:
    """The loss that a recipe's ``training.language_loss`` asks for.

    Args:
        network: What is trained.
        examples: Whose tokens are counted.
        options: The recipe's training section.
        generator: Draws its parameters.
    """
    assert network.embedding.weight is not None
    V = len(network.embedding.weight)
    counts = np.zeros(V, np.int64)
    for start in range(0, len(examples), _AT_ONCE):
        ids = np.concatenate([e.ids for e in examples[start : start + _AT_ONCE]])
        counts += np.bincount(ids, minlength=V)
    made = LanguageLoss(network, counts, weight=options.language_loss)
    made.reset_parameters(generator)
    return made
