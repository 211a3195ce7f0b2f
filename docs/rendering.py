"""What the code declares, as Markdown: signatures, docstrings, and options with their meaning."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable, Iterator
from typing import Any, get_overloads

import msgspec

from seqkit.options import describe
from seqkit.specs import Options

_SECTION = re.compile(r"(Args|Attributes|Returns|Raises|Yields):$")
_ENTRY = re.compile(r" {4}(\S[^:]*): (.*)$")
_ROLE = re.compile(r":\w+:`(~?)([^`]+)`")


def entry(name: str, value: Any) -> Iterator[str]:
    """A class with its methods, or a function: its signature and what its docstring says.

    Args:
        name: With the module that users import it from.
        value: What it stands for.
    """
    short = name.rpartition(".")[2]
    yield f"### `{name}`"
    yield ""
    if not inspect.isclass(value):
        yield from _fenced([signature(value, short)])
        yield from docstring(value)
        return
    structs = issubclass(value, Options) and value is not Options
    yield from _fenced([f"{short}(*, ...)" if structs else signature(value, short)])
    yield from docstring(value)
    if structs:
        yield ""
        yield from option_table(value)
    for key, member in vars(value).items():
        if key.startswith("_") or not _documented(member):
            continue
        yield ""
        yield f"#### `{short}.{key}`"
        yield ""
        function = member.fget if isinstance(member, property) else member
        if isinstance(member, property):
            kind = str(inspect.signature(function).return_annotation)
            yield from _fenced([f"{key}: {kind}"])
        else:
            shapes = get_overloads(function) or [function]
            yield from _fenced(signature(shape, key) for shape in shapes)
        yield from docstring(member)


def _documented(member: Any) -> bool:
    return (inspect.isfunction(member) or isinstance(member, property)) and bool(member.__doc__)


def signature(value: Any, name: str) -> str:
    """A call as it is written in code, on several lines where one is too short."""
    parameters, marked = [], False
    try:
        described = inspect.signature(value)
    except ValueError:  # an exception class without one of its own
        return f"{name}()"
    for parameter in described.parameters.values():
        if parameter.name == "self":
            continue
        if parameter.kind is parameter.KEYWORD_ONLY and not marked:
            parameters.append("*")
            marked = True
        parameters.append(_parameter(parameter))
    returns = described.return_annotation
    ending = "" if inspect.isclass(value) or returns is described.empty else f" -> {_kind(returns)}"
    line = f"{name}({', '.join(parameters)}){ending}"
    if len(line) <= 88:
        return line
    inner = "".join(f"    {parameter},\n" for parameter in parameters)
    return f"{name}(\n{inner}){ending}"


def _parameter(parameter: inspect.Parameter) -> str:
    text = parameter.name
    if parameter.annotation is not parameter.empty:
        text += f": {_kind(parameter.annotation)}"
    if parameter.default is not parameter.empty:
        text += f" = {_default(parameter.default)}"
    return text


def _kind(annotation: Any) -> str:
    if isinstance(annotation, str):
        return annotation
    text = inspect.formatannotation(annotation)
    # the range and the help of a field are told in words elsewhere
    text = re.sub(r"typing\.Annotated\[(.+?), msgspec\.Meta\(.*?\)\]", r"\1", text)
    return re.sub(r"\b(?:typing|collections\.abc|seqkit(?:\.\w+)*)\.", "", text)


def _default(value: Any) -> str:
    if isinstance(value, msgspec.Struct):
        return f"{type(value).__name__}()"
    return str(getattr(value, "__name__", repr(value)))


def docstring(value: Any) -> Iterator[str]:
    """A Google-style docstring as Markdown."""
    section, literal = "", False
    for line in (inspect.getdoc(value) or "").splitlines():
        if literal and (line.startswith("    ") or not line):
            yield line
            continue
        literal = False
        if line.strip() == "::":
            literal = True
        elif match := _SECTION.match(line):
            section = match[1]
            yield from (f"**{section}**", "")
        elif not section or not line.startswith("    "):
            yield _inline(line)
        elif (entry := _ENTRY.match(line)) and section not in ("Returns", "Yields"):
            yield f"- `{entry[1]}`: {_inline(entry[2])}"
        else:
            yield ("  " if section not in ("Returns", "Yields") else "") + _inline(line.strip())


def _inline(text: str) -> str:
    text = _ROLE.sub(lambda m: f"`{m[2].rpartition('.')[2] if m[1] else m[2]}`", text)
    parts = text.replace("``", "`").split("`")
    parts[::2] = [part.replace("<", "&lt;").replace("*", r"\*") for part in parts[::2]]
    return "`".join(parts)


def option_table(options: type[Options]) -> Iterator[str]:
    """A row an option; nothing where there is none."""
    described = describe(options)
    if not described:
        return
    yield "| key | type | default | allowed | meaning |"
    yield "|---|---|---|---|---|"
    for option in described:
        cells = [f"`{option.name}`", option.type, f"`{option.default}`", option.range, option.help]
        yield f"| {' | '.join(cell.replace('|', '&#124;') for cell in cells)} |"


def _fenced(lines: Iterable[str]) -> Iterator[str]:
    yield "```python"
    yield from lines
    yield "```"
    yield ""


def first_line(value: Any) -> str:
    """What a docstring says first."""
    return (inspect.getdoc(value) or "").partition("\n")[0]
