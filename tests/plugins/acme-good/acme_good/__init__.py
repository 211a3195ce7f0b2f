"""A plugin as it should be: a cell and a tokenizer, declared without importing either."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from seqkit import CellSpec, Options, TokenizerSpec, hookimpl


class LeakyOptions(Options, frozen=True, kw_only=True):
    """Options of the ``leaky`` cell."""

    leak: Annotated[float, Meta(gt=0, le=1, description="Share of the state renewed a step.")] = 0.5


@hookimpl
def seqkit_register_cells() -> list[CellSpec]:
    return [
        CellSpec(
            name="leaky",
            target="acme_good.leaky:Leaky",
            summary="leaky integrator",
            options=LeakyOptions,
        )
    ]


@hookimpl
def seqkit_register_tokenizers() -> list[TokenizerSpec]:
    return [
        TokenizerSpec(
            name="code-point",
            target="acme_good.code_point:CodePointTokenizer",
            summary="one token a Unicode code point",
            lossless=True,
        )
    ]
