"""Every hook that a plugin may implement.

A plugin is a module, named by an entry point in the group ``seqkit``, with functions of these
names marked ``@seqkit.hookimpl``. Each is called once, takes nothing, and returns a list of frozen
specs. It must import nothing heavy: a spec names its implementation as ``"package.module:Class"``
and seqkit loads that when the part is first used.
"""

from __future__ import annotations

import pluggy

from seqkit.specs import (
    CallbackSpec,
    CellSpec,
    CommandSpec,
    HeadSpec,
    KernelSpec,
    ModelSpec,
    ReaderSpec,
    RuntimeSpec,
    TokenizerSpec,
)

hookspec = pluggy.HookspecMarker("seqkit")
hookimpl = pluggy.HookimplMarker("seqkit")


@hookspec
def seqkit_register_tokenizers() -> list[TokenizerSpec]:  # type: ignore[empty-body]
    """Tokenizers; each target is a :class:`seqkit.tokenizers.base.Tokenizer`."""


@hookspec
def seqkit_register_cells() -> list[CellSpec]:  # type: ignore[empty-body]
    """Recurrent cells; each target is a :class:`seqkit.cells.base.Cell`."""


@hookspec
def seqkit_register_kernels() -> list[KernelSpec]:  # type: ignore[empty-body]
    """Faster ways to compute parts of the network; see :mod:`seqkit.nn.kernels`."""


@hookspec
def seqkit_register_heads() -> list[HeadSpec]:  # type: ignore[empty-body]
    """Task heads; each target is a :class:`seqkit.heads.base.Head`."""


@hookspec
def seqkit_register_readers() -> list[ReaderSpec]:  # type: ignore[empty-body]
    """File formats; each target is a :class:`seqkit.readers.base.Reader`."""


@hookspec
def seqkit_register_runtimes() -> list[RuntimeSpec]:  # type: ignore[empty-body]
    """Ways to run a network; each target is a :class:`seqkit.runtimes.base.Runtime`."""


@hookspec
def seqkit_register_models() -> list[ModelSpec]:  # type: ignore[empty-body]
    """Bundles that the package brings along."""


@hookspec
def seqkit_register_commands() -> list[CommandSpec]:  # type: ignore[empty-body]
    """Commands of the ``seqkit`` group; each target is a :class:`click.Command`."""


@hookspec
def seqkit_register_callbacks() -> list[CallbackSpec]:  # type: ignore[empty-body]
    """Observers of training; each target is a :class:`seqkit.training.callbacks.Callback`."""
