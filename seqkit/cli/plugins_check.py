"""``seqkit plugins check``: does everything load, and does it keep its contracts?"""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from seqkit import lazy, manager, registry
from seqkit.cli.options import format_option
from seqkit.cli.output import cell, print_table, to_json
from seqkit.cli.plugins_parts import choices, means, package, unknown
from seqkit.errors import SeqkitError, UsageError
from seqkit.specs import AnySpec

if TYPE_CHECKING:
    from seqkit.testing import CheckResult

#: What a spec names that is imported when it is used.
_TARGETS = ("target", "decoder", "lowering")


@click.command(short_help="Load everything, and hold plugins against their contracts.")
@click.argument("name", default="")
@click.option("--all", "everything", is_flag=True, help="Check seqkit's own parts too.")
@format_option("table", "json", default="table")
def check(*, name: str, everything: bool, form: str) -> None:
    """Load every part, and run the contracts of what plugins bring.

    NAME limits it to a package or a part, as in 'seqkit plugins show', built-in or not. Without
    it, seqkit's own parts are loaded and not checked, unless --all asks for it. A check that has
    nothing to check is listed with the reason; a plugin's own tests can tell its contract more,
    such as a file that a reader should read.

    Exit status is 1 if anything fails. This imports torch and trains tiny models, so it takes some
    seconds a part.

    \b
    Example:
      seqkit plugins check
      seqkit plugins check seqkit-slim
    """
    if name and everything:
        raise UsageError("--all goes without a name", fix=f"Leave out --all or '{name}'")
    loaded = []
    for plugin in _plugins(name):
        loaded.append(one := _load(plugin, name))
        if form == "table":
            click.echo("\n  ".join([one.verdict, *one.problems]))
    checked = list(_checked(name, everything, [part for one in loaded for part in one.broken]))
    if form == "json":
        click.echo(to_json({"plugins": [_row(o) for o in loaded], "parts": checked}, indent=2))
    else:
        _print(checked)
    failed = any(r.status == "failed" for part in checked for r in part.results)
    if failed or any(one.problems for one in loaded):
        raise click.exceptions.Exit(1)


@dataclass(frozen=True, slots=True)
class Loaded:
    """A plugin whose parts were imported, as far as they can be.

    Attributes:
        plugin: Its record.
        parts: How many of its parts were tried.
        problems: What can't be loaded, a line each.
        broken: The parts that these are of.
    """

    plugin: manager.Plugin
    parts: int
    problems: tuple[str, ...]
    broken: tuple[AnySpec, ...]

    @property
    def verdict(self) -> str:
        """One line for people."""
        if self.problems:
            said = "failed"
        elif self.plugin.status == "disabled":
            said = f"disabled: {self.plugin.reason}"
        else:
            said = f"ok, {self.parts} part{'s' * (self.parts != 1)}"
        return f"{package(self.plugin)}: {said}"


@dataclass(frozen=True, slots=True)
class Checked:
    """A part, or a whole package, that was held against its contract.

    Attributes:
        distribution: The package.
        kind: The part's kind; ``plugin`` for the package.
        name: The part's name, or the package's.
        results: What became of each check.
    """

    distribution: str
    kind: str
    name: str
    results: tuple[Result, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a check.

    Attributes:
        check: Its name.
        status: ``passed``, ``failed`` or ``skipped``, where it has nothing to check.
        reason: Why, unless it passed.
    """

    check: str
    status: str
    reason: str


def _plugins(name: str) -> list[manager.Plugin]:
    """The plugins that a name is about.

    Raises:
        PluginError: There are none.
    """
    plugins = manager.current().plugins
    if not name:
        return list(plugins)
    owners = {part.distribution for _, part, _ in choices() if means(name, part)}
    owners.add(manager.normalised(name))
    found = [plugin for plugin in plugins if plugin.distribution in owners]
    if not found:
        raise unknown(name)
    return found


def _load(plugin: manager.Plugin, name: str) -> Loaded:
    """Import what a plugin's parts name.

    Args:
        plugin: Its record.
        name: What chooses some of its parts; empty for all.
    """
    if plugin.status != "ok":
        problems = (plugin.reason,) if plugin.status == "failed" else ()
        return Loaded(plugin, 0, problems, ())
    parts = [
        spec
        for spec in plugin.parts
        if not name or means(name, registry.Registered(spec, plugin.distribution, plugin.version))
    ]
    found = [(spec, problem) for spec in parts for problem in _problems(spec)]
    return Loaded(
        plugin,
        len(parts),
        tuple(f"{spec.kind} '{spec.name}': {problem}" for spec, problem in found),
        tuple(spec for spec, _ in found),
    )


def _problems(spec: AnySpec) -> Iterator[str]:
    for field in _TARGETS:
        if target := getattr(spec, field, ""):
            try:
                lazy.load(target)
            except SeqkitError as error:
                yield str(error)


def _checked(name: str, everything: bool, broken: Sequence[AnySpec]) -> Iterator[Checked]:
    """Run the contracts of whole packages, and of the parts that could be loaded."""
    chosen = [
        part
        for _, part, _ in choices()
        if (means(name, part) if name else everything or part.distribution != manager.BUILTIN)
    ]
    with _shown() as show:
        for owner in dict.fromkeys(part.distribution for part in chosen):
            if owner != manager.BUILTIN and manager.normalised(name) in ("", owner):
                yield _run("plugin", owner, owner, owner, show)
            for part in chosen:
                kind, called = part.spec.kind, part.spec.name
                # a kernel is held against the part that it computes, by tests of its own
                if part.distribution == owner and kind != "kernel" and part.spec not in broken:
                    yield _run(kind, owner, called, part.qualified, show)


def _run(
    kind: str, distribution: str, called: str, chosen_by: str, show: Callable[[str], None]
) -> Checked:
    # with torch and all that tiny models need, which only this half of the command does
    from seqkit.testing import checks, contract_for

    results = []
    show(f"{distribution} {kind} {called}")
    with contextlib.redirect_stdout(sys.stderr):  # whatever a plugin prints is not our result
        for result in checks(contract_for(kind), name=chosen_by):
            results.append(_result(result))
            show(f"{distribution} {kind} {called}: {result.name}")
    return Checked(distribution, kind, called, tuple(results))


def _result(result: CheckResult) -> Result:
    return Result(result.name, result.status, result.reason)


@contextlib.contextmanager
def _shown() -> Iterator[Callable[[str], None]]:
    """What tells people at a terminal what is being checked; nobody else."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console  # only where somebody looks at it
    from rich.text import Text

    with Console(file=sys.stderr).status("checking") as status:
        yield lambda what: status.update(Text(f"checking {what}"))


def _print(checked: Sequence[Checked]) -> None:
    if not checked:
        return
    counts = [(part, Counter(r.status for r in part.results)) for part in checked]
    click.echo()
    print_table(
        ["package", "part", "passed", "failed", "not applicable"],
        [[p.distribution, _part(p), c["passed"], c["failed"], c["skipped"]] for p, c in counts],
    )
    for status, title in (("skipped", "not applicable"), ("failed", "failed")):
        lines = [
            f"  {part.distribution} {_part(part)} {result.check}: {cell(result.reason)}"
            for part in checked
            for result in part.results
            if result.status == status
        ]
        if lines:
            click.echo("\n".join(["", f"{title}:", *lines]))


def _part(part: Checked) -> str:
    return "the package" if part.kind == "plugin" else f"{part.kind} {part.name}"


def _row(loaded: Loaded) -> dict[str, Any]:
    """What JSON says of a plugin."""
    plugin = loaded.plugin
    return {
        "distribution": plugin.distribution,
        "version": plugin.version,
        "status": "failed" if loaded.problems else plugin.status,
        "parts": loaded.parts,
        "problems": loaded.problems or ((plugin.reason,) if plugin.reason else ()),
    }
