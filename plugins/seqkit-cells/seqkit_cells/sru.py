"""The simple recurrent unit."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqkit.cells.base import State
from seqkit_cells import SRUOptions
from seqkit_cells.base import LinearCell, Recurrence, product


def sru(a_x: Tensor, skip: Tensor) -> Recurrence:
    """The simple recurrent unit: a light recurrence, and a highway past it.

    Lei, Zhang, Wang, Dai and Artzi 2018, "Simple recurrent units for highly parallelizable
    recurrence"::

        n   = W_nx x + b_nx
        f   = sigmoid(W_fx x + b_fx)
        r   = sigmoid(W_rx x + b_rx)
        c_t = f * c_(t-1) + (1 - f) * n
        h_t = r * c_t + (1 - r) * skip

    The gates see the input alone, as in the paper's first version (2017, "Training RNNs as fast as
    CNNs"). The later one adds ``v * c_(t-1)`` to both, each unit's own past; its forget gate is
    then no longer linear in the state, and can't be scanned.

    Args:
        a_x: ``W_hx x + b_x``, the rows of n, f, r, ``(T, B, 3*H)``.
        skip: What the highway carries, ``(T, B, H)``.
    """
    n, a_f, a_r = a_x.chunk(3, dim=-1)  # (T, B, H) each
    r, past_it = torch.sigmoid(a_r), torch.sigmoid(-a_r) * skip
    return Recurrence(
        a=torch.sigmoid(a_f), b=torch.sigmoid(-a_f) * n, output=lambda c: r * c + past_it
    )


class SRU(LinearCell):
    """The simple recurrent unit, in the order new, forget, highway; :func:`sru` has the equations.

    The highway carries the input, or ``W_skip x`` where input and state differ in size, times
    ``sqrt(1 + 2 exp(highway_bias))``, so that layer upon layer keeps the input's variance, as
    the paper derives.

    Attributes:
        W_skip: ``(H, I)``, where ``I`` is not ``H``.
    """

    gates = 3
    states = ("c",)
    options: SRUOptions

    def __init__(self, input_size: int, hidden_size: int, options: Any) -> None:
        super().__init__(input_size, hidden_size, options)
        self.scale = math.sqrt(1 + 2 * math.exp(options.highway_bias))
        if input_size != hidden_size:
            self.W_skip = nn.Parameter(torch.zeros(hidden_size, input_size))

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw all parameters anew from ``generator``: weights of variance ``1 / I``."""
        super().reset_parameters(generator)
        bound = math.sqrt(3 / self.input_size)
        nn.init.uniform_(self.W_hx, -bound, bound, generator=generator)
        if self.input_size != self.hidden_size:
            nn.init.uniform_(self.W_skip, -bound, bound, generator=generator)
        _, _, b_rx = self.b_x.chunk(3)
        nn.init.constant_(b_rx, self.options.highway_bias)

    def recurrence(self, x: Tensor, past: State) -> Recurrence:  # noqa: ARG002 -- it has no more
        """:func:`sru` of this cell's weights."""
        return sru(self.input_share(x), self.scale * self._skip(x))

    def _skip(self, x: Tensor) -> Tensor:
        """What the highway carries, ``(T, B, H)``."""
        if self.input_size != self.hidden_size:
            return product(self.W_skip, x)
        if x.is_floating_point():
            return x
        return F.one_hot(x, self.hidden_size).to(self.W_hx.dtype)
