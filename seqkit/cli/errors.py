"""``seqkit errors``: what a model gets wrong."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit.cli.labelled import Labelled, labelled_options
from seqkit.cli.options import format_option, model_argument, with_option
from seqkit.errors import UsageError

if TYPE_CHECKING:
    from seqkit.examples import Example
    from seqkit.model import TextModel


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
@click.option(
    "--html",
    "page",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write a page of scores, mistakes and doubtful data to this file instead.",
)
@click.option("--overwrite", is_flag=True, help="Replace the page if it exists.")
def errors(
    *,
    model: str,
    others: tuple[str, ...],
    limit: int,
    full: bool,
    form: str,
    page: Path | None,
    overwrite: bool,
    **data: Any,
) -> None:
    """Show what MODEL gets wrong, what it is surest of first.

    Each FILE is read as the model's recipe says. Without any, the data are those that its recipe
    names. For tagging, each wrong word is a mistake, shown in its sentence as >word<.

    With --html all goes into one page that needs no other file: scores, confusions, how far
    probabilities are to be believed, the mistakes with the words that brought them about, labels
    in the data that may be wrong, and texts that are almost alike. --limit says how many examples
    of each kind it shows, at most 200.

    \b
    Example:
      seqkit errors models/imdb-lstm --limit 10
      seqkit errors models/reviews test.csv --full
      seqkit errors models/reviews test.csv --html errors.html
    """
    from seqkit import api
    from seqkit.cli import output as out

    _check_use(page, full=full, form=form, overwrite=overwrite, others=others)
    loaded = api.load([model, *others])
    labelled = Labelled(**data)
    examples, skipped = labelled.read(loaded.recipe, context=loaded.context)
    if page is not None:
        _write_page(loaded, labelled, examples, page, limit=limit)
        skipped.report()
        return
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


def _check_use(
    page: Path | None, *, full: bool, form: str, overwrite: bool, others: tuple[str, ...]
) -> None:
    """Refuse options that do nothing, and a page that is there already."""
    if page is None:
        if overwrite:
            raise UsageError("--overwrite has no use here", fix="Leave it out, or add --html FILE")
        return
    if full or form != "table":
        raise UsageError(
            f"{'--full' if full else '--format'} has no use here",
            why="with --html all goes into the page",
            fix="Leave one of them out",
        )
    if others:
        raise UsageError(
            "--html and --with exclude each other",
            why="the page says what moved one model",
            fix="Write a page for each model",
        )
    from seqkit.export import check_free

    check_free(page, overwrite=overwrite, option="--html")


def _write_page(
    model: TextModel, labelled: Labelled, examples: Iterable[Example], page: Path, *, limit: int
) -> None:
    from seqkit.cli.output import write
    from seqkit.cli.progress import Stages

    data = ", ".join(labelled.files) or f"{labelled.split} data of the recipe"
    with Stages() as stages:
        text = model.error_page(examples, limit=limit, data=data, on_progress=stages.show)
    write([text], page)
    click.echo(f"wrote {page}")
