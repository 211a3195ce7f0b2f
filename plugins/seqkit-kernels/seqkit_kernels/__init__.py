"""Compiled code that trains and runs seqkit's models faster than torch does."""

from __future__ import annotations

import seqkit
from seqkit_kernels.compiled import available


@seqkit.hookimpl
def seqkit_register_kernels() -> list[seqkit.KernelSpec]:
    """The kernels; none where the library was not compiled."""
    if not available():
        return []
    return [
        seqkit.KernelSpec(
            name="lstm-cpu",
            part="lstm",
            target="seqkit_kernels.lstm:LSTMKernel",
            summary="the LSTM and its gradient in C++, for processors",
        ),
        seqkit.KernelSpec(
            name="embedding-cpu",
            part="embedding",
            target="seqkit_kernels.embedding:LookUp",
            summary="embeddings with dropout in C++, for processors",
        ),
    ]


@seqkit.hookimpl
def seqkit_register_runtimes() -> list[seqkit.RuntimeSpec]:
    """The runtimes; none where the library was not compiled."""
    if not available():
        return []
    return [
        seqkit.RuntimeSpec(
            name="compiled",
            target="seqkit_kernels.runtime:CompiledRuntime",
            summary="LSTM, GRU and RNN with the built-in heads in C++, without torch",
            rank=30,
        ),
        seqkit.RuntimeSpec(
            name="compiled-int8",
            target="seqkit_kernels.runtime:EightBitRuntime",
            summary="the same with weights of eight bits, for who asks for it by name",
            rank=-10,
            tolerance=0.05,
        ),
    ]
