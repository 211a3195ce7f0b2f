"""A plugin with a cell whose name somebody else has too."""

from __future__ import annotations

from seqkit import CellSpec, hookimpl


@hookimpl
def seqkit_register_cells() -> list[CellSpec]:
    return [CellSpec(name="lstm", target="acme_lstm.cell:Cell", summary="the lstm of acme-lstm")]
