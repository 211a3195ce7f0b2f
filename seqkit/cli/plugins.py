"""``seqkit plugins``: what is installed, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

import click

from seqkit import manager, registry
from seqkit.cli.output import print_table, to_json
from seqkit.cli.plugins_check import check
from seqkit.cli.plugins_new import new
from seqkit.cli.plugins_parts import choices, means, package, unknown
from seqkit.options import describe

_COLUMNS = ("kind", "name", "distribution", "version", "status")


class _ListByDefault(click.Group):
    """A group whose first subcommand may be left out."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        own = {*self.commands, *ctx.help_option_names}
        if not args or (args[0].startswith("-") and own.isdisjoint(args)):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_ListByDefault, short_help="List, check and begin plugins.")
def plugins() -> None:
    """List, check and begin plugins; on its own the same as 'list'.

    A package with an entry point in the group 'seqkit' is a plugin. SEQKIT_LOAD_PLUGINS names the
    packages to load, all others being left alone; SEQKIT_DISABLE_PLUGINS names those to leave
    alone. Both hold package names separated by commas.

    \b
    Example:
      seqkit plugins show lstm
    """


@plugins.command("list", short_help="List every part and every plugin set aside.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="A table for people, or JSON for programs.",
)
def list_(*, form: str) -> None:
    """List every part with its package, and every plugin that is set aside with the reason.

    The name is what chooses the part; a 'collision' is chosen by its full name because the plain
    one is taken. No part is loaded.

    \b
    Example:
      seqkit plugins list --format json
    """
    rows = list(_rows())
    if form == "json":
        click.echo(to_json(rows, indent=2))
        return
    table = [[*(row[c] for c in _COLUMNS), row["reason"] or row["summary"]] for row in rows]
    print_table([*_COLUMNS, "about"], table)


@plugins.command(short_help="Show one part with its options.")
@click.argument("name")
def show(*, name: str) -> None:
    """Show every part called NAME: its package, target, options and what else it declares.

    NAME is a part's name, KIND:NAME, PACKAGE:NAME, or a package's name for all that it brings.

    \b
    Example:
      seqkit plugins show tokenizer:word
    """
    found = [
        _part_page(kind, part, chosen_by)
        for kind, part, chosen_by in choices()
        if means(name, part)
    ]
    found += [
        f"plugin {package(plugin)}\n  {plugin.status}: {plugin.reason}"
        for plugin in manager.current().plugins
        if plugin.status != "ok" and manager.normalised(name) == plugin.distribution
    ]
    if not found:
        raise unknown(name)
    click.echo("\n\n".join(found))


def _collision(kind: str, part: registry.Registered) -> str:
    """Why the plain name does not choose a part, or the empty string where it does."""
    rivals = registry.rivals(part, registry.registered(kind))
    owners = " and ".join(sorted({rival.distribution for rival in rivals}))
    return f"'{part.spec.name}' is also in {owners}" if rivals else ""


def _rows() -> Iterator[dict[str, str]]:
    for kind, part, name in choices():
        reason = _collision(kind, part)
        yield {
            "kind": kind,
            "name": name,
            "distribution": part.distribution,
            "version": part.version,
            "status": "collision" if reason else "ok",
            "reason": reason,
            "summary": part.spec.summary,
        }
    for plugin in manager.current().plugins:
        if plugin.status != "ok":
            yield {
                "kind": "plugin",
                "name": plugin.entry_point,
                "distribution": plugin.distribution,
                "version": plugin.version,
                "status": plugin.status,
                "reason": plugin.reason,
                "summary": "",
            }


def _part_page(kind: str, part: registry.Registered, chosen_by: str) -> str:
    facts = {"package": f"{part.distribution} {part.version}".rstrip()}
    facts["chosen by"] = " or ".join(dict.fromkeys((chosen_by, part.qualified)))
    if reason := _collision(kind, part):
        facts["collision"] = reason
    facts["summary"] = part.spec.summary
    for field in fields(part.spec):
        if field.name not in ("name", "summary", "short_help", "options"):
            facts[field.name] = _in_words(getattr(part.spec, field.name))
    facts = {key: value for key, value in facts.items() if value}
    width = max(map(len, facts))
    lines = [f"{kind} {part.spec.name}"]
    lines += [f"  {key.ljust(width)}  {value}" for key, value in facts.items()]
    described = describe(part.spec.options) if hasattr(part.spec, "options") else []
    for option in described:
        allowed = ", ".join(filter(None, (option.type, option.range)))
        lines.append(f"  option {option.name}: {allowed}; default {option.default}")
        if option.help:
            lines.append(f"      {option.help}")
    return "\n".join(lines)


def _in_words(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case tuple():
            return ", ".join(map(str, value))
        case Mapping():
            flat = [f"{section}.{key}={v}" for section, t in value.items() for key, v in t.items()]
            return " ".join(flat)
    return str(value)


for _command in (new, check):
    plugins.add_command(_command)
