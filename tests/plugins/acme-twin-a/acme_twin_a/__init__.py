"""A plugin with a cell whose name somebody else has too."""

from __future__ import annotations

from seqkit import CellSpec, hookimpl


@hookimpl
def seqkit_register_cells() -> list[CellSpec]:
    return [
        CellSpec(name="twin", target="acme_twin_a.cell:Cell", summary="the twin of acme-twin-a")
    ]
