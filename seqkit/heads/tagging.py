"""Many-to-many, aligned: a logit a tag at every step."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqkit.encoding import IGNORED
from seqkit.heads import TaggingOptions
from seqkit.heads.base import Head
from seqkit.nn.dropout import Dropout


class TaggingHead(Head):
    """A softmax over the tags at each step."""

    def __init__(
        self, input_size: int, output_size: int, options: TaggingOptions, *, directions: int = 1
    ) -> None:
        super().__init__(input_size, output_size, options, directions=directions)
        self.dropout = Dropout(options.dropout, per="sequence")
        self.output = nn.Linear(input_size, output_size)

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Glorot-uniform output weights, zero biases."""
        nn.init.xavier_uniform_(self.output.weight, generator=generator)
        nn.init.zeros_(self.output.bias)

    def forward(self, encoded: Tensor, lengths: Tensor) -> Tensor:
        """``(T, B, D)`` to ``(T, B, L)``."""
        return self.output(self.dropout(encoded))  # type: ignore[no-any-return]

    def loss(self, logits: Tensor, targets: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Cross-entropy summed over the steps that complete a token, and their number."""
        total = F.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum"
        )
        return total, (targets != IGNORED).sum()
