"""A memory of a text's own past, which tells its next words."""

from __future__ import annotations

import math

import torch
from torch import Tensor


class NeuralCache:
    """The continuous cache of Grave, Joulin and Usunier 2017.

    "Improving neural language models with a continuous cache": of each step the last layer's output
    ``h_i`` and the token ``x_(i+1)`` that came next are kept, and ::

        p_cache(w) ~ sum_i [x_(i+1) = w] exp(theta * h_t . h_i)
        p(w)       = (1 - lambda) * p_model(w) + lambda * p_cache(w)

    where ``i`` goes over the latest steps before ``t``. With none before it, p is the model's.

    Args:
        size: How many steps are kept of each text.
        theta: How much more alike outputs count than others; at 0 all alike.
        share: ``lambda``, above 0 and below 1.
    """

    def __init__(self, size: int, *, theta: float, share: float) -> None:
        self.size = size
        self.theta = theta
        self.share = share
        self._outputs: Tensor | None = None  # (M, B, D), M up to size
        self._tokens: Tensor | None = None  # (M, B)

    def mix(self, told: Tensor, outputs: Tensor, tokens: Tensor, asked: Tensor) -> Tensor:
        """Log-probabilities with the cache's share, and remember a window.

        A step sees those before it, in the window too.

        Args:
            told: The model's log-probabilities of the tokens asked for, ``(T, B)``.
            outputs: The last layer's outputs, ``(T, B, D)``.
            tokens: What did come next, int64 ``(T, B)``.
            asked: The tokens whose probabilities are wanted, int64 ``(T, B)``.

        Returns:
            ``(T, B)``.
        """
        keys, values, before = outputs, tokens, 0
        if self._outputs is not None and self._tokens is not None:
            before = len(self._outputs)
            keys = torch.cat([self._outputs, outputs])  # (M + T, B, D)
            values = torch.cat([self._tokens, tokens])
        mixed = self._mixed(told, self._weights(outputs, keys, before), values, asked)
        self._outputs, self._tokens = keys[-self.size :], values[-self.size :]
        return mixed

    def _weights(self, outputs: Tensor, keys: Tensor, before: int) -> Tensor:
        """How much each step in memory counts for each of the window, ``(T, M + T, B)``."""
        likeness = torch.einsum("tbd,mbd->tmb", outputs, keys).mul_(self.theta)
        now = before + torch.arange(len(outputs), device=keys.device).unsqueeze(1)  # (T, 1)
        then = torch.arange(len(keys), device=keys.device)
        hidden = (then >= now) | (then < now - self.size)  # (T, M + T)
        return likeness.masked_fill_(hidden.unsqueeze(-1), -math.inf).softmax(dim=1)

    def _mixed(self, told: Tensor, weights: Tensor, values: Tensor, asked: Tensor) -> Tensor:
        same = values == asked.unsqueeze(1)  # (T, M + T, B)
        # a step with nothing before it has no weights: zero over zero
        empty = weights[:, 0].isnan()  # (T, B)
        cached = (weights * same).sum(dim=1)
        mixed = torch.logaddexp(
            told + math.log(1 - self.share), cached.log() + math.log(self.share)
        )
        return torch.where(empty, told, mixed)
