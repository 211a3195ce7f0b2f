"""Kernels: faster ways to compute parts of the network, which packages may bring."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from seqkit import lazy, registry
from seqkit.cells.base import Cell, State
from seqkit.errors import PluginError

#: The ``part`` of an :class:`EmbeddingKernel`; that of a :class:`CellKernel` is its cell's name.
EMBEDDING = "embedding"


class CellKernel(ABC):
    """Runs one kind of cell over whole sequences, with the same mathematics and its gradient."""

    @abstractmethod
    def fits(self, cell: Cell, x: Tensor) -> bool:
        """Whether it can run this input, and is worth while: its device, its type, its size.

        Args:
            cell: Of the kind that the kernel's spec names.
            x: Features ``(T, B, I)``, or ids ``(T, B)``.
        """

    @abstractmethod
    def run(
        self, cell: Cell, x: Tensor, lengths: Tensor, state: State, *, reverse: bool
    ) -> tuple[Tensor, State]:
        """Run each sequence to its own end; differentiable wherever the cell is.

        Args:
            cell: As in :meth:`fits`.
            x: ``(T, B, I)``; what stands beyond a sequence's length is never read.
            lengths: int64 ``(B,)``, each in ``0..T``.
            state: The state before the first step read.
            reverse: Read each sequence from its end to its first step.

        Returns:
            The outputs ``(T, B, H)``, each at the step that it was read at and zeros beyond each
            length, and the state after the last step read; a sequence of length 0 keeps its state.
        """


class EmbeddingKernel(ABC):
    """Looks up vectors and drops out their features in one go."""

    @abstractmethod
    def fits(self, weight: Tensor, ids: Tensor) -> bool:
        """Whether it can take this input: its device, its type, its size.

        Args:
            weight: ``(V, E)``.
            ids: int64 ``(T, B)``.
        """

    @abstractmethod
    def look_up(
        self,
        weight: Tensor,
        ids: Tensor,
        *,
        padding: int,
        dropout: float,
        per_sequence: bool,
        generator: torch.Generator | None,
    ) -> Tensor:
        """The vectors, of which the dropout keeps the mean; differentiable by ``weight``.

        Args:
            weight: As in :meth:`fits`.
            ids: As in :meth:`fits`.
            padding: The id whose row gets no gradient.
            dropout: The share of features dropped; 0 for none.
            per_sequence: Whether one draw decides on a feature over a whole sequence.
            generator: Where the draws come from; none without dropout.

        Returns:
            ``(T, B, E)``.
        """


@dataclass(frozen=True, slots=True)
class Kernels:
    """What computes a network's parts; none for the parts themselves."""

    cell: CellKernel | None = None
    embedding: EmbeddingKernel | None = None


#: Leaves all to torch.
NO_KERNELS = Kernels()


def installed(cell: str) -> Kernels:
    """The kernels that installed packages have for a network.

    Args:
        cell: The cell's name.

    Raises:
        PluginError: Several are made for the same part.
    """
    return Kernels(cell=_for(cell), embedding=_for(EMBEDDING))


def _for(part: str) -> Any:
    known = [found for found in registry.registered("kernel") if found.spec.part == part]
    if len(known) > 1:
        names = " and ".join(f"{k.distribution}:{k.spec.name}" for k in known)
        raise PluginError(
            f"There are several kernels for '{part}'",
            why=f"{names} are installed",
            fix="Uninstall one of them, or name it in SEQKIT_DISABLE_PLUGINS",
        )
    return lazy.load(known[0].spec.target)() if known else None
