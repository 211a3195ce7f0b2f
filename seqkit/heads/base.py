"""The interface of a task head: encoded steps in, logits and a loss out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from seqkit.decoding.base import Decoder
from seqkit.encoding import Encoded
from seqkit.nn.embedding import Embedding


class Head(nn.Module, ABC):
    """The torch half of a task.

    Args:
        input_size: ``D``, features of each encoded step.
        output_size: ``L``, how many labels, or the size of the vocabulary.
        options: The options class that the head's spec names.
        directions: 2 where the encoder is bidirectional: the features are then those of the
            forward direction, ``D / 2``, and those of the backward one.
    """

    def __init__(
        self, input_size: int, output_size: int, options: Any, *, directions: int = 1
    ) -> None:
        super().__init__()
        self.input_size = input_size
        self.output_size = output_size
        self.options = options
        self.directions = directions

    @abstractmethod
    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw all parameters anew from ``generator``."""

    def tie(self, embedding: Embedding) -> None:
        """Share the embedding's weights, where the head has a use for them."""

    def prepare(self, decoder: Decoder, targets: Sequence[Any]) -> None:
        """See all training targets once before training, for instance to weigh the classes."""

    def study(self, examples: Sequence[Encoded], generator: torch.Generator) -> None:
        """See all training examples once before the first step, for what is not learnt in steps.

        Args:
            examples: With their targets.
            generator: What is random is drawn from it.
        """

    def directly(self, ids: Tensor, lengths: Tensor) -> Tensor | None:
        """Logits from the ids themselves, to be added to those of :meth:`forward`; or none.

        Args:
            ids: int64 ``(T, B)``; what stands beyond a sequence's length must not matter.
            lengths: int64 ``(B,)``.
        """
        return None

    @abstractmethod
    def forward(self, encoded: Tensor, lengths: Tensor) -> Tensor:
        """The logits.

        Args:
            encoded: ``(T, B, D)``; what stands beyond a sequence's length must not matter.
            lengths: ``(B,)`` int64, steps of each sequence.

        Returns:
            ``(B, L)`` for many-to-one, ``(T, B, L)`` otherwise.
        """

    @abstractmethod
    def loss(self, logits: Tensor, targets: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """The summed loss and how many real steps it was summed over.

        Args:
            logits: What :meth:`forward` returned.
            targets: ``(B,)`` or ``(B, L)`` for many-to-one, ``(T, B)`` otherwise, where
                :data:`seqkit.encoding.IGNORED` marks padding and steps without an answer.
            lengths: ``(B,)`` int64.

        Returns:
            Two scalars, in nats and steps; training minimises their ratio. In evaluation mode the
            loss is not weighed by anything that only helps training.
        """
