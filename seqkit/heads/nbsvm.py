"""Many-to-one without an encoder: a linear model of the n-grams of a text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from seqkit.encoding import Encoded
from seqkit.heads import NBSVMOptions
from seqkit.heads.base import Head
from seqkit.heads.classification import classification_loss
from seqkit.nn.nbsvm import learn
from seqkit.nn.ngrams import NGrams


class NBSVMHead(Head):
    """The NB-SVM of :mod:`seqkit.nn.nbsvm`, a unit for each label or one for two.

    It reads ids and learns in :meth:`study`; nothing of it is learnt in steps. What it gives are
    margins rather than logarithms of odds: they tell labels apart, and are less sure than they
    might be.
    """

    options: NBSVMOptions

    def __init__(
        self, input_size: int, output_size: int, options: NBSVMOptions, *, directions: int = 1
    ) -> None:
        super().__init__(input_size, output_size, options, directions=directions)
        self.ngrams = NGrams(options.ngrams, options.ngram_buckets, output_size)

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Forget all that was learnt."""
        self.ngrams.reset_parameters()

    def study(self, examples: Sequence[Encoded], generator: torch.Generator) -> None:
        """Learn all that there is to learn."""
        targets = torch.from_numpy(np.stack([e.target for e in examples if e.target is not None]))
        if not self.options.multi_label:
            one = self.output_size == 1
            targets = targets.unsqueeze(1) if one else F.one_hot(targets, self.output_size)
        learn(
            self.ngrams,
            examples,
            targets,
            beta=self.options.beta,
            cost=self.options.cost,
            generator=generator,
        )

    def forward(self, encoded: Tensor, lengths: Tensor) -> Tensor:
        """The ids ``(T, B)`` to ``(B, L)``."""
        return self.ngrams(encoded, lengths)  # type: ignore[no-any-return]

    def credit(self, ids: Tensor) -> Tensor:
        """What each token has brought through the n-grams that it is part of."""
        return self.ngrams.credit(ids)

    def loss(self, logits: Tensor, targets: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Cross-entropy summed over the batch, and the number of texts."""
        count = torch.tensor(len(logits), device=logits.device)
        losses = classification_loss(logits, targets, multi_label=self.options.multi_label)
        return losses.sum(), count
