"""Finds plugins, and keeps a broken one from breaking anything else.

The built-in parts come first, through the same hooks as anyone's. Installed plugins are entry
points in the group ``seqkit``; they are imported only when somebody asks for something that the
built-ins do not have, or for the list of everything. Each is tried by itself, on a pluggy manager
of its own: one that can't be imported, misspells a hook, raises in one or returns a bad spec is
set aside whole, with the reason, and contributes nothing; the others never notice.

Two environment variables are for operators, both with distribution names separated by commas:
``SEQKIT_LOAD_PLUGINS`` (import these and no others; empty for none at all) and
``SEQKIT_DISABLE_PLUGINS`` (import all but these).
"""

from __future__ import annotations

import difflib
import importlib
import os
import re
import threading
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from importlib import metadata
from typing import Literal

import pluggy

import seqkit
from seqkit import hookspecs
from seqkit.specs import SPEC_CLASSES, AnySpec

#: The entry-point group that plugins are found in.
GROUP = "seqkit"
#: The distribution that built-in parts belong to.
BUILTIN = "seqkit"
#: Each hook and the kind of part that it registers.
HOOKS = {f"seqkit_register_{kind}s": kind for kind in SPEC_CLASSES}

Status = Literal["ok", "failed", "disabled"]


@dataclass(frozen=True, slots=True)
class Plugin:
    """What became of one plugin.

    Attributes:
        distribution: The normalised name of the package that brings it.
        version: That package's version, or the empty string where there is none.
        entry_point: Its entry point's name; a package may have several.
        status: ``ok``, ``failed`` (set aside), or ``disabled`` (never imported).
        reason: Why it is not ``ok``, in one line.
        parts: The specs that it registers; empty unless ``ok``.
    """

    distribution: str
    version: str
    entry_point: str
    status: Status = "ok"
    reason: str = ""
    parts: tuple[AnySpec, ...] = ()


@dataclass(frozen=True, slots=True)
class Candidate:
    """A plugin that has been found but not imported.

    Attributes:
        plugin: Its record so far; ``ok`` when it may be imported.
        load: Imports it and returns the module or object that holds the hooks.
    """

    plugin: Plugin
    load: Callable[[], object]


class Rejected(Exception):  # noqa: N818 -- a verdict that never leaves this module, not an error
    """Why a plugin is set aside."""


def normalised(distribution: str) -> str:
    """The name of a distribution as PEP 503 compares it: ``Acme_Cells`` is ``acme-cells``."""
    return re.sub(r"[-_.]+", "-", distribution.strip()).lower()


class Manager:
    """The plugins of one process.

    Args:
        candidates: Finds the plugins beyond the built-in ones; called once, at the first need.
    """

    def __init__(self, candidates: Callable[[], Iterable[Candidate]]) -> None:
        self._candidates = candidates
        self._lock = threading.RLock()
        self._found: list[Plugin] | None = None

    @cached_property
    def builtin(self) -> Plugin:
        """The built-in parts, found without importing anyone's plugin."""
        record = Plugin(BUILTIN, seqkit.__version__, "builtin")
        # By name, because this module stands below everything that the built-ins are.
        plugin = admitted(
            Candidate(record, partial(importlib.import_module, "seqkit.builtin")), taken=set()
        )
        if plugin.status != "ok":
            raise RuntimeError(f"the built-in parts are broken: {plugin.reason}")
        return plugin

    @property
    def others(self) -> Sequence[Plugin]:
        """Every other plugin, by distribution; the first use imports them."""
        with self._lock:
            if self._found is None:
                # Assigned before it is full: a plugin that asks for parts while it is being
                # imported gets those before it instead of an endless recursion.
                self._found = []
                try:
                    self._admit_all(self._found)
                except BaseException:  # an interrupt must not pass for "there were no more"
                    self._found = None
                    raise
            return self._found

    @property
    def plugins(self) -> Sequence[Plugin]:
        """The built-in plugin, then all others."""
        return [self.builtin, *self.others]

    def _admit_all(self, found: list[Plugin]) -> None:
        taken: set[tuple[str, str, str]] = set()
        for candidate in self._candidates():
            plugin = admitted(candidate, taken=taken)
            taken |= {(plugin.distribution, part.kind, part.name) for part in plugin.parts}
            found.append(plugin)


def admitted(candidate: Candidate, *, taken: set[tuple[str, str, str]]) -> Plugin:
    """Import one candidate and collect its parts, whatever it does.

    Args:
        candidate: What to import.
        taken: ``(distribution, kind, name)`` of the parts registered so far.

    Returns:
        Its record, ``failed`` with the reason where anything was wrong with it.
    """
    record = candidate.plugin
    if record.status != "ok":
        return record
    try:
        try:
            namespace = candidate.load()
        # sys.exit() at the top of somebody's script must not end our command; an interrupt does.
        except (Exception, SystemExit) as error:
            raise Rejected(f"importing it raised {one_line(error)}") from error
        parts = tuple(_parts(namespace))
        for part in parts:
            key = (record.distribution, part.kind, part.name)
            if key in taken:
                raise Rejected(f"another plugin of its package has a {part.kind} '{part.name}' too")
    except Rejected as verdict:
        return replace(record, status="failed", reason=str(verdict))
    except (Exception, SystemExit) as error:  # noqa: BLE001 -- their objects may do anything
        reason = f"reading what it registers raised {one_line(error)}"
        return replace(record, status="failed", reason=reason)
    return replace(record, parts=parts)


def _parts(namespace: object) -> Iterator[AnySpec]:
    """The specs of a plugin, each checked; raises Rejected at the first thing that is wrong."""
    seen = set()
    for hook, implementation in _implementations(namespace):
        try:
            specs = implementation()
        except (Exception, SystemExit) as error:
            raise Rejected(f"{hook} raised {one_line(error)}") from error
        if not isinstance(specs, list | tuple):
            raise Rejected(f"{hook} returned {type(specs).__name__}, not a list of specs")
        wanted = SPEC_CLASSES[HOOKS[hook]]
        for spec in specs:
            if not isinstance(spec, wanted) or spec.kind != wanted.kind:
                raise Rejected(f"{hook} returned a {type(spec).__name__}, not a {wanted.__name__}")
            if problem := spec.problem():
                raise Rejected(f"{hook}: {problem}")
            if (spec.kind, spec.name) in seen:
                raise Rejected(f"{hook} registers the {spec.kind} '{spec.name}' twice")
            seen.add((spec.kind, spec.name))
            yield spec


def _implementations(namespace: object) -> list[tuple[str, Callable[[], object]]]:
    """The hooks that a plugin implements, with the functions that do."""
    # Called one by one and not through pluggy's hook, where one that raises stops the rest; on a
    # manager of its own, so that there is nothing to undo for a plugin that is set aside.
    manager = pluggy.PluginManager("seqkit")
    manager.add_hookspecs(hookspecs)
    manager.register(namespace, "plugin")
    implementations = []
    for hook in manager.get_hookcallers(namespace) or []:
        for found in hook.get_hookimpls():
            if hook.name in HOOKS:
                implementations.append((hook.name, found.function))
            elif not found.optionalhook:
                near = difflib.get_close_matches(hook.name, HOOKS, n=1, cutoff=0.6)
                meant = f"; did you mean '{near[0]}'?" if near else ""
                raise Rejected(f"there is no hook '{hook.name}'{meant}")
    implemented = {name for name, _ in implementations}
    unmarked = [name for name in HOOKS if name not in implemented and hasattr(namespace, name)]
    if unmarked:
        raise Rejected(f"'{unmarked[0]}' is not marked with @seqkit.hookimpl")
    if not implementations:
        raise Rejected("it implements no hook: mark its functions with @seqkit.hookimpl")
    return implementations


def one_line(error: BaseException) -> str:
    """An exception as one printable line of at most 300 characters."""
    text = "".join(traceback.format_exception_only(error))
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= 300 else f"{line[:299]}…"


def installed() -> Iterator[Candidate]:
    """The plugins among the installed distributions, by distribution, none of them imported."""
    found: dict[tuple[str, str], Candidate] = {}
    for distribution in metadata.distributions():
        try:
            # Looked at as text first, so that an unrelated package's broken metadata is no concern.
            if f"[{GROUP}]" not in (distribution.read_text("entry_points.txt") or ""):
                continue
            name, version = normalised(distribution.name), distribution.version
        except Exception:  # noqa: BLE001, S112 -- metadata that can't be read names no plugin
            continue
        try:
            points = distribution.entry_points.select(group=GROUP)
        except Exception as error:  # noqa: BLE001 -- anyone's metadata, parsed by anyone's rules
            reason = f"its entry points can't be read: {one_line(error)}"
            found.setdefault(
                (name, ""), Candidate(Plugin(name, version, "", "failed", reason), list)
            )
            continue
        for point in points:
            # The first on sys.path is the one that an import would find.
            record = _screened(Plugin(name, version, point.name))
            found.setdefault((name, point.name), Candidate(record, point.load))
    here = {name for name, _ in found}
    for name in _listed("SEQKIT_LOAD_PLUGINS") or []:
        if name not in here:
            reason = "SEQKIT_LOAD_PLUGINS names it, but no plugin of that name is installed"
            found[name, ""] = Candidate(Plugin(name, "", "", "failed", reason), list)
    return (found[key] for key in sorted(found))


def _screened(plugin: Plugin) -> Plugin:
    """The same record, ``disabled`` where the environment says so."""
    only = _listed("SEQKIT_LOAD_PLUGINS")
    if only is not None and plugin.distribution not in only:
        return replace(plugin, status="disabled", reason="SEQKIT_LOAD_PLUGINS does not name it")
    if plugin.distribution in (_listed("SEQKIT_DISABLE_PLUGINS") or []):
        return replace(plugin, status="disabled", reason="SEQKIT_DISABLE_PLUGINS names it")
    return plugin


def _listed(variable: str) -> list[str] | None:
    """The distribution names in an environment variable, or None where it is not set."""
    value = os.environ.get(variable)
    return None if value is None else [normalised(n) for n in value.split(",") if n.strip()]


_current = Manager(installed)


def current() -> Manager:
    """The manager that this process uses now."""
    return _current


@contextmanager
def isolated(plugins: Sequence[object] = ()) -> Iterator[Manager]:
    """Use the built-ins and the given plugins alone, for tests of plugins written in place.

    The swap is for the whole process, not for a thread. The environment variables do not apply.

    Args:
        plugins: Modules or objects with hook implementations; each belongs to a distribution
            called after its ``__name__``, or its class's.

    Yields:
        The manager in use until the block ends.
    """
    global _current  # noqa: PLW0603 -- one manager a process is what is being swapped
    candidates = []
    for plugin in plugins:
        name = normalised(getattr(plugin, "__name__", type(plugin).__name__))
        candidates.append(Candidate(Plugin(name, "0", name), partial(_same, plugin)))
    before, _current = _current, Manager(lambda: candidates)
    try:
        yield _current
    finally:
        _current = before


def _same(plugin: object) -> object:
    return plugin
