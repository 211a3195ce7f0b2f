"""Tasks made of random numbers that only a memory solves, as long as one likes.

Both are from the literature on what recurrent networks can remember; their sequences are drawn
anew for each step of training, so that nothing can be learnt by heart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import torch
import torch.nn.functional as F
from torch import Tensor


class MemoryTask(Protocol):
    """A task whose length is free."""

    @property
    def input_size(self) -> int:
        """``I``, features of each step."""

    @property
    def output_size(self) -> int:
        """``O``, what the network gives at each step."""

    @property
    def chance(self) -> float:
        """The accuracy of one that remembers nothing."""

    def draw(self, distance: int, batch: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Sequences and their answers.

        Args:
            distance: How far back one must remember.
            batch: ``B``, how many.
            generator: What they are drawn from.

        Returns:
            Inputs ``(T, B, I)`` and targets.
        """

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The mean loss of outputs ``(T, B, O)``."""

    def accuracy(self, outputs: Tensor, targets: Tensor) -> float:
        """The share of answers that are right."""


@dataclass(frozen=True, slots=True)
class Adding:
    """The sum of two numbers that are marked in a sequence of them.

    By Hochreiter and Schmidhuber 1997, "Long short-term memory", section 5.4, in the form that Le,
    Jaitly and Hinton 2015 gave it: a step has a number from 0 to 1 and a mark, one mark stands in
    the first half and one in the second, and the answer is asked for at the last step. The
    distance is the sequence's length. An answer is right if it is off by less than 0.08, which is
    the 0.04 of the original on its scale. Who always says 1 has a mean squared error of 1/6.
    """

    input_size: int = 2
    output_size: int = 1
    #: The sum's density is a triangle over 0..2, of which this much is nearer to 1 than 0.08.
    chance: float = 1 - (1 - 0.08) ** 2

    def draw(self, distance: int, batch: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Inputs ``(distance, B, 2)``, number and mark, and the sums ``(B,)``."""
        numbers = torch.rand(distance, batch, generator=generator)
        marks = torch.zeros(distance, batch)
        half = distance // 2
        columns = torch.arange(batch)
        marks[torch.randint(half, (batch,), generator=generator), columns] = 1
        marks[torch.randint(half, distance, (batch,), generator=generator), columns] = 1
        return torch.stack([numbers, marks], dim=-1), (numbers * marks).sum(dim=0)

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The mean squared error at the last step."""
        return F.mse_loss(outputs[-1, :, 0], targets)

    def accuracy(self, outputs: Tensor, targets: Tensor) -> float:
        """The share of sums that are off by less than 0.08."""
        return float(((outputs[-1, :, 0] - targets).abs() < 0.08).float().mean())


@dataclass(frozen=True, slots=True)
class Copy:
    """Symbols to be repeated after a pause.

    By Arjovsky, Shah and Bengio 2016, "Unitary evolution recurrent neural networks", section 4.1:
    symbols of eight kinds, then blanks, a sign to begin, and as many blanks as there were symbols,
    in which they are to be repeated; everywhere else a blank is the answer. From each symbol to its
    repetition are ``distance + symbols`` steps. There is one symbol instead of the paper's ten, by
    which a small network is kept busy for hours.
    """

    #: How many symbols, ``K``.
    symbols: int = 1
    #: How many kinds; 0 is the blank, and the one after the last kind is the sign to begin.
    kinds: int = 8
    chance: float = 1 / 8

    @property
    def input_size(self) -> int:
        """The kinds, the blank and the sign, one-hot."""
        return self.kinds + 2

    @property
    def output_size(self) -> int:
        """The kinds and the blank."""
        return self.kinds + 1

    def draw(self, distance: int, batch: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """Inputs ``(distance + 2 K, B, I)``, one-hot, and the answers ``(distance + 2 K, B)``."""
        K = self.symbols
        drawn = torch.randint(1, self.kinds + 1, (K, batch), generator=generator)
        ids = torch.zeros(distance + 2 * K, batch, dtype=torch.int64)
        ids[:K] = drawn
        ids[distance + K - 1] = self.kinds + 1
        targets = torch.zeros_like(ids)
        targets[-K:] = drawn
        return F.one_hot(ids, self.input_size).float(), targets

    def loss(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The mean cross-entropy of all steps, in nats."""
        return F.cross_entropy(outputs.flatten(0, 1), targets.flatten())

    def accuracy(self, outputs: Tensor, targets: Tensor) -> float:
        """The share of symbols that are repeated as they were."""
        said = outputs[-self.symbols :].argmax(dim=-1)
        return float((said == targets[-self.symbols :]).float().mean())


#: By the name that chooses each.
TASKS: Mapping[str, MemoryTask] = {"adding": Adding(), "copy": Copy()}
