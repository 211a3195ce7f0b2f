"""Heads that each break the contract in one way."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqkit.encoding import IGNORED
from seqkit.heads.classification import ClassificationHead
from seqkit.heads.tagging import TaggingHead


class CountsPadding(TaggingHead):
    """Takes what is ignored for the first label."""

    def loss(self, logits: Tensor, targets: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        targets = targets.masked_fill(targets == IGNORED, 0)
        total = F.cross_entropy(logits.flatten(0, 1), targets.flatten(), reduction="sum")
        return total, torch.tensor(targets.numel()).clamp(max=int(lengths.sum()))


class PoolsPadding(ClassificationHead):
    """Reads the last step of the batch, wherever the text ended."""

    def forward(self, encoded: Tensor, lengths: Tensor) -> Tensor:
        return self.output(encoded[-1])


class NeverLearns(TaggingHead):
    """Gives logits that no step moves far."""

    def forward(self, encoded: Tensor, lengths: Tensor) -> Tensor:
        return 0.1 * torch.tanh(super().forward(encoded, lengths))


class DrawsGlobally(TaggingHead):
    def reset_parameters(self, generator: torch.Generator) -> None:
        torch.manual_seed(generator.initial_seed())
        nn.init.xavier_uniform_(self.output.weight)
        nn.init.zeros_(self.output.bias)


class WrongShape(TaggingHead):
    """Gives the batch before the time."""

    def forward(self, encoded: Tensor, lengths: Tensor) -> Tensor:
        return super().forward(encoded, lengths).transpose(0, 1)


class CountsNothing(TaggingHead):
    def loss(self, logits: Tensor, targets: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        total, count = super().loss(logits, targets, lengths)
        return total, 0 * count


class DeadWeight(TaggingHead):
    """Has a parameter that nothing depends on."""

    def __init__(self, *given, **options) -> None:
        super().__init__(*given, **options)
        self.unused = nn.Parameter(torch.zeros(3))
