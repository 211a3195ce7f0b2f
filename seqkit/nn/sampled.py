"""The loss of a large vocabulary from a few of its tokens."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from seqkit.nn.dropout import Drawing


class SampledSoftmax(Drawing):
    """Cross-entropy whose normaliser is estimated from drawn tokens (Bengio and Senécal 2003).

    Of the sum ``Z`` over all tokens, that of the target is known. The others' is estimated by
    importance sampling: ``k`` tokens are drawn by their frequency ``q``, one draw for the whole
    batch, and each counts ``exp(s) / (k q)``. That is right on average, so that a model learns
    probabilities that sum to one over the whole vocabulary, and prediction needs nothing of this.

    Args:
        samples: ``k``.

    Attributes:
        frequencies: ``q``, ``(V,)``, probabilities that tokens are drawn with.
    """

    def __init__(self, samples: int) -> None:
        super().__init__()
        self.samples = samples
        self.frequencies: Tensor | None = None

    def forward(self, encoded: Tensor, targets: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        """The summed loss in nats.

        Args:
            encoded: ``(N, E)``.
            targets: ``(N,)`` int64.
            weight: ``(V, E)``.
            bias: ``(V,)``.
        """
        assert self.frequencies is not None
        drawn = torch.multinomial(
            self.frequencies, self.samples, replacement=True, generator=self.drawn_from()
        ).to(targets.device)  # (k,)
        known = (encoded * F.embedding(targets, weight)).sum(dim=1) + bias[targets]  # (N,)
        others = F.linear(encoded, F.embedding(drawn, weight), bias[drawn])  # (N, k)
        others = others - (self.samples * self.frequencies[drawn.to(self.frequencies.device)]).log()
        # the target's own share is known already
        others = others.masked_fill(drawn == targets.unsqueeze(1), -torch.inf)
        return (torch.logaddexp(known, others.logsumexp(dim=1)) - known).sum()
