"""Compiled kernels that train and run seqkit's cells faster than torch's own."""

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
