"""How the steps of a sequence become one vector, for many-to-one tasks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn

from seqkit.errors import UsageError, did_you_mean


class Pooling(nn.Module, ABC):
    """One vector of each sequence; zeros for a sequence without a step.

    Args:
        input_size: ``D``, features of each step.
        directions: 2 where the first half of the features was read forwards and the second half
            backwards.

    Attributes:
        output_size: ``P``, features of the vector; ``D`` unless there is more than one part to it.
    """

    def __init__(self, input_size: int, *, directions: int = 1) -> None:
        super().__init__()
        self.input_size = self.output_size = input_size
        self.directions = directions

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw all parameters anew from ``generator``."""

    def forward(self, encoded: Tensor, lengths: Tensor) -> Tensor:
        """Pool.

        Args:
            encoded: ``(T, B, D)``; what stands beyond a sequence's length does not matter.
            lengths: int64 ``(B,)``, steps of each sequence, each in ``0..T``.

        Returns:
            ``(B, P)``.
        """
        T, B = encoded.shape[:2]
        if T == 0:
            return encoded.new_zeros(B, self.output_size)
        lengths = lengths.to(encoded.device)
        steps = torch.arange(T, device=encoded.device).unsqueeze(1)
        padding = (steps >= lengths).unsqueeze(-1)  # (T, B, 1)
        empty = (lengths == 0).unsqueeze(-1)  # (B, 1)
        return self.pool(encoded, lengths, padding).masked_fill(empty, 0)

    @abstractmethod
    def pool(self, encoded: Tensor, lengths: Tensor, padding: Tensor) -> Tensor:
        """Pool sequences of at least one step.

        Args:
            encoded: ``(T, B, D)``, ``T`` at least 1, with anything in the padding.
            lengths: ``(B,)``.
            padding: bool ``(T, B, 1)``, true beyond each sequence's length.

        Returns:
            ``(B, P)``; anything finite for a sequence of length 0.
        """


class Last(Pooling):
    """What each direction gives after it has read everything.

    That is the output at the last step, and for the backward features the output at the first.
    """

    def pool(self, encoded: Tensor, lengths: Tensor, padding: Tensor) -> Tensor:  # noqa: ARG002 - the lengths say it all here
        """The last step's features, or ``D/2`` of them and ``D/2`` of the first's."""
        _, B, D = encoded.shape
        last = encoded[(lengths - 1).clamp(min=0), torch.arange(B, device=encoded.device)]  # (B, D)
        if self.directions == 1:
            return last
        return torch.cat([last[:, : D // 2], encoded[0, :, D // 2 :]], dim=-1)


class Mean(Pooling):
    """The mean over the steps."""

    def pool(self, encoded: Tensor, lengths: Tensor, padding: Tensor) -> Tensor:
        """The sum of the steps by their number."""
        return encoded.masked_fill(padding, 0).sum(dim=0) / lengths.clamp(min=1).unsqueeze(-1)


class Max(Pooling):
    """The greatest value of each feature over the steps."""

    def pool(self, encoded: Tensor, lengths: Tensor, padding: Tensor) -> Tensor:  # noqa: ARG002 - padding says the same
        """The maximum over the steps that aren't padding."""
        return encoded.masked_fill(padding, -torch.inf).max(dim=0).values


class Attention(Pooling):
    """A weighted mean over the steps, with weights from learned additive attention.

    ::

        s_t = v . tanh(W y_t + b)
        a   = softmax(s)  over the steps
        out = sum_t a_t y_t

    This is the score of Bahdanau, Cho and Bengio 2015 with a learned query ``v`` in place of a
    decoder's state, as in Yang et al. 2016, "Hierarchical attention networks for document
    classification".

    Attributes:
        W: ``(D, D)``.
        b: ``(D,)``.
        v: ``(D,)``.
    """

    def __init__(self, input_size: int, *, directions: int = 1) -> None:
        super().__init__(input_size, directions=directions)
        self.W = nn.Parameter(torch.zeros(input_size, input_size))
        self.b = nn.Parameter(torch.zeros(input_size))
        self.v = nn.Parameter(torch.zeros(input_size))

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw ``W`` and ``v`` Glorot-uniform; ``b`` is zero."""
        nn.init.xavier_uniform_(self.W, generator=generator)
        nn.init.xavier_uniform_(self.v.unsqueeze(0), generator=generator)
        nn.init.zeros_(self.b)

    def pool(self, encoded: Tensor, lengths: Tensor, padding: Tensor) -> Tensor:  # noqa: ARG002 - padding says the same
        """The mean of the steps by their weights."""
        encoded = encoded.masked_fill(padding, 0)  # zero times infinity is no number
        weights = self.weights(encoded, padding)
        return (weights * encoded).sum(dim=0)

    def weights(self, encoded: Tensor, padding: Tensor) -> Tensor:
        """How much each step counts.

        Args:
            encoded: ``(T, B, D)``.
            padding: bool ``(T, B, 1)``.

        Returns:
            ``(T, B, 1)``: zero in the padding, and one in sum over each sequence.
        """
        scores = torch.tanh(encoded @ self.W.t() + self.b) @ self.v  # (T, B)
        # The least finite number, not minus infinity: a sequence that is all padding must give
        # some numbers, and gradients of zero.
        lowest = torch.finfo(scores.dtype).min
        return scores.unsqueeze(-1).masked_fill(padding, lowest).softmax(dim=0)


class Concat(Pooling):
    """What ``last``, ``max`` and ``mean`` give, in a row.

    This is the concat pooling of Howard and Ruder 2018, "Universal language model fine-tuning for
    text classification", section 3.3: a few words decide what a text is about, which may stand
    anywhere and which the last state need not remember.

    Attributes:
        parts: The three, in their order.
    """

    def __init__(self, input_size: int, *, directions: int = 1) -> None:
        super().__init__(input_size, directions=directions)
        self.output_size = 3 * input_size
        parts = [kind(input_size, directions=directions) for kind in (Last, Max, Mean)]
        self.parts = cast("Sequence[Pooling]", nn.ModuleList(parts))

    def pool(self, encoded: Tensor, lengths: Tensor, padding: Tensor) -> Tensor:
        """All three, ``(B, 3 * D)``."""
        parts = [part.pool(encoded, lengths, padding) for part in self.parts]
        return torch.cat(parts, dim=-1)


POOLINGS: dict[str, type[Pooling]] = {
    "last": Last,
    "mean": Mean,
    "max": Max,
    "attention": Attention,
    "concat": Concat,
}


def pooling(name: str, input_size: int, *, directions: int = 1) -> Pooling:
    """Make a pooling by its name.

    Args:
        name: ``last``, ``mean``, ``max``, ``attention`` or ``concat``.
        input_size: ``D``, features of each step.
        directions: 1, or 2 where the encoder is bidirectional.

    Raises:
        UsageError: There is no such pooling.
    """
    if name not in POOLINGS:
        raise UsageError(f"there is no pooling '{name}'", fix=did_you_mean(name, POOLINGS))
    return POOLINGS[name](input_size, directions=directions)
