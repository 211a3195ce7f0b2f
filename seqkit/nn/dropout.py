"""Dropout that draws from its own generator, an element or a whole sequence at a time."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias

import torch
from torch import Tensor, nn

from seqkit.errors import UsageError

#: What one draw decides on: each element by itself, or a feature over a whole sequence.
DropoutPer: TypeAlias = Literal["element", "sequence"]

#: One draw is 16 bits.
_LEVELS = 1 << 16


class Drawing(nn.Module):
    """A module that draws random numbers while training.

    Attributes:
        generator: Where they are drawn from; :func:`set_generator` sets it.
    """

    def __init__(self) -> None:
        super().__init__()
        self.generator: torch.Generator | None = None

    def drawn_from(self) -> torch.Generator:
        """The generator.

        Raises:
            UsageError: There is none.
        """
        if self.generator is None:
            raise UsageError(
                f"{type(self).__name__} has no generator to draw from",
                why="random numbers never come from the global generator",
                fix="Call seqkit.nn.dropout.set_generator(model, generator) before training",
            )
        return self.generator


class Dropout(Drawing):
    """Zeroes a share of features while training, and scales the rest to keep their mean.

    Args:
        p: The share dropped, at least 0 and below 1, resolved to 1/65536.
        per: ``element`` draws for each element (Srivastava et al. 2014); ``sequence`` draws one
            mask a sequence and uses it at every step (Gal and Ghahramani 2016).
    """

    def __init__(self, p: float, *, per: DropoutPer = "element") -> None:
        super().__init__()
        if not 0 <= p < 1:
            raise UsageError(f"dropout {p} is out of range", why="it is a share, 0 <= p < 1")
        self.p = p
        self.per = per

    def forward(self, x: Tensor) -> Tensor:
        """Drop features of ``x`` ``(T, B, F)``, or of ``(B, F)`` with ``per="element"``.

        Raises:
            UsageError: It is training and has no generator.
        """
        if not self.training or self.p == 0:
            return x
        shape = x.shape if self.per == "element" else (1, *x.shape[1:])
        keep = draw_mask(shape, self.p, self.drawn_from()).to(x.device)
        return x * keep.to(x.dtype).div_(1 - self.p)

    def extra_repr(self) -> str:
        """What ``print(model)`` shows."""
        return f"p={self.p}, per={self.per!r}"


def draw_mask(shape: tuple[int, ...], p: float, generator: torch.Generator) -> Tensor:
    """Draw which elements to keep.

    Args:
        shape: The mask's shape.
        p: The share of False.
        generator: Drawn from; the mask is on its device.

    Returns:
        A bool tensor of ``shape``.
    """
    size = math.prod(shape)
    # Four draws from each 64-bit number: bernoulli_ from a generator takes five times as long on a
    # CPU, a tenth of an LSTM's whole training step.
    words = torch.empty(-(-size // 4), dtype=torch.int64, device=generator.device)
    words.random_(-(1 << 63), None, generator=generator)
    draws = words.view(torch.int16)[:size].view(shape)  # uniform in -32768..32767
    return draws >= min(round(p * _LEVELS), _LEVELS - 1) - _LEVELS // 2


def set_generator(module: nn.Module, generator: torch.Generator) -> None:
    """Have all that draws in ``module`` draw from ``generator``."""
    for part in module.modules():
        if isinstance(part, Drawing):
            part.generator = generator
