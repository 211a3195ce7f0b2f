"""The whole network: embedding, encoder and head, put together as a recipe says."""

from __future__ import annotations

import functools

import torch
from torch import Tensor, nn

from seqkit import lazy, registry
from seqkit.contextual import Context
from seqkit.heads.base import Head
from seqkit.nn.characters import character_reader
from seqkit.nn.contextual import context_reader
from seqkit.nn.dropout import set_generator
from seqkit.nn.embedding import Embedding
from seqkit.nn.encoder import Encoder, EncoderState
from seqkit.nn.kernels import NO_KERNELS, Kernels
from seqkit.recipe import Recipe
from seqkit.spelling import Spelling


class Network(nn.Module):
    """Embedding, encoder and head; a new one holds no drawn weights, as a new cell does not.

    Args:
        recipe: What to build.
        vocab_size: ``V``, ids of the tokenizer.
        output_size: ``L``, logits of the head.
        feature_buckets: Rows of the tokenizer's feature table; 0 for none.
        kernels: What computes its parts in their place.
        half_precision: Whether the head's products are computed in bfloat16 while training.

    Attributes:
        reads_ids: Whether the head reads ids itself.
        head: The head, which is then all that there is.
        embedding: Otherwise what makes a vector of each id,
        encoder: and what makes the head's steps of the vectors.
    """

    embedding: Embedding
    encoder: Encoder
    head: Head

    def __init__(
        self,
        recipe: Recipe,
        *,
        vocab_size: int,
        output_size: int,
        feature_buckets: int = 0,
        kernels: Kernels = NO_KERNELS,
        half_precision: bool = False,
    ) -> None:
        super().__init__()
        self.half_precision = half_precision
        # torch.nn's own layers draw from the global generator when made, plugins' ones too
        with torch.random.fork_rng(devices=()):
            self._build(recipe, vocab_size, output_size, feature_buckets, kernels)

    def _build(
        self,
        recipe: Recipe,
        vocab_size: int,
        output_size: int,
        feature_buckets: int,
        kernels: Kernels,
    ) -> None:
        sizes, layers = recipe.embedding, recipe.encoder
        head = lazy.load(recipe.head_spec.target)
        self.reads_ids = recipe.head_spec.reads == "ids"
        if self.reads_ids:
            self.head = head(0, output_size, recipe.head.options)
            return
        cell = functools.partial(
            lazy.load(registry.find("cell", recipe.cell.name).spec.target),
            options=recipe.cell.options,
        )
        self.embedding = Embedding(
            vocab_size,
            sizes.size,
            one_hot=sizes.size == 0,
            feature_buckets=feature_buckets if sizes.feature_size else 0,
            feature_size=sizes.feature_size if feature_buckets else 0,
            init=sizes.init,
            dropout=sizes.dropout,
            dropout_per=layers.dropout_per,
            token_dropout=sizes.token_dropout,
            word_dropout=sizes.word_dropout,
            characters=character_reader(sizes, cell, kernels.cell),
            contextual=context_reader(recipe.contextual, cell, kernels.cell),
            kernel=kernels.embedding,
        )
        self.encoder = Encoder(
            cell,
            self.embedding.output_size,
            layers.hidden_size,
            layers=layers.layers,
            bidirectional=layers.bidirectional,
            dropout=layers.dropout,
            dropout_per=layers.dropout_per,
            weight_dropout=layers.weight_dropout,
            one_hot=sizes.size == 0,
            kernel=kernels.cell,
        )
        self.head = head(
            self.encoder.output_size,
            output_size,
            recipe.head.options,
            directions=2 if layers.bidirectional else 1,
        )
        self.head.use_cell(cell)
        self.head.tie(self.embedding)

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw all parameters anew; dropout draws from the same generator from then on."""
        if not self.reads_ids:
            self.embedding.reset_parameters(generator)
            self.encoder.reset_parameters(generator)
        self.head.reset_parameters(generator)
        set_generator(self, generator)

    def initial_state(self, batch_size: int) -> EncoderState:
        """The encoder's state before the first step."""
        return self.encoder.initial_state(batch_size)

    def forward(
        self,
        ids: Tensor,
        lengths: Tensor,
        features: Tensor | None = None,
        spelling: Spelling[Tensor] | None = None,
        context: Context[Tensor] | Tensor | None = None,
    ) -> Tensor:
        """The head's logits.

        Args:
            ids: ``(T, B)`` int64, padding after each sequence's length.
            lengths: ``(B,)`` int64.
            features: ``(T, B, F)`` int64 or none.
            spelling: The words' characters or none.
            context: The sentences' characters, what models make of them, or none.
        """
        if self.reads_ids:
            alone: Tensor = self.head(ids, lengths)
            return alone
        return self.from_vectors(self.embedding(ids, features, spelling, context), ids, lengths)

    def from_vectors(self, x: Tensor, ids: Tensor, lengths: Tensor) -> Tensor:
        """The head's logits, from what the embedding makes of ``ids``, or from what is near it."""
        return self._logits(self.encoder(x, lengths), ids, lengths)

    def run(
        self, ids: Tensor, lengths: Tensor, state: EncoderState, features: Tensor | None = None
    ) -> tuple[Tensor, EncoderState]:
        """The head's logits, going on from ``state``, and each sequence's state at its end."""
        encoded, state = self.encoder.run(self.embedding(ids, features), lengths, state)
        return self._logits(encoded, ids, lengths), state

    def _logits(self, encoded: Tensor, ids: Tensor, lengths: Tensor) -> Tensor:
        if self.half_precision and self.training:
            # the layers are left out: torch's LSTM of 512 units took as long in either precision
            with torch.autocast(encoded.device.type, dtype=torch.bfloat16):
                logits: Tensor = self.head(encoded, lengths).to(encoded.dtype)
        else:
            logits = self.head(encoded, lengths)
        direct = self.head.directly(ids, lengths)
        return logits if direct is None else logits + direct
