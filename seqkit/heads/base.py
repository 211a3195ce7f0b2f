"""The interface of a task head: encoded steps in, logits and a loss out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from seqkit.cells.base import Cell
from seqkit.decoding.base import Decoder
from seqkit.encoding import IGNORED, Encoded
from seqkit.nn.embedding import Embedding


class MakeCell(Protocol):
    """Makes a recipe's cell: of ``I`` features and ``H`` units."""

    def __call__(self, input_size: int, hidden_size: int) -> Cell: ...  # noqa: D102


class Head(nn.Module, ABC):
    """The torch half of a task.

    Args:
        input_size: ``D``, features of each encoded step; 0 for a head that reads ids.
        output_size: ``L``, how many labels, or the size of the vocabulary.
        options: The options class that the head's spec names.
        directions: 2 where the encoder is bidirectional: the features are then those of the
            forward direction, ``D / 2``, and those of the backward one.
    """

    #: Whether what the decoder reads is found by :meth:`answers`, as a sequence-to-sequence head
    #: does, rather than being the logits.
    searches: ClassVar[bool] = False
    #: Whether :meth:`loss` and :meth:`study` also take, in place of a text's label, each label's
    #: probability as a teacher has it: float32 ``(B, labels)`` or ``(labels,)``.
    soft_targets: ClassVar[bool] = False
    #: What marks, among the targets of :meth:`loss`, a token whose tag training never showed.
    unseen_target: int = IGNORED

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

    def use_cell(self, make_cell: MakeCell) -> None:
        """Take the recipe's cell, for a head with recurrent layers of its own.

        Called once, before all else.

        Args:
            make_cell: Makes one of so many features and so many units.
        """

    def tie(self, embedding: Embedding) -> None:
        """Share the embedding's weights, where the head has a use for them."""

    def prepare(self, decoder: Decoder, targets: Sequence[Any]) -> None:
        """See all training targets once before training, for instance to weigh the classes."""

    def study(self, examples: Sequence[Encoded], generator: torch.Generator) -> None:
        """See all training examples once before the first step, for what is not learnt in steps.

        Where no parameter of the network wants a gradient, there are no steps, and training is
        done.

        Args:
            examples: With their targets, as :meth:`loss` has them.
            generator: What is random is drawn from it.
        """

    def teach(self, decoder: Decoder) -> None:
        """Hand the decoder what training has learnt and what answers depend on, beside the logits.

        Called before the development data are scored, and before the bundle is written.

        Args:
            decoder: The one that :meth:`prepare` saw; what it is given must survive
                :meth:`~seqkit.decoding.base.Decoder.save`.
        """

    def directly(self, ids: Tensor, lengths: Tensor) -> Tensor | None:
        """Logits from the ids themselves, to be added to those of :meth:`forward`; or none.

        Args:
            ids: int64 ``(T, B)``; what stands beyond a sequence's length must not matter.
            lengths: int64 ``(B,)``.
        """
        return None

    def credit(self, ids: Tensor) -> Tensor | None:
        """What each token of one sequence has brought of :meth:`directly`; none if that is unknown.

        For a head that reads ids, what it has brought of all the logits.

        Args:
            ids: int64 ``(T,)``.

        Returns:
            ``(T, L)``; what is left of the logits is what they are without any token.
        """
        return None

    @abstractmethod
    def forward(self, encoded: Tensor, lengths: Tensor) -> Tensor:
        """The logits.

        Args:
            encoded: ``(T, B, D)``, or the ids, int64 ``(T, B)``, where the head's spec says that
                it reads those; what stands beyond a sequence's length must not matter.
            lengths: ``(B,)`` int64, steps of each sequence.

        Returns:
            ``(B, L)`` for many-to-one, ``(T, B, L)`` for one-to-many and many-to-many; for
            sequence-to-sequence whatever :meth:`loss` and :meth:`answers` need.
        """

    def answers(self, output: Tensor, lengths: Tensor) -> list[np.ndarray]:
        """What the decoder reads in place of logits, where the head :attr:`searches` for it.

        Args:
            output: What :meth:`forward` returned.
            lengths: ``(B,)`` int64.

        Returns:
            An array for each sequence.
        """
        raise NotImplementedError(f"{type(self).__name__} does not search")

    @abstractmethod
    def loss(self, logits: Tensor, targets: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """The summed loss and how many real steps it was summed over.

        Args:
            logits: What :meth:`forward` returned.
            targets: ``(B,)`` or ``(B, L)`` for many-to-one, ``(T, B)`` for one-to-many and
                many-to-many, ``(S, B)`` for sequence-to-sequence, where
                :data:`seqkit.encoding.IGNORED` marks padding and steps without an answer. With
                :attr:`soft_targets` also each label's probability, ``(B, labels)``.
            lengths: ``(B,)`` int64.

        Returns:
            Two scalars, in nats and steps; training minimises their ratio. In evaluation mode the
            loss is not weighed by anything that only helps training.
        """

    def divergence(self, logits: Tensor, answers: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """How far what some logits say is from what others say, for virtual adversarial training.

        That is the Kullback-Leibler divergence ``KL(answers || logits)`` of the distributions. A
        head without it is trained without that.

        Args:
            logits: What :meth:`forward` returned.
            answers: The same of the same texts, through which no gradient flows.
            lengths: ``(B,)`` int64.

        Returns:
            The sum over all texts, in nats, and how many answers it was summed over.
        """
        raise NotImplementedError(f"{type(self).__name__} does not tell")
