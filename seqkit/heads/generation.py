"""One-to-many: a logit for every token of the vocabulary at every step."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqkit.encoding import IGNORED
from seqkit.errors import RecipeError
from seqkit.heads import GenerationOptions
from seqkit.heads.base import Head
from seqkit.nn.dropout import Dropout
from seqkit.nn.embedding import Embedding


class GenerationHead(Head):
    """A softmax over the vocabulary for the token that comes next.

    With tied weights the output weights are the embedding itself (Press and Wolf 2017); where its
    size is not the encoder's, a linear layer without bias comes between.
    """

    options: GenerationOptions

    def __init__(
        self, input_size: int, output_size: int, options: GenerationOptions, *, directions: int = 1
    ) -> None:
        super().__init__(input_size, output_size, options, directions=directions)
        self.dropout = Dropout(options.dropout, per="sequence")
        self.bias = nn.Parameter(torch.zeros(output_size))
        self.weight: nn.Parameter | None = None
        if not options.tie_weights:
            self.weight = nn.Parameter(torch.zeros(output_size, input_size))
        self.projection: nn.Linear | None = None
        # in a tuple, so that the embedding is not counted and saved as a part of the head too
        self._embedding: tuple[Embedding, ...] = ()

    def tie(self, embedding: Embedding) -> None:
        """Use the embedding's weights ``(V, E)``, where the options ask for it.

        Raises:
            RecipeError: The input is one-hot, so that there is no embedding.
        """
        if not self.options.tie_weights:
            return
        if embedding.weight is None:
            raise RecipeError(
                "head.tie_weights needs an embedding",
                why="embedding.size is 0",
                fix="Set embedding.size, or head.tie_weights=false",
            )
        self._embedding = (embedding,)
        if embedding.weight.shape[1] != self.input_size:
            self.projection = nn.Linear(self.input_size, embedding.weight.shape[1], bias=False)

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Glorot-uniform weights where they are the head's own, zero biases."""
        if self.weight is not None:
            nn.init.xavier_uniform_(self.weight, generator=generator)
        if self.projection is not None:
            nn.init.xavier_uniform_(self.projection.weight, generator=generator)
        nn.init.zeros_(self.bias)

    def forward(self, encoded: Tensor, lengths: Tensor) -> Tensor:
        """``(T, B, D)`` to ``(T, B, V)``."""
        encoded = self.dropout(encoded)
        if self.projection is not None:
            encoded = self.projection(encoded)
        weight = self._embedding[0].weight if self._embedding else self.weight
        assert weight is not None
        return F.linear(encoded, weight, self.bias)

    def loss(self, logits: Tensor, targets: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Cross-entropy summed over all real steps, and their number."""
        total = F.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum"
        )
        return total, (targets != IGNORED).sum()
