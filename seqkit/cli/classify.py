"""``seqkit classify``: a label, or several, for each document."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit.cli.options import (
    bulk_options,
    encoding_option,
    format_option,
    model_option,
    output_option,
    reader_options,
    runtime_options,
    with_option,
)
from seqkit.cli.output import ARRAY, LINES, Layout, cell, csv_line

if TYPE_CHECKING:
    from seqkit.model import TextModel

#: What a table shows in place of a label that an empty document does not have.
NOTHING = "(none)"


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE]...")
@model_option("classification")
@with_option
@runtime_options
@click.option("--lines", is_flag=True, help="Each line is a document, not each file.")
@format_option("table", "json", "jsonl", "csv")
@output_option
@bulk_options
@encoding_option
@reader_options
def classify(
    *,
    files: tuple[str, ...],
    model: str,
    others: tuple[str, ...],
    runtime: str,
    threads: int,
    lines: bool,
    form: str | None,
    output: Path | None,
    resume: bool,
    jobs: int,
    encoding: str,
    reader: str,
    reader_settings: tuple[str, ...],
) -> None:
    """Label each document: each FILE, each line with --lines, or each row with --reader.

    FILE may be a glob in quotes, or '-' for standard input, which is also read when no file is
    named. There is one result a document, in the order of the documents; an empty document's has
    no label.

    \b
    Example:
      seqkit classify review.txt
      seqkit classify --lines --format csv 'reviews/*.txt' > labels.csv
      seqkit classify --reader csv --reader-option text=body reviews.csv
    """
    from seqkit.cli import bulk
    from seqkit.cli import input as source
    from seqkit.cli import output as out
    from seqkit.cli.job import Job

    part = source.reader_part(reader, reader_settings)
    documents = source.Documents(source.named(files), lines=lines, encoding=encoding, reader=part)
    form = out.chosen(form, output)
    job = Job(
        model=model,
        others=others,
        task="classification",
        command="classify",
        runtime=runtime,
        threads=threads,
        jobs=jobs,
        layout=partial(_layout, form),
    )
    bulk.run(job, documents, form=form, output=output, resume=resume)


def _layout(form: str, model: TextModel) -> Layout:
    several = getattr(model.recipe.head.options, "multi_label", False)
    match form:
        case "json":
            return ARRAY
        case "jsonl":
            return LINES
        case "csv":
            return _csv(model.labels, several=several)
        case _:
            return _table(model.labels, several=several)


def _csv(labels: Iterable[str], *, several: bool) -> Layout:
    """A row a document: its label or labels, then each label's probability in a column."""
    names = ["source", "labels"] if several else ["source", "label", "probability"]
    header = csv_line([*names, *(f"probability:{label}" for label in labels)])

    def row(_: Any, result: Any) -> str:
        answer = ["|".join(result.labels)] if several else [result.label, result.probability]
        each = (result.probabilities.get(label, "") for label in labels)
        return csv_line([result.source, *answer, *each])

    return Layout(row=row, begin=header, nothing=header)


def _table(labels: Iterable[str], *, several: bool) -> Layout:
    """A line a document, shown as soon as it is there, so that widths can't wait for the last."""
    width = max(map(len, (*labels, "label", NOTHING)))
    header = "labels" if several else f"{'label':{width}}  probability"
    header = f"{header}  source\n"

    def row(_: Any, result: Any) -> str:
        if several:
            answer = ", ".join(f"{name} {result.probabilities[name]:.4f}" for name in result.labels)
        else:
            answer = f"{result.label or NOTHING:{width}}  {result.probability:11.4f}"
        return f"{answer or NOTHING}  {cell(result.source)}\n"

    return Layout(row=row, begin=header, nothing=header)
