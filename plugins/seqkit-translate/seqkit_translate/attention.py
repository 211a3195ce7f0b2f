"""How a translation looks back at its sentence: scores of its steps, and what they point at."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import torch
from torch import Tensor, nn

from seqkit.errors import RecipeError


class Memory(NamedTuple):
    """Encoded sentences, as attention reads them.

    Attributes:
        keys: ``(B, T, K)``, what queries are compared with.
        values: ``(B, T, D)``, what is looked at; zeros in the padding.
        padding: bool ``(B, T)``, true beyond each sentence's length.
    """

    keys: Tensor
    values: Tensor
    padding: Tensor

    def select(self, rows: Tensor) -> Memory:
        """The sentences of some rows, int64 ``(b,)``."""
        return Memory(*(part.index_select(0, rows) for part in self))


class Attention(nn.Module, ABC):
    """A weighted mean of a sentence's steps, with weights that a query decides.

    ::

        a_t = exp(score(q, k_t)) / sum_u exp(score(q, k_u))   over the steps of the sentence
        c   = sum_t a_t v_t

    Args:
        query_size: ``H``, features of a query.
        value_size: ``D``, features of each encoded step.
    """

    def __init__(self, query_size: int, value_size: int) -> None:
        super().__init__()
        self.query_size = query_size
        self.value_size = value_size

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw Glorot-uniform weights."""
        for weight in self.parameters():
            nn.init.xavier_uniform_(weight, generator=generator)

    @abstractmethod
    def keys(self, values: Tensor) -> Tensor:
        """What does not depend on the query, once a sentence: ``(B, T, D)`` to ``(B, T, K)``."""

    @abstractmethod
    def scores(self, query: Tensor, keys: Tensor) -> Tensor:
        """The score of each step for each query.

        Args:
            query: ``(B, S, H)``.
            keys: ``(B, T, K)``.

        Returns:
            ``(B, S, T)``.
        """

    def remember(self, encoded: Tensor, lengths: Tensor) -> Memory:
        """Prepare sentences to be looked at.

        Args:
            encoded: ``(T, B, D)``, with anything in the padding.
            lengths: int64 ``(B,)``.
        """
        steps = torch.arange(len(encoded), device=encoded.device)
        padding = steps >= lengths.to(encoded.device).unsqueeze(1)  # (B, T)
        values = encoded.transpose(0, 1).masked_fill(padding.unsqueeze(-1), 0)
        return Memory(self.keys(values), values, padding)

    def forward(self, query: Tensor, memory: Memory) -> tuple[Tensor, Tensor]:
        """Look.

        Args:
            query: ``(B, S, H)``, several queries for each sentence.
            memory: Of the same sentences.

        Returns:
            What was seen, ``(B, S, D)``, and the weight of each step, ``(B, S, T)``, which is zero
            in the padding.
        """
        scores = self.scores(query, memory.keys)
        # the least number, not -inf, for a sentence without a step has nothing else
        least = torch.finfo(scores.dtype).min
        weights = scores.masked_fill(memory.padding.unsqueeze(1), least).softmax(dim=-1)
        return weights @ memory.values, weights


class DotAttention(Attention):
    """The score ``q . v_t`` (Luong, Pham and Manning 2015); queries are as large as values.

    Raises:
        RecipeError: They are not.
    """

    def __init__(self, query_size: int, value_size: int) -> None:
        super().__init__(query_size, value_size)
        if query_size != value_size:
            raise RecipeError(
                f"head.attention is dot, between {query_size} features of the translation and "
                f"{value_size} of the sentence",
                why="a dot product needs as many on both sides",
                fix=f"Set head.hidden_size={value_size}, or head.attention=general",
            )

    def keys(self, values: Tensor) -> Tensor:
        """The values themselves."""
        return values

    def scores(self, query: Tensor, keys: Tensor) -> Tensor:
        """``q . v_t``."""
        return query @ keys.transpose(1, 2)


class GeneralAttention(Attention):
    """The score ``q . W v_t`` (Luong, Pham and Manning 2015, "Effective approaches").

    Attributes:
        W: ``(H, D)``.
    """

    def __init__(self, query_size: int, value_size: int) -> None:
        super().__init__(query_size, value_size)
        self.W = nn.Parameter(torch.zeros(query_size, value_size))

    def keys(self, values: Tensor) -> Tensor:
        """``W v_t``."""
        return values @ self.W.t()

    def scores(self, query: Tensor, keys: Tensor) -> Tensor:
        """``q . W v_t``."""
        return query @ keys.transpose(1, 2)


class AdditiveAttention(Attention):
    """The score ``v . tanh(W q + U v_t)`` (Bahdanau, Cho and Bengio 2015).

    Attributes:
        W: ``(H, H)``.
        U: ``(H, D)``.
        v: ``(1, H)``.
    """

    def __init__(self, query_size: int, value_size: int) -> None:
        super().__init__(query_size, value_size)
        self.W = nn.Parameter(torch.zeros(query_size, query_size))
        self.U = nn.Parameter(torch.zeros(query_size, value_size))
        self.v = nn.Parameter(torch.zeros(1, query_size))

    def keys(self, values: Tensor) -> Tensor:
        """``U v_t``."""
        return values @ self.U.t()

    def scores(self, query: Tensor, keys: Tensor) -> Tensor:
        """``v . tanh(W q + U v_t)``."""
        asked = (query @ self.W.t()).unsqueeze(2)  # (B, S, 1, H)
        return (torch.tanh(asked + keys.unsqueeze(1)) @ self.v.t()).squeeze(-1)
