"""What a new plugin package and the things in it are called, from the one name that is given."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import metadata
from importlib.util import find_spec

from seqkit import manager, registry
from seqkit.errors import UsageError

_PREFIX = "seqkit-"
_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_LONGEST = 60  # characters; a bundle's manifest allows a part 100


@dataclass(frozen=True, slots=True)
class Names:
    """The names of a package that brings one part.

    Attributes:
        part: What chooses the part: ``minimal-gru``.
    """

    part: str

    @property
    def package(self) -> str:
        """The distribution: ``seqkit-minimal-gru``."""
        return f"{_PREFIX}{self.part}"

    @property
    def identifier(self) -> str:
        """The part in a module's name: ``minimal_gru``."""
        return self.part.replace("-", "_")

    @property
    def module(self) -> str:
        """The module that has the hooks: ``seqkit_minimal_gru``."""
        return f"seqkit_{self.identifier}"

    @property
    def class_name(self) -> str:
        """The part in a class's name: ``MinimalGru``."""
        return "".join(word.capitalize() for word in self.part.split("-"))


def checked(kind: str, name: str) -> Names:
    """The names that follow from the part's.

    Args:
        kind: A key of :data:`seqkit.specs.SPEC_CLASSES`.
        name: What the part is to be called.

    Raises:
        UsageError: It can't be the name of a part and a package, or is taken.
    """
    if not _NAME.fullmatch(name) or name.startswith(_PREFIX) or len(name) > _LONGEST:
        raise UsageError(
            f"'{name}' can't be the name of a plugin",
            why=f"a name is lower-case letters, digits and single hyphens, begins with a letter, "
            f"has {_LONGEST} characters at most, and lacks the '{_PREFIX}' that the package adds",
            fix=_near(name),
        )
    names = Names(name)
    _refuse_taken_part(kind, names)
    if kind == "reader":
        _refuse_taken_suffix(f".{name}")
    if _is_distribution(names.package) or find_spec(names.module) is not None:
        raise UsageError(
            f"The package '{names.package}' is installed already",
            why=f"a new one would have its name and its module, {names.module}",
            fix=f"Choose another name, or remove it with: pip uninstall {names.package}",
        )
    return names


def _is_distribution(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def _near(name: str) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-").removeprefix(_PREFIX)
    near = words.lstrip("0123456789-")[:_LONGEST].strip("-")
    return f"Did you mean '{near}'?" if near and near != name else ""


def _refuse_taken_part(kind: str, names: Names) -> None:
    for part in registry.registered(kind):
        if part.spec.name != names.part:
            continue
        if part.distribution == manager.BUILTIN:
            why = "the names of seqkit's own parts can't be taken over"
        else:
            why = "of two with one name, each is in the other's way"
        raise UsageError(
            f"There is a {kind} '{names.part}' already, in the package '{part.distribution}'",
            why=why,
            fix=f"Choose another name, such as 'my-{names.part}'",
        )


def _refuse_taken_suffix(suffix: str) -> None:
    for part in registry.registered("reader"):
        if suffix in part.spec.suffixes:
            raise UsageError(
                f"Files that end in '{suffix}' are read by '{part.spec.name}' already",
                why="a reader's name is the suffix of its files too",
                fix=f"Choose another name, such as 'my{suffix[1:]}'",
            )
