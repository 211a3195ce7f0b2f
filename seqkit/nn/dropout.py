"""Dropout that draws from its own generator, an element or a whole sequence at a time."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Literal, TypeAlias

import torch
from torch import Tensor, nn

from seqkit.cells.base import Cell
from seqkit.errors import UsageError
from seqkit.tokenizers.base import SPECIAL_SYMBOLS, UNK

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
        """Drop features of ``x`` ``(T, B, F)``, or of any shape with ``per="element"``.

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


class WeightDropout(Dropout):
    """Zeroes a share of recurrent weights while training, and scales the rest to keep their mean.

    DropConnect (Wan et al. 2013, "Regularization of neural networks using DropConnect") on the
    weights from state to state, with one draw for all steps and sequences of a batch (Merity et
    al. 2018, "Regularizing and optimizing LSTM language models").

    Args:
        p: The share dropped, as in :class:`Dropout`.
    """

    def __init__(self, p: float) -> None:
        super().__init__(p)

    @contextmanager
    def dropped(self, cells: Iterable[Cell]) -> Iterator[None]:
        """Have cells compute with what is left of their recurrent weights for a while.

        The gradient reaches the weights themselves, those that are kept.
        """
        if not self.training or self.p == 0:
            yield
            return
        whole = [(c, name, c.get_parameter(name)) for c in cells for name in c.recurrent_weights]
        try:
            # past nn.Module's own check that a parameter is one, and without changing their order
            for cell, name, weight in whole:
                cell._parameters[name] = self(weight)
            yield
        finally:
            for cell, name, weight in whole:
                cell._parameters[name] = weight


class TokenDropout(Dropout):
    """Zeroes all features of a share of the vocabulary's tokens, wherever they stand in a batch.

    The embedding dropout of Gal and Ghahramani 2016, "A theoretically grounded application of
    dropout in recurrent neural networks": a sentence is read without certain words, rather than
    without certain places. What is left is scaled to keep its mean.

    Args:
        p: The share of tokens, as in :class:`Dropout`.
        vocab_size: ``V``.
    """

    def __init__(self, p: float, vocab_size: int) -> None:
        super().__init__(p)
        self.vocab_size = vocab_size

    def forward(self, x: Tensor, ids: Tensor) -> Tensor:  # type: ignore[override]
        """Drop tokens of ``x`` ``(T, B, E)``, the features of ``ids`` ``(T, B)``."""
        if not self.training or self.p == 0:
            return x
        kept = super().forward(x.new_ones(self.vocab_size))  # (V,)
        return x * kept[ids].unsqueeze(-1)


class WordDropout(Dropout):
    """Reads a share of the tokens as unknown while training, so that the unknown one is learnt.

    Each place is drawn by itself. It is the word dropout of Dyer et al. 2015, "Transition-based
    dependency parsing with stack long short-term memory", there for rare words alone.

    Args:
        p: The share of tokens, as in :class:`Dropout`.
    """

    def forward(self, ids: Tensor) -> Tensor:
        """Ids ``(T, B)`` of which some, but no special symbol, are the unknown one."""
        if not self.training or self.p == 0:
            return ids
        keep = draw_mask(ids.shape, self.p, self.drawn_from()).to(ids.device)
        return torch.where(keep | (ids < len(SPECIAL_SYMBOLS)), ids, UNK)


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
