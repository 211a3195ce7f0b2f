"""Options that several commands share, and options made from what a struct declares."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar, cast

import click
import msgspec
from click.shell_completion import CompletionItem

from seqkit import registry

_F = TypeVar("_F", bound=Callable[..., Any])


class PartName(click.ParamType):  # type: ignore[type-arg] # generic in newer click alone
    """The name of a plugin's part; the shell completes it, the registry checks it.

    Args:
        kind: A key of :data:`seqkit.specs.SPEC_CLASSES`.
        task: For models, the head that they must have been trained with.
    """

    name = "name"

    def __init__(self, kind: str, *, task: str = "") -> None:
        self.kind = kind
        self.task = task

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 -- click's signature
        param: click.Parameter,  # noqa: ARG002
        incomplete: str,
    ) -> list[CompletionItem]:
        """The names that begin with ``incomplete``; for models, files too."""
        parts = zip(registry.names(self.kind), registry.registered(self.kind), strict=True)
        items = [
            CompletionItem(name, help=part.spec.summary)
            for name, part in parts
            if name.startswith(incomplete) and self.task in ("", getattr(part.spec, "task", ""))
        ]
        if self.kind == "model" and not items:
            items.append(CompletionItem(incomplete, type="dir"))
        return items


def model_option(task: str) -> Callable[[_F], _F]:
    """``--model``: a bundle or an installed model; without it the default one of ``task``."""
    return click.option(
        "--model",
        "-m",
        type=PartName("model", task=task),
        default="",
        metavar="NAME_OR_PATH",
        help=f"An installed model or a bundle's folder; without it, the default for {task}.",
    )


#: ``--with``: models whose probabilities are averaged with those of the model.
with_option = click.option(
    "--with",
    "others",
    type=PartName("model"),
    multiple=True,
    metavar="NAME_OR_PATH",
    help="Average the model's probabilities with those of this one; may be repeated.",
)

#: The MODEL argument of commands that look at one particular model.
model_argument = click.argument("model", type=PartName("model"), metavar="MODEL")

runtime_options: Callable[[_F], _F] = lambda function: click.option(  # noqa: E731 -- a decorator
    "--runtime",
    type=PartName("runtime"),
    default="auto",
    show_default=True,
    help="What runs the model; auto takes the fastest that can, which 'seqkit inspect' tells.",
)(
    click.option(
        "--threads",
        type=click.IntRange(min=0),
        default=0,
        help="Processor threads to use at most; 0 for as many as there are cores.",
    )(function)
)

encoding_option = click.option(
    "--encoding",
    default="utf-8",
    show_default=True,
    help="The input's text encoding; bytes that it can't decode are an error.",
)

reader_options: Callable[[_F], _F] = lambda function: click.option(  # noqa: E731 -- a decorator
    "--reader", type=PartName("reader"), default="", help="Read the files in this format."
)(
    click.option(
        "--reader-option",
        "reader_settings",
        multiple=True,
        metavar="KEY=VALUE",
        help="An option of the format, such as text=body; may be repeated.",
    )(function)
)

data_option = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder that holds the corpora; see 'seqkit corpora'.",
)

skip_bad_option = click.option(
    "--skip-bad", is_flag=True, help="Leave out rows that can't be read, and count them."
)


def format_option(*forms: str, default: str = "") -> Callable[[_F], _F]:
    """``--format`` with the given choices.

    Args:
        forms: What there is to choose from.
        default: The one taken without the option; empty where that depends on the output.
    """
    words = "" if default else f"  [default: {forms[0]} on a terminal, otherwise jsonl]"
    return click.option(
        "--format",
        "form",
        type=click.Choice(forms),
        default=default or None,
        show_default=bool(default),
        help=f"How results are written.{words}",
    )


output_option = click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write results to this file, complete or not at all.",
)


bulk_options: Callable[[_F], _F] = lambda function: click.option(  # noqa: E731 -- a decorator
    "--resume", is_flag=True, help="Go on with an interrupted run that wrote to --output."
)(
    click.option(
        "--jobs",
        type=click.IntRange(min=1),
        default=1,
        show_default=True,
        help="Processes that share the work, and the threads; each holds the model in memory.",
    )(function)
)


def struct_options(
    struct: type[msgspec.Struct], keys: Iterable[str] = (), *, unset: bool = False
) -> Callable[[_F], _F]:
    """An option for each field of a struct, with the type, range, default and help it declares.

    Args:
        struct: Its fields carry ``msgspec.Meta``; a field ``top_k`` makes ``--top-k``.
        keys: Which fields; all by default.
        unset: Leave an option that is not given at None, for settings that something else
            has the default of.
    """

    def decorate(function: _F) -> _F:
        info = cast("msgspec.inspect.StructType", msgspec.inspect.type_info(struct))
        fields = {field.name: field for field in info.fields}
        for key in reversed(list(keys) or list(fields)):
            function = _option(key, fields[key], unset=unset)(function)
        return function

    return decorate


def _option(key: str, field: msgspec.inspect.Field, *, unset: bool) -> Callable[[_F], _F]:
    node, description = field.type, ""
    if isinstance(node, msgspec.inspect.Metadata):
        description = (node.extra_json_schema or {}).get("description", "")
        node = node.type
    flag = f"--{key.replace('_', '-')}"
    kind = _click_type(node)
    if isinstance(node, msgspec.inspect.BoolType):
        flag = f"{flag}/--no-{key.replace('_', '-')}"
    return click.option(
        flag,
        key,
        type=kind,
        default=None if unset else field.default,
        show_default=not unset,
        help=description,
    )


def _click_type(node: msgspec.inspect.Type) -> Any:
    match node:
        case msgspec.inspect.IntType() | msgspec.inspect.FloatType():
            low, high = (
                next((bound for bound in bounds if bound is not None), None)
                for bounds in ((node.ge, node.gt), (node.le, node.lt))
            )
            ranged: Any = (
                click.IntRange if isinstance(node, msgspec.inspect.IntType) else click.FloatRange
            )
            return ranged(low, high, min_open=node.gt is not None, max_open=node.lt is not None)
        case msgspec.inspect.LiteralType(values=values):
            return click.Choice([str(value) for value in values])
        case msgspec.inspect.BoolType():
            return click.BOOL
    return click.STRING
