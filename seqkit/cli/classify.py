"""``seqkit classify``: a label, or several, for each document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, cast

import click

from seqkit.cli.options import (
    encoding_option,
    format_option,
    model_option,
    output_option,
    reader_options,
)
from seqkit.cli.output import cell, csv_line
from seqkit.examples import TextExample

#: What a table shows in place of a label that an empty document does not have.
NOTHING = "(none)"


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE]...")
@model_option("classification")
@click.option("--lines", is_flag=True, help="Each line is a document, not each file.")
@format_option("table", "json", "jsonl", "csv")
@output_option
@encoding_option
@reader_options
def classify(
    *,
    files: tuple[str, ...],
    model: str,
    lines: bool,
    form: str | None,
    output: Path | None,
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
    from seqkit.cli import input as source
    from seqkit.cli import output as out

    part = source.reader_part(reader, reader_settings)
    documents = source.Documents(source.named(files), lines=lines, encoding=encoding, reader=part)
    form = out.chosen(form, output)

    from seqkit import api

    loaded = api.load(model, task="classification")
    # given tokens, which --reader may bring, are taken as text
    rows = loaded.classify(cast("Iterable[TextExample]", documents))
    several = getattr(loaded.recipe.head.options, "multi_label", False)
    match form:
        case "json":
            chunks = out.json_array(rows)
        case "jsonl":
            chunks = out.json_lines(rows)
        case "csv":
            chunks = _csv(rows, loaded.labels, several=several)
        case _:
            chunks = _table(rows, loaded.labels, several=several)
    out.write(chunks, output)


def _csv(rows: Iterable[Any], labels: Sequence[str], *, several: bool) -> Iterator[str]:
    """A row a document: its label or labels, then each label's probability in a column."""
    names = ["source", "labels"] if several else ["source", "label", "probability"]
    yield csv_line([*names, *(f"probability:{label}" for label in labels)])
    for row in rows:
        answer = ["|".join(row.labels)] if several else [row.label, row.probability]
        each = (row.probabilities.get(label, "") for label in labels)
        yield csv_line([row.source, *answer, *each])


def _table(rows: Iterable[Any], labels: Sequence[str], *, several: bool) -> Iterator[str]:
    """A line a document, shown as soon as it is there, so that widths can't wait for the last."""
    width = max(map(len, (*labels, "label", NOTHING)))
    header = "labels" if several else f"{'label':{width}}  probability"
    yield f"{header}  source\n"
    for row in rows:
        if several:
            answer = ", ".join(f"{name} {row.probabilities[name]:.4f}" for name in row.labels)
        else:
            answer = f"{row.label or NOTHING:{width}}  {row.probability:11.4f}"
        yield f"{answer or NOTHING}  {cell(row.source)}\n"
