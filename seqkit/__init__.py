"""Recurrent sequence models for text: generation, classification and tagging.

The names below are loaded when first used, so that ``import seqkit`` costs almost nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seqkit.api import load, train
    from seqkit.comparing.comparison import compare
    from seqkit.errors import SeqkitError
    from seqkit.hookspecs import hookimpl
    from seqkit.specs import (
        CallbackSpec,
        CellSpec,
        CommandSpec,
        HeadSpec,
        KernelSpec,
        ModelSpec,
        Options,
        ReaderSpec,
        RuntimeSpec,
        TokenizerSpec,
    )

__version__ = "0.1.0"

_WHERE = {
    "compare": "seqkit.comparing.comparison",
    "load": "seqkit.api",
    "train": "seqkit.api",
    "SeqkitError": "seqkit.errors",
    "hookimpl": "seqkit.hookspecs",
    "CallbackSpec": "seqkit.specs",
    "CellSpec": "seqkit.specs",
    "CommandSpec": "seqkit.specs",
    "HeadSpec": "seqkit.specs",
    "KernelSpec": "seqkit.specs",
    "ModelSpec": "seqkit.specs",
    "Options": "seqkit.specs",
    "ReaderSpec": "seqkit.specs",
    "RuntimeSpec": "seqkit.specs",
    "TokenizerSpec": "seqkit.specs",
}

__all__ = [
    "CallbackSpec",
    "CellSpec",
    "CommandSpec",
    "HeadSpec",
    "KernelSpec",
    "ModelSpec",
    "Options",
    "ReaderSpec",
    "RuntimeSpec",
    "SeqkitError",
    "TokenizerSpec",
    "__version__",
    "compare",
    "hookimpl",
    "load",
    "train",
]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        import importlib

        value = getattr(importlib.import_module(_WHERE[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'seqkit' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
