"""``seqkit tag``: a tag for each word of each document."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqkit import registry
from seqkit.cli.classify import NOTHING
from seqkit.cli.options import (
    encoding_option,
    format_option,
    model_option,
    output_option,
    reader_options,
)
from seqkit.cli.output import aligned, cell, csv_line
from seqkit.errors import UsageError
from seqkit.examples import Example, TokensExample
from seqkit.predictions import Tagging

if TYPE_CHECKING:
    from seqkit.model import TextModel
    from seqkit.readers.base import Reader


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE]...")
@model_option("tagging")
@click.option("--lines", is_flag=True, help="Each line is a document, not each file.")
@format_option("table", "json", "jsonl", "csv", "conllu")
@output_option
@encoding_option
@reader_options
def tag(
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
    from seqkit.cli import input as source
    from seqkit.cli import output as out

    names = source.named(files)
    if not reader and not lines:
        reader = _reader_of(names)
    part = source.reader_part(reader, reader_settings)
    documents = source.Documents(names, lines=lines, encoding=encoding, reader=part, line_ends=True)
    rows_back = part is not None and registry.find("reader", part.name).spec.tasks == ("tagging",)
    form = out.chosen(form, output, otherwise="conllu" if rows_back else "jsonl")

    from seqkit import api

    loaded = api.load(model, task="tagging")
    match form:
        case "json":
            chunks = out.json_array(loaded.tag(documents))
        case "jsonl":
            chunks = out.json_lines(loaded.tag(documents))
        case "csv":
            chunks = _csv(loaded.tag(documents))
        case "conllu":
            chunks = _rows(loaded, documents, documents.open_reader() if rows_back else None)
        case _:
            chunks = _table(loaded.tag(documents))
    out.write(chunks, output)


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
    for part in registry.registered("reader"):
        if part.spec.tasks == ("tagging",) and name.lower().endswith(part.spec.suffixes):
            return str(part.qualified)
    return ""


def _rows(model: TextModel, documents: Iterable[Example], reader: Reader | None) -> Iterator[str]:
    """CoNLL-U rows, or the input's own rows with the tags in place of its own."""
    pending: deque[Example] = deque()

    def remembered() -> Iterator[Example]:
        for example in documents:
            pending.append(example)
            yield example

    for tagging in model.tag(remembered()):
        example = pending.popleft()
        if reader is not None and isinstance(example, TokensExample):
            yield reader.write(example, [token.tag for token in tagging.tokens])
        else:
            yield _conllu(tagging)


def _conllu(tagging: Tagging) -> str:
    """A document as one sentence, with offsets as Universal Dependencies' TokenRange."""
    lines = [f"# source = {cell(tagging.source)}"]
    for number, token in enumerate(tagging.tokens, 1):
        place = f"TokenRange={token.start}:{token.end}"
        columns = [str(number), token.text, "_", token.tag, "_", "_", "_", "_", "_", place]
        lines.append("\t".join(columns))
    return "\n".join(lines) + "\n\n"


def _csv(rows: Iterable[Tagging]) -> Iterator[str]:
    """A row a word; a document without words has one row with empty cells."""
    yield csv_line(["source", "text", "tag", "probability", "start", "end"])
    for row in rows:
        for token in row.tokens:
            cells = [token.text, token.tag, token.probability, token.start, token.end]
            yield csv_line([row.source, *cells])
        if not row.tokens:
            yield csv_line([row.source, "", "", "", "", ""])


def _table(rows: Iterable[Tagging]) -> Iterator[str]:
    """A small table a document, shown as soon as it is there."""
    before = ""
    for row in rows:
        lines = [["word", "tag", "probability"]]
        lines += [[cell(token.text), token.tag, cell(token.probability)] for token in row.tokens]
        body = aligned(lines, right=[2]) if row.tokens else [NOTHING]
        yield before + "\n".join([cell(row.source), *body]) + "\n"
        before = "\n"
