"""Finds a part by its kind and the name that a recipe or an option gives.

A plain name means the built-in part of that name, or else the one plugin's part that has it.
``distribution:name`` means exactly one part and always works, for built-ins too
(``seqkit:lstm``). Nobody can shadow a built-in: a plugin's ``lstm`` is reached as ``acme:lstm``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from seqkit import lazy, manager
from seqkit.errors import PluginError, did_you_mean
from seqkit.specs import SPEC_CLASSES


@dataclass(frozen=True, slots=True)
class Registered:
    """A part and where it comes from.

    Attributes:
        spec: What the plugin says about it; its class is the kind's in
            :data:`seqkit.specs.SPEC_CLASSES`.
        distribution: The normalised name of the package; ``seqkit`` for built-ins.
        version: That package's version.
    """

    spec: Any
    distribution: str
    version: str

    @property
    def qualified(self) -> str:
        """The name that always means this part: ``distribution:name``."""
        return f"{self.distribution}:{self.spec.name}"


def find(kind: str, name: str) -> Registered:
    """The part of that kind and name.

    Installed plugins are imported only when the name is not a built-in one.

    Args:
        kind: ``cell``, ``tokenizer``, or another key of :data:`seqkit.specs.SPEC_CLASSES`.
        name: A plain name, or ``distribution:name``.

    Returns:
        The one part that the name means.

    Raises:
        PluginError: There is no such kind or part, or several packages have a part of that name.
    """
    _check(kind)
    distribution, _, plain = name.rpartition(":")
    distribution = manager.normalised(distribution)
    if distribution in ("", manager.BUILTIN):
        for part in _parts(kind, [manager.current().builtin]):
            if part.spec.name == plain:
                return part
    matches = [
        part
        for part in _parts(kind, manager.current().others)
        if part.spec.name == plain and distribution in ("", part.distribution)
    ]
    if not matches:
        raise _missing(kind, name, distribution)
    if len(matches) > 1:
        several = [f"'{part.qualified}'" for part in matches]
        raise PluginError(
            f"{kind} '{name}' is ambiguous",
            why=f"{len(several)} installed packages have one of that name",
            fix=f"Choose {', '.join(several[:-1])} or {several[-1]}",
        )
    return matches[0]


def load_target(kind: str, name: str) -> Any:
    """Import what the part of that kind and name is implemented by.

    Args:
        kind: Any kind but ``model``, which is a directory and nothing to import.
        name: A plain name, or ``distribution:name``.

    Returns:
        The object that the spec's ``target`` names.

    Raises:
        PluginError: There is no such part, or its target can't be imported.
        MissingDependency: Its target needs a module that is not installed.
    """
    return lazy.load(find(kind, name).spec.target)


def registered(kind: str) -> list[Registered]:
    """Every part of that kind that may be chosen, built-ins first, then by distribution.

    Args:
        kind: A key of :data:`seqkit.specs.SPEC_CLASSES`.

    Returns:
        The parts, in the order of :func:`names`.

    Raises:
        PluginError: There is no such kind.
    """
    _check(kind)
    return list(_parts(kind, manager.current().plugins))


def names(kind: str) -> list[str]:
    """The shortest name that chooses each part: plain, or qualified where that is taken.

    Args:
        kind: A key of :data:`seqkit.specs.SPEC_CLASSES`.

    Returns:
        A name for each part, in the order of :func:`registered`.

    Raises:
        PluginError: There is no such kind.
    """
    parts = registered(kind)
    return [part.spec.name if not rivals(part, parts) else part.qualified for part in parts]


def rivals(part: Registered, parts: Iterable[Registered]) -> list[Registered]:
    """The parts on whose account the plain name does not mean ``part``.

    Args:
        part: The part whose name is wanted by others.
        parts: All parts of its kind.

    Returns:
        The built-in of the same name, or else every other part of that name; nothing for a
        built-in, which always keeps its name.
    """
    if part.distribution == manager.BUILTIN:
        return []
    others = [p for p in parts if p.spec.name == part.spec.name and p != part]
    return [p for p in others if p.distribution == manager.BUILTIN] or others


def _parts(kind: str, plugins: Iterable[manager.Plugin]) -> Iterable[Registered]:
    for plugin in plugins:
        for spec in plugin.parts:
            if spec.kind == kind:
                yield Registered(spec, plugin.distribution, plugin.version)


def _check(kind: str) -> None:
    if kind not in SPEC_CLASSES:
        raise PluginError(f"'{kind}' is no kind of part", fix=did_you_mean(kind, SPEC_CLASSES))


def _missing(kind: str, name: str, distribution: str) -> PluginError:
    """The error for a name that nothing has: what there is, and what could have brought it."""
    plugins = [p for p in manager.current().plugins if distribution in ("", p.distribution)]
    aside = [p for p in plugins if p.status != "ok"]
    verbs = {"failed": "failed", "disabled": "is disabled"}
    why = "; ".join(f"The plugin '{p.distribution}' {verbs[p.status]}: {p.reason}" for p in aside)
    if distribution and not plugins:
        return PluginError(
            f"There is no {kind} '{name}'",
            why=f"The package '{distribution}' is not installed, or is no plugin of seqkit",
            fix=f"Install it with: pip install {distribution}",
        )
    more = "Packages that bring others are installed with pip and listed by: seqkit plugins"
    return PluginError(
        f"There is no {kind} '{name}'", why=why, fix=f"{did_you_mean(name, names(kind))}. {more}"
    )
