"""One-to-many: a logit for every token of the vocabulary at every step."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqkit.decoding.base import Decoder
from seqkit.encoding import IGNORED
from seqkit.errors import RecipeError
from seqkit.heads import GenerationOptions
from seqkit.heads.base import Head
from seqkit.nn.adaptive_softmax import AdaptiveSoftmax
from seqkit.nn.dropout import Dropout
from seqkit.nn.embedding import Embedding
from seqkit.nn.sampled import SampledSoftmax

#: How many ids are counted at a time.
_CHUNK = 1 << 20


class GenerationHead(Head):
    """A softmax over the vocabulary for the token that comes next.

    With tied weights the output weights are the embedding itself (Press and Wolf 2017); where its
    size is not the encoder's, a linear layer without bias comes between.

    With a unigram prior the first prediction is how often each token occurs (Karpathy 2019, "A
    recipe for training neural networks"), and training makes logits only for tokens that do occur
    and one for all others together. The weights of those others stay zero, so that this is the
    same loss: a tokenizer that can spell anything in bytes has 256 that most texts never need.

    With samples, training estimates the loss from some tokens of the vocabulary
    (:class:`seqkit.nn.sampled.SampledSoftmax`). With those, and with an adaptive softmax,
    :meth:`forward` gives the features themselves in training, since the loss needs few of the
    logits; an adaptive softmax otherwise gives all log-probabilities.
    """

    options: GenerationOptions

    def __init__(
        self, input_size: int, output_size: int, options: GenerationOptions, *, directions: int = 1
    ) -> None:
        super().__init__(input_size, output_size, options, directions=directions)
        self.dropout = Dropout(options.dropout, per="sequence")
        self.bias: nn.Parameter | None = None
        self.weight: nn.Parameter | None = None
        self.adaptive: AdaptiveSoftmax | None = None
        if options.softmax == "adaptive":
            self.adaptive = AdaptiveSoftmax(input_size, output_size, options.cutoffs)
        else:
            self.bias = nn.Parameter(torch.zeros(output_size))
            if not options.tie_weights:
                self.weight = nn.Parameter(torch.zeros(output_size, input_size))
        self.projection: nn.Linear | None = None
        self.sampled = SampledSoftmax(options.samples) if options.samples else None
        if self.adaptive is not None and self.sampled is not None:
            raise RecipeError(
                "head.samples is set together with an adaptive softmax",
                why="each is a way not to compute all logits in training",
                fix='Set head.samples=0, or head.softmax="full"',
            )
        #: ``(S,)``, the tokens with a logit of their own in training, and ``(V - S,)``, those that
        #: share one; none of both where all have their own.
        self.seen: Tensor | None = None
        self.unseen: Tensor | None = None
        # in a tuple, so that the embedding is not counted and saved as a part of the head too
        self._embedding: tuple[Embedding, ...] = ()

    def tie(self, embedding: Embedding) -> None:
        """Use the embedding's weights ``(V, E)``, where the options ask for it.

        Raises:
            RecipeError: The input is one-hot, so that there is no embedding, or the softmax is
                adaptive.
        """
        if not self.options.tie_weights:
            return
        if self.adaptive is not None:
            raise RecipeError(
                "head.tie_weights is set together with an adaptive softmax",
                why="rare tokens have fewer features in it than in the embedding",
                fix='Set head.tie_weights=false, or head.softmax="full"',
            )
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
        if self.adaptive is not None:
            self.adaptive.reset_parameters(generator)
        if self.bias is not None:
            nn.init.zeros_(self.bias)

    @torch.no_grad()
    def prepare(self, decoder: Decoder, targets: Sequence[np.ndarray]) -> None:
        """Count how often each token occurs, where a prior or samples are asked for.

        A prior sets the biases to the tokens' logarithmic frequencies. Each token counts once more
        than it occurs, since none is impossible. An adaptive softmax sorts the tokens by their
        frequency, and samples are drawn by it.
        """
        if self.options.prior == "none" and self.adaptive is None and self.sampled is None:
            return
        counts = np.ones(self.output_size, dtype=np.int64)
        for ids in targets:
            for start in range(0, len(ids), _CHUNK):
                counts += np.bincount(ids[start : start + _CHUNK], minlength=self.output_size)
        if self.adaptive is not None:
            self.adaptive.sort(counts)
            if self.options.prior == "unigram":
                self.adaptive.expect(counts)
            return
        assert self.bias is not None
        frequencies = counts / counts.sum()
        if self.options.prior != "none":
            self.bias.copy_(torch.from_numpy(np.log(frequencies)))
        occurs = torch.from_numpy(counts > 1).to(self.bias.device)
        if self.sampled is not None:
            self.sampled.frequencies = torch.from_numpy(frequencies).to(self.bias)
        elif self.weight is not None and not occurs.all():
            (self.seen,), (self.unseen,) = (
                mask.nonzero(as_tuple=True) for mask in (occurs, ~occurs)
            )
            self.weight[self.unseen] = 0

    @property
    def _weight(self) -> Tensor:
        weight = self._embedding[0].weight if self._embedding else self.weight
        assert weight is not None
        return weight

    def forward(self, encoded: Tensor, lengths: Tensor) -> Tensor:
        """``(T, B, D)`` to ``(T, B, V)``.

        In training, with a prior to ``(T, B, S + 1)``, with samples or an adaptive softmax to the
        features ``(T, B, E)`` or ``(T, B, D)``.
        """
        encoded = self.dropout(encoded)
        if self.adaptive is not None:
            return encoded if self.training else self.adaptive(encoded)
        if self.projection is not None:
            encoded = self.projection(encoded)
        if self.training and self.sampled is not None:
            return encoded
        weight = self._weight
        assert self.bias is not None
        if not self.training or self.seen is None or self.unseen is None:
            return F.linear(encoded, weight, self.bias)
        others = self.bias[self.unseen].logsumexp(dim=0, keepdim=True)  # (1,)
        return F.linear(
            encoded,
            torch.cat([weight[self.seen], weight.new_zeros(1, self.input_size)]),
            torch.cat([self.bias[self.seen], others]),
        )

    def loss(self, logits: Tensor, targets: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Cross-entropy summed over all real steps, and their number."""
        if self.training and self.adaptive is not None:
            real = targets != IGNORED
            return self.adaptive.loss(logits[real], targets[real]), real.sum()
        if self.training and self.sampled is not None:
            assert self.bias is not None
            real = targets != IGNORED
            total = self.sampled(logits[real], targets[real], self._weight, self.bias)
            return total, real.sum()
        if self.training and self.seen is not None:
            places = torch.searchsorted(self.seen, targets)  # the seen are in order
            targets = torch.where(targets == IGNORED, IGNORED, places)
        total = F.cross_entropy(
            logits.flatten(0, 1), targets.flatten(), ignore_index=IGNORED, reduction="sum"
        )
        return total, (targets != IGNORED).sum()
