"""What an options class says about each of its options, in words for people."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from seqkit.specs import Options

if TYPE_CHECKING:
    from msgspec import inspect


@dataclass(frozen=True, slots=True)
class Option:
    """One option, as listings and reference pages show it.

    Attributes:
        name: The key in a recipe.
        type: ``int``, ``list of str`` and the like.
        default: The default as JSON writes it.
        range: What values are allowed, or the empty string for all of the type.
        help: The description that was declared with it.
    """

    name: str
    type: str
    default: str
    range: str
    help: str


def describe(options: type[Options]) -> list[Option]:
    """The options of a class in the order of their declaration.

    Args:
        options: The class that a spec names, or a section of the recipe.

    Returns:
        One entry an option; every option of a valid spec has a default.
    """
    from msgspec import inspect, to_builtins  # only for help pages, which can wait for it

    info = cast("inspect.StructType", inspect.type_info(options))
    defaults = options()
    described = []
    for field in info.fields:
        meta = getattr(field.type, "extra_json_schema", None) or {}
        kind, limits = _in_words(field.type)
        default = json.dumps(to_builtins(getattr(defaults, field.name)), ensure_ascii=False)
        help_text = meta.get("description", "")
        described.append(Option(field.encode_name, kind, default, limits, help_text))
    return described


def _in_words(node: Any) -> tuple[str, str]:
    """A type of msgspec's as its name and the range that it allows."""
    from msgspec import inspect

    match node:
        case inspect.Metadata(type=inner):
            return _in_words(inner)
        case inspect.LiteralType(values=values):
            return type(values[0]).__name__, f"one of {', '.join(map(str, values))}"
        case inspect.UnionType(types=types):
            kinds, limits = zip(*map(_in_words, types), strict=True)
            return " or ".join(kinds), "; ".join(filter(None, limits))
        case inspect.DictType(value_type=value):
            return f"table of {_in_words(value)[0]}", _in_words(value)[1]
        case inspect.CollectionType(item_type=item):
            return f"list of {_in_words(item)[0]}", _in_words(item)[1]
    return type(node).__name__.removesuffix("Type").lower(), _limits(node)


def _limits(node: Any) -> str:
    words = {
        "ge": "at least {}",
        "gt": "above {}",
        "le": "at most {}",
        "lt": "below {}",
        "min_length": "at least {} long",
        "max_length": "at most {} long",
        "pattern": "matching {}",
    }
    found = [(word, getattr(node, key, None)) for key, word in words.items()]
    return ", ".join(word.format(value) for word, value in found if value is not None)
