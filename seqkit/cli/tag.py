"""``seqkit tag``: a tag for each word of each document."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit import registry
from seqkit.cli.classify import NOTHING
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
from seqkit.cli.output import ARRAY, LINES, Layout, aligned, cell, csv_line
from seqkit.errors import UsageError
from seqkit.examples import Example, TokensExample
from seqkit.predictions import Tagging
from seqkit.readers.compressed import without_suffix

if TYPE_CHECKING:
    from seqkit.cli.input import Documents
    from seqkit.model import TextModel


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE]...")
@model_option("tagging")
@with_option
@runtime_options
@click.option("--lines", is_flag=True, help="Each line is a document, not each file.")
@format_option("table", "json", "jsonl", "csv", "conllu")
@output_option
@bulk_options
@encoding_option
@reader_options
def tag(
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
    """Tag the words of each document: each FILE, each line with --lines, or each sentence.

    FILE may be a glob in quotes, or '-' for standard input, which is also read when no file is
    named. Plain text is split into words, and each word's offsets count characters of the
    document. A FILE that ends in .conllu or .conll, or any with --reader, is read as sentences;
    --format conllu then gives its rows back with other tags and everything else as it was.

    \b
    Example:
      seqkit tag review.txt
      echo 'She sells sea shells .' | seqkit tag --format conllu
      seqkit tag sentences.conllu > tagged.conllu
    """
    from seqkit.cli import bulk
    from seqkit.cli import input as source
    from seqkit.cli import output as out
    from seqkit.cli.job import Job

    names = source.named(files)
    if not reader and not lines:
        reader = _reader_of(names)
    part = source.reader_part(reader, reader_settings)
    documents = source.Documents(names, lines=lines, encoding=encoding, reader=part, line_ends=True)
    rows_back = part is not None and registry.find("reader", part.name).spec.tasks == ("tagging",)
    form = out.chosen(form, output, otherwise="conllu" if rows_back else "jsonl")
    job = Job(
        model=model,
        others=others,
        task="tagging",
        command="tag",
        runtime=runtime,
        threads=threads,
        jobs=jobs,
        layout=partial(_layout, form, documents if rows_back else None),
    )
    bulk.run(job, documents, form=form, output=output, resume=resume)


def _layout(form: str, documents: Documents | None, _: TextModel) -> Layout:
    """The layout of a format.

    Args:
        form: Its name.
        documents: Those whose own rows CoNLL-U gives back, if they have any.
    """
    match form:
        case "json":
            return ARRAY
        case "jsonl":
            return LINES
        case "csv":
            header = csv_line(["source", "text", "tag", "probability", "start", "end"])
            return Layout(row=_csv, begin=header, nothing=header)
        case "conllu":
            return _rows(documents) if documents else Layout(row=_conllu)
        case _:
            return Layout(row=_table, between="\n")


def _reader_of(names: list[str]) -> str:
    """The format of given tokens that the files' names call for; empty for plain text.

    Raises:
        UsageError: Some files are in one and some are not.
    """
    found = {_claimed(name) for name in names}
    if len(found) > 1:
        raise UsageError(
            "The files are in different formats",
            why=", ".join(sorted(name or "plain text" for name in found)),
            fix="Tag them apart, or name one for all with --reader",
        )
    return found.pop() if found else ""


def _claimed(name: str) -> str:
    plain = without_suffix(name.lower())
    for part in registry.registered("reader"):
        if part.spec.tasks == ("tagging",) and plain.endswith(part.spec.suffixes):
            return str(part.qualified)
    return ""


def _rows(documents: Documents) -> Layout:
    """The input's own rows with the tags in place of its own; others as CoNLL-U."""
    reader = documents.open_reader()

    def row(example: Example, tagging: Tagging) -> str:
        if isinstance(example, TokensExample):
            return reader.write(example, [token.tag for token in tagging.tokens])
        return _conllu(example, tagging)

    return Layout(row=row)


def _conllu(_: Any, tagging: Tagging) -> str:
    """A document as one sentence, with offsets as Universal Dependencies' TokenRange."""
    lines = [f"# source = {cell(tagging.source)}"]
    for number, token in enumerate(tagging.tokens, 1):
        place = f"TokenRange={token.start}:{token.end}"
        columns = [str(number), token.text, "_", token.tag, "_", "_", "_", "_", "_", place]
        lines.append("\t".join(columns))
    return "\n".join(lines) + "\n\n"


def _csv(_: Any, tagging: Tagging) -> str:
    """A row a word; a document without words has one row with empty cells."""
    rows: list[list[Any]] = [
        [tagging.source, token.text, token.tag, token.probability, token.start, token.end]
        for token in tagging.tokens
    ]
    return "".join(csv_line(row) for row in rows or [[tagging.source, "", "", "", "", ""]])


def _table(_: Any, tagging: Tagging) -> str:
    """A small table a document, shown as soon as it is there."""
    lines = [["word", "tag", "probability"]]
    lines += [[cell(token.text), token.tag, cell(token.probability)] for token in tagging.tokens]
    body = aligned(lines, right=[2]) if tagging.tokens else [NOTHING]
    return "\n".join([cell(tagging.source), *body]) + "\n"
