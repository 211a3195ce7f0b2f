"""Contracts that a plugin's parts must keep, for their authors to run, and what tests of them need.

A contract is a class of checks; its subclass names a part, and pytest finds the checks in it::

    from seqkit.testing import CellContract

    class TestMGU(CellContract):
        name = "mgu"

Without pytest, :func:`checks` runs them. One file a contract; ``tiny.py`` makes corpora and bundles
that take a second, and ``fixtures.py`` is a plugin of pytest. The names below are loaded when first
used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from seqkit.testing.callback import CallbackContract
    from seqkit.testing.cell import CellContract
    from seqkit.testing.command import CommandContract
    from seqkit.testing.contract import (
        CheckResult,
        Contract,
        ContractError,
        NotApplicable,
        checks,
        contract_for,
    )
    from seqkit.testing.head import HeadContract
    from seqkit.testing.model import ModelContract
    from seqkit.testing.plugin import PluginContract
    from seqkit.testing.reader import ReaderContract
    from seqkit.testing.runtime import RuntimeContract
    from seqkit.testing.tokenizer import TokenizerContract

_WHERE = {
    "CallbackContract": "seqkit.testing.callback",
    "CellContract": "seqkit.testing.cell",
    "CheckResult": "seqkit.testing.contract",
    "CommandContract": "seqkit.testing.command",
    "Contract": "seqkit.testing.contract",
    "ContractError": "seqkit.testing.contract",
    "HeadContract": "seqkit.testing.head",
    "ModelContract": "seqkit.testing.model",
    "NotApplicable": "seqkit.testing.contract",
    "PluginContract": "seqkit.testing.plugin",
    "ReaderContract": "seqkit.testing.reader",
    "RuntimeContract": "seqkit.testing.runtime",
    "TokenizerContract": "seqkit.testing.tokenizer",
    "checks": "seqkit.testing.contract",
    "contract_for": "seqkit.testing.contract",
}

__all__ = [
    "CallbackContract",
    "CellContract",
    "CheckResult",
    "CommandContract",
    "Contract",
    "ContractError",
    "HeadContract",
    "ModelContract",
    "NotApplicable",
    "PluginContract",
    "ReaderContract",
    "RuntimeContract",
    "TokenizerContract",
    "checks",
    "contract_for",
]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        import importlib

        value = getattr(importlib.import_module(_WHERE[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'seqkit.testing' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
