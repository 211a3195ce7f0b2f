"""Stacks cells into layers and directions, over sequences of unequal lengths."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, cast

import torch
from torch import Tensor, nn

from seqkit.cells.base import Cell, State
from seqkit.errors import UsageError
from seqkit.nn.dropout import Dropout, DropoutPer, WeightDropout
from seqkit.nn.kernels import CellKernel

#: One cell's state for each layer and direction: the first layer's forward direction, its
#: backward one if there is any, then the second layer's.
EncoderState: TypeAlias = tuple[State, ...]


class Encoder(nn.Module):
    """Any cell, in any number of layers, in one or both directions.

    Sequences are padded on the right. The backward direction reverses each sequence within its
    own length. What stands in the padding, be it an infinity, never reaches an output, a state or
    a gradient.

    Args:
        cell_factory: Makes a cell from its input size and its hidden size.
        input_size: ``I``, features of each input step; the size of the vocabulary with ``one_hot``.
        hidden_size: ``H``, features of each direction's output.
        layers: How many layers.
        bidirectional: Whether each layer also reads backwards.
        one_hot: Whether the input is ids rather than features.
        dropout: Share of features dropped between layers while training.
        dropout_per: As in :class:`seqkit.nn.dropout.Dropout`.
        weight_dropout: Share of the recurrent weights dropped; see :class:`WeightDropout`.
        kernel: What runs the cells where it fits; none for the cells themselves.

    Attributes:
        output_size: ``D``: ``H``, or ``2*H`` where bidirectional, the forward features first.
        directions: 1 or 2.
        cells: In the order of :data:`EncoderState`.

    Raises:
        UsageError: ``one_hot`` with a cell that takes no ids, or ``weight_dropout`` with one that
            has no recurrent weights.
    """

    def __init__(
        self,
        cell_factory: Callable[[int, int], Cell],
        input_size: int,
        hidden_size: int,
        *,
        layers: int = 1,
        bidirectional: bool = False,
        one_hot: bool = False,
        dropout: float = 0.0,
        dropout_per: DropoutPer = "element",
        weight_dropout: float = 0.0,
        kernel: CellKernel | None = None,
    ) -> None:
        super().__init__()
        self.kernel = kernel
        self.directions = 2 if bidirectional else 1
        self.output_size = self.directions * hidden_size
        cells = (
            cell_factory(self.output_size if layer else input_size, hidden_size)
            for layer in range(layers)
            for _ in range(self.directions)
        )
        self.cells = cast("Sequence[Cell]", nn.ModuleList(cells))
        self.dropout = Dropout(dropout, per=dropout_per)
        if one_hot and not self.cells[0].takes_ids:
            raise UsageError(
                f"the cell {type(self.cells[0]).__name__} takes no one-hot input",
                why="it needs vectors, not ids",
                fix="Use a learned embedding",
            )
        self.weight_dropout = WeightDropout(weight_dropout)
        if weight_dropout and not self.cells[0].recurrent_weights:
            raise UsageError(
                f"the cell {type(self.cells[0]).__name__} can't have weight dropout",
                why="it has no matrix of recurrent weights",
                fix="Set encoder.weight_dropout=0, or choose another cell",
            )

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw all cells' parameters anew from ``generator``."""
        for cell in self.cells:
            cell.reset_parameters(generator)

    def initial_state(self, batch_size: int) -> EncoderState:
        """The state before the first step."""
        return tuple(cell.initial_state(batch_size) for cell in self.cells)

    def forward(self, x: Tensor, lengths: Tensor, state: EncoderState | None = None) -> Tensor:
        """Encode, where no final state is needed: the fastest way.

        Args:
            x: ``(T, B, I)``, or ids ``(T, B)`` with ``one_hot``.
            lengths: int64 ``(B,)``, steps of each sequence, each in ``0..T``.
            state: The state before the first step; :meth:`initial_state` if none.

        Returns:
            ``(T, B, D)``, zeros beyond each sequence's length.
        """
        T, B = x.shape[:2]
        # Through the padding too, since nobody looks at the states: stopping at each sequence's end
        # made small LSTMs (T=20 to 40, H=32 to 64, on a CPU) train three to four times as long.
        return self._encode(x, lengths, [T] * B, state)[0]

    def run(
        self, x: Tensor, lengths: Tensor, state: EncoderState | None = None
    ) -> tuple[Tensor, EncoderState]:
        """Encode, and give the state of each sequence at its own end.

        With equal lengths this costs what :meth:`forward` does, otherwise a run of the cell for
        each distinct length. A sequence of length 0 keeps its state. The backward direction's
        state is that after it has read a sequence from its end to its first step.

        Args:
            x: As in :meth:`forward`.
            lengths: As in :meth:`forward`.
            state: As in :meth:`forward`.

        Returns:
            The outputs, as in :meth:`forward`, and the final state.
        """
        return self._encode(x, lengths, lengths.tolist(), state)

    def run_cell(self, index: int, x: Tensor, state: State) -> tuple[Tensor, State]:
        """Run one of the cells over a piece of sequences that all have it whole.

        Args:
            index: Which, in the order of :data:`EncoderState`.
            x: ``(T, B, I)``, or ids ``(T, B)``; at least one step.
            state: The state before the step that it reads first.

        Returns:
            The outputs ``(T, B, H)``, those of a backward direction too in the order of ``x``,
            and the state after the step that it reads last.
        """
        cell, reverse = self.cells[index], self.directions == 2 and index % 2 == 1
        if self.kernel and self.kernel.fits(cell, x):
            lengths = torch.full((x.shape[1],), len(x), device=x.device)
            return self.kernel.run(cell, x, lengths, state, reverse=reverse)
        if not reverse:
            return cell(x, state)  # type: ignore[no-any-return]
        y, state = cell(x.flip(0), state)
        return y.flip(0), state

    def _encode(
        self, x: Tensor, lengths: Tensor, ends: list[int], state: EncoderState | None
    ) -> tuple[Tensor, EncoderState]:
        """Run each sequence up to its end in ``ends``, which is its length or beyond."""
        with self.weight_dropout.dropped(self.cells):
            return self._layers(x, lengths, ends, state)

    def _layers(
        self, x: Tensor, lengths: Tensor, ends: list[int], state: EncoderState | None
    ) -> tuple[Tensor, EncoderState]:
        lengths = lengths.to(x.device)
        state = self.initial_state(x.shape[1]) if state is None else state
        final: list[State] = []
        for first in range(0, len(self.cells), self.directions):
            if first:
                x = self.dropout(x)
            if self.kernel and self.kernel.fits(self.cells[first], x):
                x, end_states = self._layer_by_kernel(self.kernel, first, x, lengths, state)
            else:
                x, end_states = self._layer(first, x, lengths, ends, state)
            final += end_states
        return x, tuple(final)

    def _layer_by_kernel(
        self, kernel: CellKernel, first: int, x: Tensor, lengths: Tensor, state: EncoderState
    ) -> tuple[Tensor, list[State]]:
        runs = [
            kernel.run(self.cells[first + back], x, lengths, state[first + back], reverse=back == 1)
            for back in range(self.directions)
        ]
        outputs = [y for y, _ in runs]
        y = torch.cat(outputs, dim=-1) if len(outputs) > 1 else outputs[0]
        return y, [end for _, end in runs]

    def _layer(
        self, first: int, x: Tensor, lengths: Tensor, ends: list[int], state: EncoderState
    ) -> tuple[Tensor, list[State]]:
        T, B = x.shape[:2]
        steps = torch.arange(T, device=x.device).unsqueeze(1)  # (T, 1)
        padding = steps >= lengths  # (T, B)
        if not first:
            # A zero factor would not do, for zero times infinity is no number.
            x = x.masked_fill(padding.view(T, B, *[1] * (x.dim() - 2)), 0)
        y, end_state = run_until(self.cells[first], x, ends, state[first])
        final = [end_state]
        if self.directions == 2:
            mirror = torch.where(padding, steps, lengths - 1 - steps)  # (T, B)
            y_back, end_state = run_until(
                self.cells[first + 1], reorder(x, mirror), ends, state[first + 1]
            )
            final.append(end_state)
            y = torch.cat([y, reorder(y_back, mirror)], dim=-1)
        return y.masked_fill(padding.unsqueeze(-1), 0), final


def reorder(x: Tensor, order: Tensor) -> Tensor:
    """Put the steps of each sequence in an order of its own.

    Args:
        x: ``(T, B, ...)``.
        order: int64 ``(S, B)``: for each place, the step that comes to stand there.

    Returns:
        ``(S, B, ...)``.
    """
    B = order.shape[1]
    rows = order * B + torch.arange(B, device=order.device)  # into (T*B, ...)
    return x.flatten(0, 1).index_select(0, rows.flatten()).view(*order.shape, *x.shape[2:])


def run_until(cell: Cell, x: Tensor, ends: list[int], state: State) -> tuple[Tensor, State]:
    """Run a cell over each sequence up to its own end.

    The time is cut at each distinct end; a sequence that has ended takes no part in what follows,
    so that its state is left as it was, for any cell.

    Args:
        cell: Whose ``forward`` to run.
        x: ``(T, B, I)`` or ids ``(T, B)``.
        ends: How many steps to run of each sequence, ``B`` numbers in ``0..T``.
        state: The state before the first step.

    Returns:
        The outputs ``(T, B, H)``, zeros beyond each end, and the state at each end.
    """
    T, B = x.shape[:2]
    start, outputs = 0, []
    for end in sorted(set(ends) - {0}):
        rows = [b for b in range(B) if ends[b] >= end]
        if len(rows) == B:
            y, state = cell(x[start:end], state)
        else:
            alive = torch.tensor(rows, device=x.device)
            part = tuple(s.index_select(0, alive) for s in state)
            y_alive, part = cell(x[start:end].index_select(1, alive), part)
            y = y_alive.new_zeros(end - start, B, cell.hidden_size)
            y = y.index_copy(1, alive, y_alive)
            state = tuple(s.index_copy(0, alive, p) for s, p in zip(state, part, strict=True))
        outputs.append(y)
        start = end
    outputs.append(state[0].new_zeros(T - start, B, cell.hidden_size))
    return torch.cat(outputs), state
