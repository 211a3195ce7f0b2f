"""What the commands below ``seqkit plugins`` share: the parts, and the names that choose them."""

from __future__ import annotations

from collections.abc import Iterator

from seqkit import manager, registry
from seqkit.errors import PluginError, did_you_mean
from seqkit.specs import SPEC_CLASSES


def choices() -> Iterator[tuple[str, registry.Registered, str]]:
    """Every part with its kind and the shortest name that chooses it."""
    for kind in SPEC_CLASSES:
        for part, name in zip(registry.registered(kind), registry.names(kind), strict=True):
            yield kind, part, name


def means(name: str, part: registry.Registered) -> bool:
    """Whether a name is a part's, as ``NAME``, ``KIND:NAME`` or ``PACKAGE:NAME``, or its package's.

    Args:
        name: What a user typed.
        part: One of the registered.
    """
    kind = part.spec.kind
    return (
        manager.normalised(name) == part.distribution
        or name in (part.spec.name, f"{kind}:{part.spec.name}")
        or name in (part.qualified, f"{kind}:{part.qualified}")
    )


def unknown(name: str) -> PluginError:
    """The error for a name that neither a part nor a package has."""
    known = {part.spec.name for _, part, _ in choices()}
    known |= {plugin.distribution for plugin in manager.current().plugins}
    plain = name.rpartition(":")[2]
    return PluginError(f"Nothing is called '{name}'", fix=did_you_mean(plain, known))


def package(plugin: manager.Plugin) -> str:
    """A plugin's package with its version."""
    return f"{plugin.distribution} {plugin.version}".rstrip()
