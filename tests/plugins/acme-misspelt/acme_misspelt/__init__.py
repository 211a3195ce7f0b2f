"""A plugin that misspells one of its two hooks."""

from __future__ import annotations

from seqkit import CellSpec, TokenizerSpec, hookimpl


@hookimpl
def seqkit_register_cell() -> list[CellSpec]:
    return []


@hookimpl
def seqkit_register_tokenizers() -> list[TokenizerSpec]:
    return [
        TokenizerSpec(
            name="orphan", target="acme_misspelt:Orphan", summary="never seen", lossless=False
        )
    ]
