"""Penalties on what the last layer gives: on large values, and on fast changes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn


class ActivationPenalty:
    """Activation regularisation, AR and TAR.

    Merity, McCann and Socher 2017, "Revisiting activation regularization for language RNNs", with
    ``h_t`` the last layer's output at a step, and means over features, steps and sequences::

        AR  = alpha * mean(h_t ** 2)
        TAR = beta * mean((h_t - h_(t-1)) ** 2)

    Both look at the output before the head's dropout, whose mask the paper lays over that of AR: of
    masks that keep the mean, that is the same times one over the share kept, on average.

    Args:
        head: What the last layer's outputs ``(T, B, D)`` and the lengths are given to.
        alpha: The weight of AR.
        beta: That of TAR.
    """

    def __init__(self, head: nn.Module, *, alpha: float, beta: float) -> None:
        self.alpha = alpha
        self.beta = beta
        self._given: tuple[Tensor, Tensor] | None = None
        if self:
            head.register_forward_pre_hook(self._keep)

    def __bool__(self) -> bool:
        """Whether there is anything to add to the loss."""
        return self.alpha > 0 or self.beta > 0

    def _keep(self, head: nn.Module, given: tuple[Any, ...]) -> None:
        if head.training:
            self._given = given[0], given[1]

    def take(self) -> Tensor:
        """The penalty, a scalar, on what the head was given last; padding does not count."""
        assert self._given is not None
        (h, lengths), self._given = self._given, None
        lengths = lengths.to(h.device)
        features = h.shape[2]
        penalty = h.new_zeros(())
        if self.alpha:  # beyond each length there are zeros
            penalty = penalty + self.alpha * h.square().sum() / (lengths.sum() * features)
        if self.beta:
            steps = torch.arange(1, len(h), device=h.device).unsqueeze(1)  # (T - 1, 1)
            changes = (h[1:] - h[:-1]).masked_fill((steps >= lengths).unsqueeze(-1), 0)
            count = (lengths - 1).clamp(min=0).sum().clamp(min=1)
            penalty = penalty + self.beta * changes.square().sum() / (count * features)
        return penalty
