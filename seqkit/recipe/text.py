"""Recipes as text for people and editors: a commented starter, and a JSON Schema.

Both are made from what the options classes declare, installed plugins' included.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from seqkit import recipe, registry
from seqkit.options import describe
from seqkit.recipe.sections import ORDER, PARTS, SECTIONS, Top
from seqkit.specs import Options

_WIDTH = 88
#: A name for the training file that suits a task, by its command; others get plain text.
_FILES = {"classify": "train.csv", "tag": "train.conllu"}


def starter(head: str) -> str:
    """A recipe to start from, with every key, its meaning and its default.

    Keys that the task's starting point sets are live; the others are commented out at their
    defaults.

    Args:
        head: A head's name.

    Returns:
        TOML that :func:`seqkit.recipe.parse` takes.

    Raises:
        PluginError: There is no such head.
    """
    command = registry.find("head", head).spec.command
    tables = {"corpus": {"train": [_FILES.get(command, "train.txt")]}, **recipe.starter(head)}
    checked = recipe.parse(tables, source="starter")
    seed = describe(Top)[0]
    lines = [
        f"# A recipe for {head}: what the model is made of and how it is trained.",
        "# Lines that begin with '# ' and a key show its default.",
        "",
        *_comment(seed.help),
        f"{seed.name} = {seed.default}",
    ]
    for section in checked.sections:
        part = getattr(checked, section)
        lines += ["", *_section(section, part, tables.get(section, {}))]
    return "\n".join(lines) + "\n"


def _section(name: str, value: Any, live: Mapping[str, Any]) -> Iterator[str]:
    """The lines of one section."""
    if name == "reader" and value is None:
        yield from _comment(f"[reader] is guessed from the files; name = {_choices('reader')}")
        return
    if isinstance(value, recipe.Part):
        spec = registry.find(name, value.name).spec
        yield from _comment(f"{spec.summary[:1].upper()}{spec.summary[1:]}.")
        yield f"[{name}]"
        yield f"name = {_toml(value.name)}  # or {_choices(name, besides=value.name)}"
        value = value.options
    else:
        yield from _comment((type(value).__doc__ or "").partition("\n")[0])
        yield f"[{name}]"
    for option in describe(type(value)):
        allowed = option.range or (option.type if not option.help else "")
        yield from _comment(f"{option.help} ({allowed})" if allowed else option.help)
        current = _toml(msgspec.to_builtins(getattr(value, option.name)))
        mark = "" if option.name in live else "# "
        yield f"{mark}{option.name} = {current}"


def _choices(kind: str, besides: str = "") -> str:
    names = [name for name in registry.names(kind) if name != besides]
    return ", ".join(names)


def _comment(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, initial_indent="# ", subsequent_indent="# ")


def _toml(value: Any) -> str:
    """A value as TOML on one line, which a commented-out key needs."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{_toml(key)} = {_toml(item)}' for key, item in value.items())}}}"
    return json.dumps(value, ensure_ascii=False)  # the two agree on strings, numbers and truth


def schema() -> dict[str, Any]:
    """The JSON Schema of recipes, with the options of every installed plugin.

    Returns:
        A schema of draft 2020-12, for editors that check and complete TOML.
    """
    structs: list[type[Options]] = [Top, *SECTIONS.values()]
    kinds = (*PARTS, "callback")
    structs += [part.spec.options for kind in kinds for part in registry.registered(kind)]
    found, components = msgspec.json.schema_components(structs)
    # Each is {"$ref": "#/$defs/Name"}, with a longer name where two classes share one.
    names = [one["$ref"].rpartition("/")[2] for one in found]
    by_struct = dict(zip(structs, (components[name] for name in names), strict=True))
    properties: dict[str, Any] = dict(by_struct[Top]["properties"])
    for section in ORDER:
        if section in SECTIONS:
            properties[section] = by_struct[SECTIONS[section]]
        else:
            properties[section] = _one_of(section, by_struct)
    properties["callbacks"] = {
        "description": "Observers of training.",
        "type": "array",
        "items": _one_of("callback", by_struct),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "seqkit recipe",
        "type": "object",
        "properties": properties,
        "required": ["head"],
        "additionalProperties": False,
        "$defs": {key: value for key, value in components.items() if key not in names},
    }


def _one_of(kind: str, objects: Mapping[type[Options], Mapping[str, Any]]) -> dict[str, Any]:
    """The schema of a section that chooses a part by name."""
    choices = []
    for name, part in zip(registry.names(kind), registry.registered(kind), strict=True):
        described = objects[part.spec.options]
        names = list(dict.fromkeys([name, part.qualified]))
        choices.append(
            {
                "type": "object",
                "title": name,
                "description": part.spec.summary,
                "properties": {"name": {"enum": names}, **described["properties"]},
                "required": ["name"],
                "additionalProperties": False,
            }
        )
    return {"oneOf": choices}
