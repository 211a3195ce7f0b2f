"""``seqkit compare``: several cells or tokenizers, trained alike and compared."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit import recipe as recipes
from seqkit.cli.options import data_option, skip_bad_option
from seqkit.errors import UsageError

if TYPE_CHECKING:
    from seqkit.comparing.memory_table import MemoryComparison
    from seqkit.comparing.table import Comparison
    from seqkit.training.events import Event

#: Seconds between lines within a run.
_QUIET = 10.0
_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}


class Seconds(click.ParamType):  # type: ignore[type-arg] # generic in newer click alone
    """A time such as 90, 90s, 5m or 1h30m."""

    name = "time"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """The seconds."""
        if isinstance(value, int | float):
            return float(value)
        parts = re.findall(r"(\d+(?:\.\d+)?)([smh]?)", value)
        if "".join(map("".join, parts)) != value or not value:
            self.fail(f"'{value}' is no time; write 90s, 5m or 1h30m", param, ctx)
        return sum(float(number) * _UNITS[unit] for number, unit in parts)


class Names(click.ParamType):  # type: ignore[type-arg] # likewise
    """Names or numbers between commas."""

    name = "list"

    def convert(
        self,
        value: Any,
        param: click.Parameter | None,  # noqa: ARG002 -- click's signature
        ctx: click.Context | None,  # noqa: ARG002
    ) -> tuple[str, ...]:
        """Each of them, in order."""
        if isinstance(value, tuple):
            return value
        return tuple(word for word in (part.strip() for part in value.split(",")) if word)


#: Options that only one of the two kinds of comparison has.
_OF_CORPUS = ("name", "tokenizers", "equal", "budget", "assignments", "data", "skip_bad")
_OF_MEMORY = ("distances", "steps", "parameters")


@click.command()
@click.argument("name", metavar="[RECIPE]", default="")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder of the comparison: its table, and the models.",
)
@click.option(
    "--cells",
    type=Names(),
    default="rnn,gru,lstm",
    show_default=True,
    metavar="NAME,...",
    help="The cells.",
)
@click.option(
    "--tokenizers", type=Names(), metavar="NAME,...", help="The tokenizers.  [default: recipe's]"
)
@click.option(
    "--seeds",
    type=click.IntRange(min=1),
    default=3,
    show_default=True,
    help="Train each so many times.",
)
@click.option(
    "--equal",
    type=click.Choice(["parameters", "time"]),
    help="What is the same for all: the number of parameters, as the recipe has it, or the time of "
    "training, the --budget.  [default: parameters]",
)
@click.option("--budget", type=Seconds(), help="The time of a run at most, such as 90s or 5m.")
@click.option(
    "--set",
    "assignments",
    multiple=True,
    metavar="SECTION.KEY=VALUE",
    help="Change any key of the recipe; may be repeated.",
)
@data_option
@skip_bad_option
@click.option(
    "--memory-task",
    type=click.Choice(["adding", "copy"]),
    help="Compare how far back cells remember on made-up data, without a recipe.",
)
@click.option(
    "--distances",
    type=Names(),
    metavar="STEPS,...",
    help="For --memory-task, how far back.  [default: 10,20,50,100,200]",
)
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    help="For --memory-task, steps of training at most.  [default: 1000]",
)
@click.option(
    "--parameters",
    type=click.IntRange(min=1),
    help="For --memory-task, parameters of each network.  [default: 10000]",
)
@click.option("--resume", is_flag=True, help="Go on, and never begin a new comparison.")
@click.option("--overwrite", is_flag=True, help="Replace a comparison that is there already.")
def compare(*, memory_task: str | None, resume: bool, overwrite: bool, **given: Any) -> None:
    """Train each of several cells, and tokenizers, with RECIPE, and compare them.

    The table tells score, spread over seeds, speed and size, who is not outdone in all of these
    together, and what to choose. It is printed, and written to --out with a picture. The same
    command goes on where it was interrupted. With --memory-task, cells learn to remember made-up
    data over growing distances instead.

    \b
    Example:
      seqkit compare imdb/lstm --out comparisons/imdb
      seqkit compare imdb/lstm --equal time --budget 5m --out comparisons/imdb-5m
      seqkit compare --memory-task adding --out comparisons/adding
    """
    refused = _OF_CORPUS if memory_task else _OF_MEMORY
    for key in refused:
        if given[key]:
            word = "RECIPE" if key == "name" else f"--{key.replace('_', '-')}"
            word = "--set" if key == "assignments" else word
            why = "is not for" if memory_task else "is for"
            raise UsageError(
                f"{word} {why} a comparison with --memory-task",
                fix="'seqkit compare --help' tells which options go together",
            )
    options = {
        key: given[key]
        for key in ("out", "cells", "seeds", *(_OF_MEMORY if memory_task else _OF_CORPUS))
        if given[key] is not None
    }
    options |= {"resume": resume, "overwrite": overwrite, "observers": [Progress()]}
    left = _memory(memory_task, options) if memory_task else _corpus(options)
    if left:
        from seqkit.cli.main import INTERRUPTED

        click.echo("interrupted; the same command goes on from there", err=True)
        raise click.exceptions.Exit(INTERRUPTED)


def _corpus(options: dict[str, Any]) -> int:
    """Compare on a corpus and print the table; how many runs are left."""
    from seqkit import corpora
    from seqkit.cli.input import Skipped
    from seqkit.comparing import comparison, table
    from seqkit.readers.base import stop_at_bad

    name = options.pop("name")
    if not name:
        raise UsageError(
            "There is no recipe",
            fix="Name one ('seqkit corpora list' shows those that come with seqkit), or a "
            "--memory-task",
        )
    path = corpora.recipe_path(name)
    recipe = recipes.load(path, options.pop("assignments"))
    if not recipe.corpus.name:
        options.setdefault("data", path.parent)  # what the recipe's own files are relative to
    skipped = Skipped()
    on_bad = skipped if options.pop("skip_bad") else stop_at_bad
    found = comparison.compare(recipe, on_bad=on_bad, **options)
    skipped.report()
    _print(found, table.header(found), table.lines(found))
    click.echo()
    _say(found.recommendation)
    _say_where(options["out"])
    return found.runs_left


def _memory(task: str, options: dict[str, Any]) -> int:
    """Compare memories and print the table; how many runs are left."""
    from seqkit.comparing import memory, memory_table

    if "distances" in options:
        options["distances"] = _numbers(options["distances"])
    found = memory.compare_memory(task, **options)  # type: ignore[arg-type] # checked by click
    _print(found, memory_table.header(found), memory_table.lines(found))
    _say_where(options["out"])
    return found.runs_left


def _numbers(words: tuple[str, ...]) -> list[int]:
    bad = [word for word in words if not word.isdecimal()]
    if bad:
        raise UsageError(f"--distances: '{bad[0]}' is no whole number", fix="Write 10,20,50")
    return [int(word) for word in words]


def _print(found: Comparison | MemoryComparison, header: list[str], lines: list[list[str]]) -> None:
    from seqkit.cli.output import print_table

    _say(found.caption)
    click.echo()
    left = {"candidate", "cell", "runtime", "best"}
    print_table(header, lines, right=" ".join(name for name in header if name not in left))
    for note in found.notes:
        click.echo()
        _say(note)


def _say(text: str) -> None:
    """Print sentences in lines that are no longer than the terminal."""
    width = min(shutil.get_terminal_size().columns, 100)
    click.echo(click.wrap_text(text, width))


def _say_where(out: Path) -> None:
    click.echo(f"\nsaved in {out}: comparison.md, .csv and .json")


class Progress:
    """An observer that tells on standard error of each run, and of its course now and then.

    Args:
        clock: Seconds that never go back.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._spoke = 0.0
        self._facts: Mapping[str, Any] = {}

    def on_event(self, event: Event) -> None:
        """Tell of ``event`` if it is time."""
        from seqkit.comparing.records import RunEnded, RunStarted, RunStepped
        from seqkit.training.events import Evaluated, Stepped

        match event:
            case RunStarted():
                self._say(f"run {event.number} of {event.of}: {event.name}")
            case RunEnded():
                self._say(f"{event.name}: {event.text}{' (done before)' if event.again else ''}")
            case RunStepped():
                self._seldom(f"  step {event.step:,} of {event.steps:,}, loss {event.loss:.4f}")
            case Stepped():
                self._seldom(f"  epoch {event.epoch}, step {event.step:,}, loss {event.loss:.4f}")
            case Evaluated():
                scores = ", ".join(f"{name} {value:.4f}" for name, value in event.scores.items())
                self._seldom(f"  epoch {event.epoch} done: {scores}")

    def _seldom(self, line: str) -> None:
        if self._clock() - self._spoke >= _QUIET:
            self._say(line)

    def _say(self, line: str) -> None:
        self._spoke = self._clock()
        click.echo(line, err=True)
