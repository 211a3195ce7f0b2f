"""From ids to the encoder's input: learned vectors, features of words' forms, or one-hot."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqkit.contextual import Context
from seqkit.errors import UsageError
from seqkit.nn.characters import CharacterReader
from seqkit.nn.contextual import ContextReader
from seqkit.nn.dropout import Dropout, DropoutPer, TokenDropout, WordDropout
from seqkit.nn.kernels import EmbeddingKernel
from seqkit.spelling import Spelling

#: The id of padding, and the feature bucket of no feature: their rows stay zero.
PADDING = 0

#: How vectors are drawn.
EmbeddingInit: TypeAlias = Literal["uniform", "normal"]


class Embedding(nn.Module):
    """Learned vectors of ids, beside those of their hashed features and of their characters.

    Args:
        vocab_size: ``V``, how many ids there are; id 0 is padding.
        size: ``E``, features of each id; unused with ``one_hot``.
        one_hot: Give the ids through as they are, for a cell that looks up a column of its input
            weights; there is then nothing to learn here.
        feature_buckets: Rows of the table that hashed features index; bucket 0 is no feature.
        feature_size: Features added to each id by the hashed ones; 0 for none.
        init: How vectors are drawn; see :meth:`reset_parameters`.
        dropout: Share of the output's features dropped while training.
        dropout_per: As in :class:`seqkit.nn.dropout.Dropout`.
        token_dropout: Share of the ids that are dropped whole; see :class:`TokenDropout`.
        word_dropout: Share of places that are read as unknown; see :class:`WordDropout`.
        characters: What reads the characters of words; none where nothing does.
        contextual: What reads the characters of whole sentences; none where nothing does.
        kernel: What looks ids up where it fits and there is nothing beside them; none for torch.

    Attributes:
        output_size: Features of each step: ``E + feature_size + S + D``, or ``V`` with ``one_hot``.
        weight: ``(V, E)``, or None with ``one_hot``.
        feature_weight: ``(feature_buckets, feature_size)``, or None.

    Raises:
        UsageError: ``one_hot`` together with features, characters or dropout, which need vectors.
    """

    def __init__(
        self,
        vocab_size: int,
        size: int,
        *,
        one_hot: bool = False,
        feature_buckets: int = 0,
        feature_size: int = 0,
        init: EmbeddingInit = "uniform",
        dropout: float = 0.0,
        dropout_per: DropoutPer = "element",
        token_dropout: float = 0.0,
        word_dropout: float = 0.0,
        characters: CharacterReader | None = None,
        contextual: ContextReader | None = None,
        kernel: EmbeddingKernel | None = None,
    ) -> None:
        super().__init__()
        if one_hot and (feature_size or dropout or token_dropout or characters or contextual):
            read = characters or contextual
            beside = "features" if feature_size else "characters" if read else "dropout"
            raise UsageError(
                f"a one-hot embedding can't have {beside}",
                why="it passes ids on and has no vectors of its own",
                fix="Use a learned embedding, or leave that out",
            )
        self.one_hot = one_hot
        self.kernel = kernel
        self.init = init
        self.output_size = vocab_size if one_hot else size + feature_size
        self.output_size += characters.size if characters else 0
        self.output_size += contextual.size if contextual else 0
        self.dropout = Dropout(dropout, per=dropout_per)
        self.token_dropout = TokenDropout(token_dropout, vocab_size)
        self.word_dropout = WordDropout(word_dropout)
        self.weight = None if one_hot else nn.Parameter(torch.zeros(vocab_size, size))
        self.feature_weight = (
            nn.Parameter(torch.zeros(feature_buckets, feature_size)) if feature_size else None
        )
        self.characters = characters
        self.contextual = contextual

    @torch.no_grad()
    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw anew; padding is zero.

        ``uniform`` draws between -0.05 and 0.05, as Keras does, and ``normal`` with a variance of
        one, as PyTorch does. Glorot and Bengio 2010, by whom the cells' input weights are drawn,
        assume inputs of about that variance: of smaller ones a cell hears little, and of each
        token alike, until training has made them larger.
        """
        for weight in self.parameters(recurse=False):
            if self.init == "normal":
                nn.init.normal_(weight, generator=generator)
            else:
                nn.init.uniform_(weight, -0.05, 0.05, generator=generator)
            weight[PADDING] = 0
        if self.characters is not None:
            self.characters.reset_parameters(generator)
        if self.contextual is not None:
            self.contextual.reset_parameters(generator)

    def forward(
        self,
        ids: Tensor,
        features: Tensor | None = None,
        spelling: Spelling[Tensor] | None = None,
        context: Context[Tensor] | Tensor | None = None,
    ) -> Tensor:
        """Look up.

        Args:
            ids: int64 ``(T, B)``.
            features: int64 ``(T, B, F)``, as many hashed features for each id as the tokenizer
                has; only where ``feature_size`` is set.
            spelling: The characters of each id's word; only where there is a reader of them.
            context: The characters of each sentence, or what their reader's models make of them;
                only where there is one.

        Returns:
            ``(T, B, output_size)``; with ``one_hot`` the ids.

        Raises:
            UsageError: The hashed features or the characters are missing.
        """
        ids = self.word_dropout(ids)
        if self.weight is None:
            return ids
        x = self._look_up(self.weight, ids, features, spelling, context)
        dropped: Tensor = self.token_dropout(x, ids)
        return dropped

    def _look_up(
        self,
        weight: Tensor,
        ids: Tensor,
        features: Tensor | None,
        spelling: Spelling[Tensor] | None,
        context: Context[Tensor] | Tensor | None,
    ) -> Tensor:
        alone = self.feature_weight is None and self.characters is None and self.contextual is None
        if self.kernel and alone and self.kernel.fits(weight, ids):
            return self._by_kernel(self.kernel, weight, ids)
        x = F.embedding(ids, weight, padding_idx=PADDING)  # (T, B, E)
        if self.feature_weight is not None:
            if features is None:
                raise UsageError("this embedding needs the hashed features of each id")
            rows = F.embedding(features, self.feature_weight, padding_idx=PADDING)
            x = torch.cat([x, rows.sum(dim=2)], dim=-1)  # (T, B, E + feature_size)
        if self.characters is not None:
            if spelling is None:
                raise UsageError("this embedding needs the characters of each word")
            x = torch.cat([x, self.characters(spelling)], dim=-1)  # (T, B, ... + S)
        if self.contextual is not None:
            if context is None:
                raise UsageError("this embedding needs the characters of each sentence")
            x = torch.cat([x, self.contextual(context)], dim=-1)  # (T, B, output_size)
        dropped: Tensor = self.dropout(x)
        return dropped

    def _by_kernel(self, kernel: EmbeddingKernel, weight: Tensor, ids: Tensor) -> Tensor:
        share = self.dropout.p if self.training else 0.0
        return kernel.look_up(
            weight,
            ids,
            padding=PADDING,
            dropout=share,
            per_sequence=self.dropout.per == "sequence",
            generator=self.dropout.drawn_from() if share else None,
        )

    def extra_repr(self) -> str:
        """What ``print(model)`` shows."""
        return f"output_size={self.output_size}, one_hot={self.one_hot}"
