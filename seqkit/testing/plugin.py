"""What a plugin as a whole must do: be found, be admitted, stay light, and touch nothing."""

from __future__ import annotations

from functools import partial
from importlib import import_module
from typing import ClassVar

import seqkit
from seqkit import lazy, manager, registry
from seqkit.errors import MissingDependency, PluginError, SeqkitError
from seqkit.manager import Candidate, Plugin, normalised
from seqkit.options import describe
from seqkit.specs import SPEC_CLASSES, AnySpec
from seqkit.testing.contract import Contract, ContractError, NotApplicable
from seqkit.testing.fresh import run_fresh

#: The fields of specs that name an object to import.
TARGETS = ("target", "decoder", "lowering")

_REGISTER = """
import sys
from seqkit.testing.plugin import candidates, parts_of
for candidate in candidates(sys.argv[1]):
    parts_of(candidate)
"""

_REGISTER_AND_LEAVE = """
import sys
from seqkit.testing.plugin import candidates, left_behind
print(left_behind(sys.argv[1]))
"""


class PluginContract(Contract):
    """The contract of a distribution with entry points in the group ``seqkit``.

    Attributes:
        name: The distribution's name; ``seqkit`` for the built-in parts.
    """

    kind = "plugin"

    name: ClassVar[str]

    def parts(self) -> list[AnySpec]:
        """Every spec that it registers.

        Raises:
            NotApplicable: It is not admitted, which is another check's to tell.
        """
        try:
            return [part for candidate in candidates(self.name) for part in parts_of(candidate)]
        except ContractError as error:
            raise NotApplicable(f"it registers nothing: {error}") from error

    def test_entry_points_resolve(self) -> None:
        """Each of its entry points can be imported."""
        for candidate in candidates(self.name):
            point = candidate.plugin.entry_point
            try:
                candidate.load()
            except (Exception, SystemExit) as error:
                raise ContractError(
                    f"importing the entry point '{point}' raised {manager.one_line(error)}"
                ) from error

    def test_hooks_are_seqkits(self) -> None:
        """Its hooks have the names of seqkit's, and each returns specs that are complete."""
        for candidate in candidates(self.name):
            try:
                candidate.load()
            except (Exception, SystemExit) as error:
                raise NotApplicable("an entry point can't be imported") from error
            parts_of(candidate)

    def test_registers_without_torch(self) -> None:
        """Importing it and asking for its specs imports no torch, in a fresh process."""
        self.parts()
        run_fresh(_REGISTER, self.name).require_no_torch("registering it")

    def test_parts_can_be_imported(self) -> None:
        """What each spec names is there: target, decoder and lowering."""
        missing = []
        for part in self.parts():
            for field in TARGETS:
                target = getattr(part, field, "")
                if not target:
                    continue
                try:
                    lazy.load(target)
                except MissingDependency as error:
                    missing.append(str(error))
                except SeqkitError as error:
                    raise ContractError(
                        f"the {field} of the {part.kind} '{part.name}': {error}"
                    ) from error
        if missing:
            raise NotApplicable(f"not all that it may need is installed: {' '.join(missing)}")

    def test_parts_explain_themselves(self) -> None:
        """Each part has a summary of a line, and each of its options a description."""
        for part in self.parts():
            if not part.summary.strip() or len(part.summary) > 200:
                raise ContractError(
                    f"the summary of the {part.kind} '{part.name}' has {len(part.summary)} "
                    "characters; listings show it in a line of at most 200"
                )
            require_described(part)

    def test_registers_the_same_twice(self) -> None:
        """Asked twice, its hooks return equal specs."""
        first, second = self.parts(), self.parts()
        for one, other in zip(first, second, strict=False):
            if one != other:
                raise ContractError(
                    f"asked again, it registers {other} in place of {one}; specs must be equal"
                )
        if len(first) != len(second):
            raise ContractError(f"asked again, it registers {len(second)} parts, not {len(first)}")

    def test_leaves_nothing_behind(self) -> None:
        """Once it is unregistered, there are the parts that there were without it."""
        self.parts()
        if extra := run_fresh(_REGISTER_AND_LEAVE, self.name).output.strip():
            raise ContractError(
                f"after it is unregistered, these differ from before: {extra}; a plugin returns "
                "its specs and changes nothing of seqkit's"
            )


def require_described(part: AnySpec) -> None:
    """Make sure that each option of a part says what it is for.

    Raises:
        ContractError: One has no description.
    """
    options = getattr(part, "options", None)
    bare = [option.name for option in describe(options) if not option.help] if options else []
    if bare:
        raise ContractError(
            f"the option '{bare[0]}' of the {part.kind} '{part.name}' has no description; declare "
            "it as Annotated[type, msgspec.Meta(description=...)]"
        )


def candidates(distribution: str) -> list[Candidate]:
    """The entry points of an installed distribution, none of them imported.

    Raises:
        ContractError: It has none, or the environment disables it.
    """
    if normalised(distribution) == manager.BUILTIN:
        record = Plugin(manager.BUILTIN, seqkit.__version__, "builtin")
        return [Candidate(record, partial(import_module, "seqkit.builtin"))]
    found = [c for c in manager.installed() if c.plugin.distribution == normalised(distribution)]
    if not found:
        raise ContractError(
            f"no installed distribution '{distribution}' has an entry point in the group "
            f"'{manager.GROUP}'; declare one in pyproject.toml under "
            f"[project.entry-points.{manager.GROUP}] and install it with: pip install -e ."
        )
    for candidate in found:
        if candidate.plugin.status != "ok":
            raise ContractError(f"it is {candidate.plugin.status}: {candidate.plugin.reason}")
    return found


def parts_of(candidate: Candidate) -> tuple[AnySpec, ...]:
    """What one entry point registers.

    Raises:
        ContractError: It would be set aside, with the reason.
    """
    admitted = manager.admitted(candidate, taken=set())
    if admitted.status != "ok":
        raise ContractError(f"it is set aside: {admitted.reason}")
    return admitted.parts


def left_behind(distribution: str) -> str:
    """What differs among seqkit's own parts after a distribution was registered and left again."""
    before = _own_parts()
    with manager.isolated([candidate.load() for candidate in candidates(distribution)]) as current:
        for kind in SPEC_CLASSES:
            registry.registered(kind)
        assert len(current.plugins) > 1
    after = _own_parts()
    return ", ".join(sorted(f"{kind} '{name}'" for kind, name, _ in before ^ after))


def _own_parts() -> set[tuple[str, str, str]]:
    with manager.isolated() as current:
        try:
            return {(p.kind, p.name, repr(p)) for p in current.builtin.parts}
        except RuntimeError as error:
            raise PluginError(str(error)) from error
