"""A model's answers to any number of documents: in blocks, in order, and where wished resumed."""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

import seqkit
from seqkit.bundle.manifest import MANIFEST, WEIGHTS
from seqkit.cli.input import Documents, Place
from seqkit.cli.job import Block, Job, Writing
from seqkit.cli.main import INTERRUPTED
from seqkit.cli.output import Layout
from seqkit.documents import in_context
from seqkit.errors import UsageError
from seqkit.runtimes.base import cores

if TYPE_CHECKING:
    from seqkit.cli.partial import Partial
    from seqkit.cli.progress import Counted
    from seqkit.model import TextModel


def run(job: Job, documents: Documents, *, form: str, output: Path | None, resume: bool) -> None:
    """Write a result for each document, in their order.

    Args:
        job: What makes the results.
        documents: The input.
        form: The name of the results' format.
        output: A file, or None for standard output.
        resume: Go on with what an interrupted run left beside the file.

    Raises:
        UsageError: There is nothing that could be gone on with.
        DataError: A document can't be read; the results before it are out.
    """
    if resume and (output is None or (output.exists() and not output.is_file())):
        raise UsageError("--resume needs a file as --output", why="what is printed is gone")
    writing = job.writing()
    with _counted(documents, output) as counted:
        if output is None or (output.exists() and not output.is_file()):
            # a device, such as /dev/null, is no file that could appear when it is whole
            with output.open("w", encoding="utf-8") if output else _stdout() as stream:
                _print(_texts(job, writing, documents, counted), writing.layout, stream)
            return
        from seqkit.cli.partial import Partial

        origin: dict[str, Any] = {}
        if resume or documents.are_files:
            origin = documents.origin() | _origin(job, writing.model, form)
        part = Partial(output, origin, resume=resume)
        try:
            with part:
                _fill(
                    part, _texts(job, writing, documents, counted, part.documents), writing.layout
                )
        except KeyboardInterrupt:
            if not part.kept:
                raise
            how = "the same command with --resume goes on from there"
            click.echo(f"interrupted; {how}", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None


def _stdout() -> contextlib.AbstractContextManager[TextIO]:
    return contextlib.nullcontext(sys.stdout)


def _print(texts: Generator[tuple[int, str], None, None], layout: Layout, stream: TextIO) -> None:
    before, after = layout.begin, layout.nothing
    with contextlib.closing(texts):
        for _, text in texts:
            stream.write(before + text)
            stream.flush()
            before, after = layout.between, layout.end
    stream.write(after)


def _fill(part: Partial, texts: Generator[tuple[int, str], None, None], layout: Layout) -> None:
    with contextlib.closing(texts):
        for count, text in texts:
            before = layout.between if part.documents else layout.begin
            part.write(before + text, documents=count)
    part.write(layout.end if part.documents else layout.nothing, documents=0)


def _texts(
    job: Job, writing: Writing, documents: Documents, counted: Counted | None, done: int = 0
) -> Generator[tuple[int, str], None, None]:
    """How many documents, and the text of their results; those that are done are left out."""
    blocks = _left(_blocks(documents, writing.model.context), done, counted)
    if job.jobs == 1:
        made = _here(writing, blocks)
    else:
        from seqkit.cli.workers import in_processes  # multiprocessing takes a while to import

        made = in_processes(job, blocks)
    with contextlib.closing(made):
        for block, text in made:
            yield len(block.examples), text
            if counted is not None:
                counted.add(len(block.examples), block.read)


def _here(writing: Writing, blocks: Iterable[Block]) -> Generator[tuple[Block, str], None, None]:
    for block in blocks:
        if block.examples:
            yield block, writing.text(block.examples)


def _blocks(documents: Documents, context: int) -> Iterator[Block]:
    if documents.are_live:
        from seqkit.cli.pipes import Pipe

        for examples in Pipe(in_context(documents, context)).blocks():
            yield Block(examples, 0)
        return
    from seqkit.predicting import blocks

    place = Place()
    for examples in blocks(in_context(documents.read(place), context)):
        yield Block(examples, place.bytes)


def _left(blocks: Iterable[Block], done: int, counted: Counted | None) -> Iterator[Block]:
    """The blocks after the first ``done`` documents, which are whole blocks."""
    for block in blocks:
        if not done:
            yield block
            continue
        done -= len(block.examples)
        if counted is not None:
            counted.skip(len(block.examples), block.read)
        if done < 0:
            raise UsageError(
                "The input is not what it was when the run was begun",
                fix="Leave out --resume to begin anew",
            )


def _origin(job: Job, model: TextModel, form: str) -> dict[str, Any]:
    """What the results depend on beside the documents."""
    digest, runtimes = hashlib.sha256(), []
    for member in model.members:
        digest.update((member.path / MANIFEST).read_bytes())
        digest.update((member.path / WEIGHTS).read_bytes())
        able = (one.name for one in member.runtimes() if not one.obstacle)
        runtimes.append(job.runtime if job.runtime != "auto" else next(able, job.runtime))
    return {
        "version of seqkit": seqkit.__version__,
        "command": job.command,
        "--model": digest.hexdigest(),
        "--runtime": " ".join(runtimes),
        "--threads": job.threads or cores(),
        "--jobs": job.jobs,
        "--format": form,
    }


@contextlib.contextmanager
def _counted(documents: Documents, output: Path | None) -> Iterator[Counted | None]:
    """Shows on a terminal what is done, unless results pass by there."""
    if not sys.stderr.isatty() or (output is None and sys.stdout.isatty()):
        yield None
        return
    from seqkit.cli.progress import Counted

    with Counted(documents.size) as counted:
        yield counted
