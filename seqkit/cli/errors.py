"""``seqkit errors``: what a model gets wrong."""

from __future__ import annotations

import shutil
from typing import Any

import click

from seqkit.cli.labelled import Labelled, labelled_options
from seqkit.cli.options import format_option, model_argument, with_option


@click.command()
@model_argument
@labelled_options
@with_option
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="How many mistakes; 0 for all.",
)
@click.option("--full", is_flag=True, help="Show whole texts, however long.")
@format_option("table", "json", "jsonl", default="table")
def errors(
    *, model: str, others: tuple[str, ...], limit: int, full: bool, form: str, **data: Any
) -> None:
    """Show what MODEL gets wrong, what it is surest of first.

    Each FILE is read as the model's recipe says. Without any, the data are those that its recipe
    names. For tagging, each wrong word is a mistake, shown in its sentence as >word<.

    \b
    Example:
      seqkit errors models/imdb-lstm --limit 10
      seqkit errors models/reviews test.csv --full
    """
    from seqkit import api
    from seqkit.cli import output as out

    loaded = api.load([model, *others])
    examples, skipped = Labelled(**data).read(loaded.recipe)
    mistakes = loaded.errors(examples, limit=limit)
    skipped.report()
    if form != "table":
        out.write(out.json_array(mistakes) if form == "json" else out.json_lines(mistakes), None)
        return
    width = shutil.get_terminal_size().columns - 4
    for mistake in mistakes:
        facts = [
            out.cell(mistake.probability),
            f"truth {mistake.truth or '(none)'}",
            f"prediction {mistake.prediction or '(none)'}",
            out.cell(mistake.source),
        ]
        click.echo("  ".join(facts))
        text = " ".join(mistake.text.split())
        click.echo(f"    {text if full else out.around_mark(text, width)}")
    if not mistakes:
        click.echo("no mistakes")
