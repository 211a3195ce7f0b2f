"""The compiled library, as Python calls it; ``src/lstm.h`` declares the same to C++."""

from __future__ import annotations

import ctypes
import functools
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    import torch


_KINDS = {"torch.float32": "float", "torch.float64": "double"}


class LSTMProblem(ctypes.Structure):
    """``struct LSTM`` of ``src/lstm.h``, which says what each array holds."""

    _fields_: ClassVar = [
        *((name, ctypes.c_int64) for name in ("T", "B", "I", "H", "reverse", "threads")),
        *(
            (name, ctypes.c_void_p)
            for name in (
                *("lengths", "x", "W_hx", "W_hh", "b", "h_0", "c_0"),
                *("y", "c", "gates", "h_n", "c_n"),
                *("dy", "dh_n", "dc_n"),
                *("dx", "da", "dW_hx", "dW_hh", "db", "dh_0", "dc_0"),
            )
        ),
    ]


class EmbeddingProblem(ctypes.Structure):
    """``struct Embedding`` of ``src/embedding.h``."""

    _fields_: ClassVar = [
        *((name, ctypes.c_int64) for name in ("N", "V", "E", "masks", "threads", "padding")),
        ("seed", ctypes.c_uint64),
        ("drop", ctypes.c_double),
        *((name, ctypes.c_void_p) for name in ("ids", "weight", "y", "dy", "dweight")),
    ]


def _path() -> Path | None:
    return next(Path(__file__).parent.glob("_library*.so"), None)


def available() -> bool:
    """Whether the library was compiled when this package was installed."""
    return _path() is not None


@functools.cache
def load() -> ctypes.CDLL:
    """The library itself; calls of its functions let other Python threads run."""
    return ctypes.CDLL(str(_path()))


def use_level(level: int) -> int:
    """Compute with this level of instructions, or with the best that the processor has.

    Args:
        level: 0 for what every processor of its kind has, 1 for AVX2, 2 for AVX-512.

    Returns:
        The level in use from now on; without a call it is the best.
    """
    return int(load().seqkit_use_level(level))


def takes(dtype: torch.dtype) -> bool:
    """Whether the library computes in this precision."""
    return str(dtype) in _KINDS


def call(function: str, problem: ctypes.Structure, dtype: torch.dtype) -> None:
    """Call a function of the library in single or double precision, as ``dtype`` says."""
    getattr(load(), f"seqkit_{function}_{_KINDS[str(dtype)]}")(ctypes.byref(problem))
