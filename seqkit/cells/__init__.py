"""Recurrent cells: one file a cell, each with its equations as one step function.

This page declares their options and imports no torch; ``base.py`` is the interface.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from seqkit.specs import CellSpec, Options


class RNNOptions(Options, frozen=True, kw_only=True):
    """Options of the ``rnn`` cell."""

    activation: Annotated[
        Literal["tanh", "relu"], Meta(description="The function applied to each step's sum.")
    ] = "tanh"


class GRUOptions(Options, frozen=True, kw_only=True):
    """Options of the ``gru`` cell."""

    reset: Annotated[
        Literal["after", "before"],
        Meta(
            description="Where the reset gate acts: after the product with the recurrent weights, "
            "as fast kernels have it, or on the state before it, as Cho et al. wrote it."
        ),
    ] = "after"


class LSTMOptions(Options, frozen=True, kw_only=True):
    """Options of the ``lstm`` cell."""

    forget_bias: Annotated[
        float,
        Meta(description="The forget gate's bias before training; 1 keeps memory from the start."),
    ] = 1.0


CELLS = [
    CellSpec(
        name="rnn",
        target="seqkit.cells.rnn:RNN",
        summary="vanilla recurrent network with tanh or relu (Elman 1990)",
        options=RNNOptions,
        states=("h",),
        gates=1,
        lowering="seqkit.lowering.cells:rnn",
    ),
    CellSpec(
        name="gru",
        target="seqkit.cells.gru:GRU",
        summary="gated recurrent unit: update and reset gates (Cho et al. 2014)",
        options=GRUOptions,
        states=("h",),
        gates=3,
        lowering="seqkit.lowering.cells:gru",
    ),
    CellSpec(
        name="lstm",
        target="seqkit.cells.lstm:LSTM",
        summary="long short-term memory: input, forget and output gates (Hochreiter and "
        "Schmidhuber 1997; forget gate by Gers et al. 2000)",
        options=LSTMOptions,
        states=("h", "c"),
        gates=4,
        lowering="seqkit.lowering.cells:lstm",
    ),
]
