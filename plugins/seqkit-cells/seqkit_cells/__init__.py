"""More recurrent cells for seqkit: one file a cell, each with its equations as one function.

This page declares them and their options and imports no torch. ``base.py`` has what cells share
that seqkit's own don't need, ``scan.py`` the parallel scan over time.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from seqkit import CellSpec, Options, hookimpl
from seqkit.cells import LSTMOptions


class IndRNNOptions(Options, frozen=True, kw_only=True):
    """Options of the ``indrnn`` cell."""

    activation: Annotated[
        Literal["relu", "tanh"], Meta(description="The function applied to each step's sum.")
    ] = "relu"
    bound: Annotated[
        float,
        Meta(
            description="No recurrent weight is larger; above 1, relu's state may grow by as much "
            "as bound ** T over T steps.",
            gt=0.0,
        ),
    ] = 1.0


class QRNNOptions(Options, frozen=True, kw_only=True):
    """Options of the ``qrnn`` cell."""

    window: Annotated[
        Literal[1, 2],
        Meta(
            description="Steps of input that each step's gates see; 2: itself and the one before."
        ),
    ] = 2
    pooling: Annotated[
        Literal["fo", "f"],
        Meta(description="The gates that act on the state: forget and output, or forget alone."),
    ] = "fo"


class SRUOptions(Options, frozen=True, kw_only=True):
    """Options of the ``sru`` cell."""

    highway_bias: Annotated[
        float,
        Meta(
            description="The highway gate's bias before training; below 0, it lets input through."
        ),
    ] = 0.0


_STEPPED = [
    CellSpec(
        name="mgu",
        target="seqkit_cells.mgu:MGU",
        summary="minimal gated unit: one gate that forgets and updates (Zhou et al. 2016)",
        gates=2,
    ),
    CellSpec(
        name="gru-update",
        target="seqkit_cells.gru_update:GRUUpdate",
        summary="the GRU with its update gate alone, as textbooks introduce it",
        gates=2,
    ),
    CellSpec(
        name="lstm-peephole",
        target="seqkit_cells.lstm_peephole:PeepholeLSTM",
        summary="LSTM whose gates see the memory cell (Gers and Schmidhuber 2000)",
        options=LSTMOptions,
        states=("h", "c"),
        gates=4,
    ),
    CellSpec(
        name="lstm-layernorm",
        target="seqkit_cells.lstm_layernorm:LayerNormLSTM",
        summary="LSTM with layer normalisation (Ba, Kiros and Hinton 2016)",
        options=LSTMOptions,
        states=("h", "c"),
        gates=4,
    ),
    CellSpec(
        name="indrnn",
        target="seqkit_cells.indrnn:IndRNN",
        summary="each unit sees its own past alone, with relu or tanh (Li et al. 2018)",
        options=IndRNNOptions,
    ),
]

_SCANNED = [
    CellSpec(
        name="mingru",
        target="seqkit_cells.mingru:MinGRU",
        summary="GRU whose gate sees the input alone; a parallel scan (Feng et al. 2024)",
        gates=2,
    ),
    CellSpec(
        name="minlstm",
        target="seqkit_cells.minlstm:MinLSTM",
        summary="LSTM whose gates see the input alone; a parallel scan (Feng et al. 2024)",
        options=LSTMOptions,
        gates=3,
    ),
    CellSpec(
        name="qrnn",
        target="seqkit_cells.qrnn:QRNN",
        summary="gates that see two steps of input; a parallel scan (Bradbury et al. 2016)",
        options=QRNNOptions,
        states=("c", "z", "f", "o"),
        gates=3,
    ),
    CellSpec(
        name="sru",
        target="seqkit_cells.sru:SRU",
        summary="simple recurrent unit with a highway; a parallel scan (Lei et al. 2018)",
        options=SRUOptions,
        states=("c",),
        gates=3,
    ),
]


@hookimpl
def seqkit_register_cells() -> list[CellSpec]:
    """Those that go step by step, then those that are scanned."""
    return [*_STEPPED, *_SCANNED]
