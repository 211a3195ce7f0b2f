"""Sequence-to-sequence: a translation of any length, token by token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqkit.decoding.base import Decoder
from seqkit.encoding import IGNORED
from seqkit.errors import RecipeError
from seqkit.heads.base import Head, MakeCell
from seqkit.nn.dropout import Dropout
from seqkit.nn.embedding import PADDING, Embedding
from seqkit.tokenizers.base import EOS
from seqkit_translate import TranslationOptions
from seqkit_translate.attention import (
    AdditiveAttention,
    Attention,
    DotAttention,
    GeneralAttention,
    Memory,
)
from seqkit_translate.beam import search
from seqkit_translate.layers import InputFeeding, LookAfter, LookBefore, TargetLayers, Trace

#: Logits that are made at once, which bounds the memory that a loss takes.
_NUMBERS = 1 << 22

_ATTENTIONS: dict[str, type[Attention]] = {
    "general": GeneralAttention,
    "dot": DotAttention,
    "additive": AdditiveAttention,
}


class TranslationHead(Head):
    """The decoder half of an encoder-decoder, with attention to the encoded sentence.

    The end symbol stands before the first token too. With tied weights the output weights are the
    target embedding itself (Press and Wolf 2017), which with a shared vocabulary is that of the
    sentences, so that all three are one. What is good for one of these is not for another: cells
    want numbers of a variance of about one, and output weights vectors of a norm of about one,
    for larger ones are sure of something before anything is learnt. So vectors are scaled by the
    root of their size ``E`` on their way in (Vaswani et al. 2017), or, where the embedding that is
    shared was drawn with a variance of one, divided by it on their way out.
    """

    searches: ClassVar[bool] = True

    options: TranslationOptions
    layers: TargetLayers

    def __init__(
        self, input_size: int, output_size: int, options: TranslationOptions, *, directions: int = 1
    ) -> None:
        super().__init__(input_size, output_size, options, directions=directions)
        self.dropout = Dropout(options.dropout)
        self.bias = nn.Parameter(torch.zeros(output_size))
        self.embedding: nn.Parameter | None = None
        self.weight: nn.Parameter | None = None
        self._make_cell: MakeCell | None = None
        # in a tuple, so that the embedding is not counted and saved as a part of the head too
        self._source: tuple[Embedding, ...] = ()
        #: What vectors are multiplied by as input, and as output weights.
        self._scale_in = self._scale_out = 1.0

    def use_cell(self, make_cell: MakeCell) -> None:
        """Keep what makes the cells until their sizes are known."""
        self._make_cell = make_cell

    def tie(self, embedding: Embedding) -> None:
        """Build the layers: target tokens have as many features as those of the sentence.

        Raises:
            RecipeError: The input is one-hot, so that there is no embedding.
        """
        if embedding.weight is None:
            raise RecipeError(
                "The translation head needs an embedding",
                why="embedding.size is 0",
                fix="Set embedding.size",
            )
        options, E = self.options, embedding.weight.shape[1]
        assert self._make_cell is not None
        attention = _ATTENTIONS[options.attention](
            options.hidden_size or self.input_size // self.directions, self.input_size
        )
        order = InputFeeding if options.input_feeding else LookAfter
        self.layers = (LookBefore if options.attention == "additive" else order)(
            self._make_cell,
            attention,
            embedding_size=E,
            layers=options.layers,
            directions=self.directions,
            dropout=options.dropout,
        )
        if options.shared_vocabulary:
            self._source = (embedding,)
        else:
            self.embedding = nn.Parameter(torch.zeros(self.output_size, E))
        if options.shared_vocabulary and embedding.init == "normal":
            self._scale_out = E**-0.5
        else:
            self._scale_in = E**0.5
        if not options.tie_weights:
            self.weight = nn.Parameter(torch.zeros(self.output_size, E))

    @torch.no_grad()
    def reset_parameters(self, generator: torch.Generator) -> None:
        """Glorot-uniform weights, zero biases, an embedding whose vectors have a norm of one."""
        self.layers.reset_parameters(generator)
        nn.init.zeros_(self.bias)
        if self.embedding is not None:
            std = self.embedding.shape[1] ** -0.5
            nn.init.normal_(self.embedding, std=std, generator=generator)
            self.embedding[PADDING] = 0
        if self.weight is not None:
            nn.init.xavier_uniform_(self.weight, generator=generator)

    @torch.no_grad()
    def prepare(self, decoder: Decoder, targets: Sequence[Tensor]) -> None:  # noqa: ARG002
        """Set the biases to the tokens' logarithmic frequencies.

        Each token counts once more than it occurs, since none is impossible. Otherwise the first
        thing that is learnt is which tokens never occur, by pushing ``out`` to its ends, where
        nothing else is learnt for long.
        """
        counts = np.ones(self.output_size)
        for ids in targets:
            np.add.at(counts, ids.numpy(), 1)
        self.bias.copy_(torch.from_numpy(np.log(counts / counts.sum())))

    def forward(self, encoded: Tensor, lengths: Tensor) -> Tensor:  # noqa: ARG002 -- the interface
        """The encoded steps ``(T, B, D)`` as they are, which :meth:`loss` and the search read."""
        return encoded

    def begin(self, encoded: Tensor, lengths: Tensor) -> tuple[Memory, Trace]:
        """What is looked at, and what the first step is told.

        Args:
            encoded: ``(T, B, D)``, with anything in the padding.
            lengths: int64 ``(B,)``.
        """
        return self.layers.begin(encoded, lengths)

    def step(self, ids: Tensor, trace: Trace, memory: Memory) -> tuple[Tensor, Trace, Tensor]:
        """The token after each of several beginnings of each sentence's translation.

        Args:
            ids: int64 ``(N,)``, the last token of each; the rows of a sentence beside each other.
            trace: What the step before left.
            memory: Of ``B`` sentences, ``N`` a multiple of ``B``.

        Returns:
            Logits ``(N, V)``, what is left for the next step, and where each looked, ``(N, T)``.
        """
        out, trace, weights = self.layers.step(self._embed(ids), trace, memory)
        return self._logits(out), trace, weights

    def loss(self, logits: Tensor, targets: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Cross-entropy of each token given the true ones before it, and how many there are.

        Args:
            logits: The encoded steps, ``(T, B, D)``.
            targets: int64 ``(S, B)``, :data:`IGNORED` after each end symbol.
            lengths: int64 ``(B,)``.
        """
        begins = targets.new_full((1, targets.shape[1]), EOS)
        before = torch.cat([begins, targets[:-1]])  # (S, B)
        before = before.masked_fill(before == IGNORED, PADDING)
        memory, trace = self.begin(logits, lengths)
        out = self.layers.run(self._embed(before), trace, memory)  # (S, B, E)
        real = targets != IGNORED
        out, wanted = out[real], targets[real]  # (n, E) and (n,)
        rows = max(1, _NUMBERS // self.output_size)
        losses = [
            F.cross_entropy(
                self._logits(some),
                right,
                reduction="sum",
                label_smoothing=self.options.label_smoothing if self.training else 0.0,
            )
            for some, right in zip(out.split(rows), wanted.split(rows), strict=True)
        ]
        return torch.stack(losses).sum(), real.sum()

    @torch.no_grad()
    def answers(self, output: Tensor, lengths: Tensor) -> list[np.ndarray]:
        """The best translation of each sentence, as the options say to search for it.

        Returns:
            For each, its tokens; :data:`seqkit_translate.decoding.TOKEN`.
        """
        return [found[0].tokens for found in search(self, output, lengths, self.options)]

    def _table(self) -> Tensor:
        """The target embedding, ``(V, E)``."""
        weight = self._source[0].weight if self._source else self.embedding
        assert weight is not None
        return weight

    def _embed(self, ids: Tensor) -> Tensor:
        vectors = F.embedding(ids, self._table(), padding_idx=PADDING)
        embedded: Tensor = self.dropout(vectors * self._scale_in)
        return embedded

    def _logits(self, out: Tensor) -> Tensor:
        """``(n, E)`` to ``(n, V)``."""
        out = self.dropout(out)
        if self.weight is not None:
            return F.linear(out, self.weight, self.bias)
        return F.linear(out * self._scale_out, self._table(), self.bias)
