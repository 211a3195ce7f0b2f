"""``seqkit translate``: a translation for each line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit.cli.job import Job, Writing
from seqkit.cli.options import (
    bulk_options,
    encoding_option,
    format_option,
    model_option,
    output_option,
    struct_options,
)
from seqkit.cli.output import LINES, Layout
from seqkit.errors import UsageError
from seqkit.examples import Example
from seqkit.runtimes.base import cores
from seqkit_translate import Search
from seqkit_translate.predictions import Translation

if TYPE_CHECKING:
    from seqkit.model import TextModel
    from seqkit_translate.translator import Translator


@click.command()
@click.argument("files", nargs=-1, metavar="[FILE]...")
@model_option("translation")
@struct_options(Search, unset=True)
@click.option(
    "--num",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Translations of each sentence, at most as many as --beam; more than one as jsonl.",
)
@click.option(
    "--attention",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="FOLDER",
    help="Draw there what each translation looked at; needs 'seqkit-translate[plots]'.",
)
@format_option("text", "jsonl", default="text")
@output_option
@click.option(
    "--threads",
    type=click.IntRange(min=0),
    default=0,
    help="Processor threads to use at most; 0 for as many as there are cores.",
)
@bulk_options
@encoding_option
def translate(
    *,
    files: tuple[str, ...],
    model: str,
    num: int,
    attention: Path | None,
    form: str,
    output: Path | None,
    threads: int,
    resume: bool,
    jobs: int,
    encoding: str,
    **search: Any,
) -> None:
    """Translate each line of each FILE.

    FILE may be a glob in quotes, or '-' for standard input, which is also read when no file is
    named. There is one line a line, in their order; a blank one stays blank. What is not said of
    the search is as the model's recipe has it: a beam of 5 unless it was changed.

    \b
    Example:
      echo 'I am hungry.' | seqkit translate --model models/english-french
      seqkit translate -m models/english-french --beam 10 --num 3 --format jsonl text.txt
      seqkit translate -m models/english-french --attention pictures text.txt
    """  # noqa: D301 -- click's mark
    from seqkit.cli import bulk
    from seqkit.cli import input as source

    if num > 1 and form == "text":
        raise UsageError(
            f"{num} translations of a sentence can't be written as text",
            why="there a line is a sentence",
            fix="Add --format jsonl",
        )
    if attention is not None:
        from seqkit_translate import pictures

        pictures.check()
        attention.mkdir(parents=True, exist_ok=True)
    changes = {name: value for name, value in search.items() if value is not None}
    documents = source.Documents(source.named(files), lines=True, encoding=encoding)
    job = TranslationJob(
        model=model,
        task="translation",
        # what an interrupted run was begun with, for the one that goes on with it
        command=f"translate {num} {sorted(changes.items())}",
        runtime="torch",
        threads=threads,
        jobs=jobs,
        layout=partial(_layout, form),
        changes=changes,
        num=num,
        attention=attention,
    )
    bulk.run(job, documents, form=form, output=output, resume=resume)


@dataclass(frozen=True, slots=True)
class _Writing(Writing):
    """A model with its way of searching.

    Attributes:
        translator: Does it.
        searching: How to search.
        num: Translations of each sentence.
        attention: The folder for pictures, if they are wanted.
    """

    translator: Translator
    searching: Search
    num: int
    attention: Path | None

    def text(self, examples: Sequence[Example]) -> str:
        """The text of the results for a block; pictures are drawn on the way."""
        answers = self.translator.translate(
            examples, self.searching, num=self.num, attention=self.attention is not None
        )
        rows = []
        for example, answer in zip(examples, answers, strict=True):
            if self.attention is not None and answer.attention is not None:
                from seqkit_translate import pictures

                pictures.write(answer.attention, example.source, self.attention)
            rows.append(self.layout.row(example, answer.translation))
        return "".join(rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class TranslationJob(Job):
    """What the command was asked to do.

    Attributes:
        changes: Fields of :class:`Search` that are not to be as the model's recipe has them.
        num: Translations of each sentence.
        attention: The folder for pictures, if they are wanted.
    """

    changes: Mapping[str, Any]
    num: int
    attention: Path | None

    def writing(self) -> Writing:
        """Load the model.

        Raises:
            BundleError: There is no such model, or it is damaged.
            UsageError: It is for another task.
        """
        from seqkit import api
        from seqkit.bundle.load import open_bundle
        from seqkit_translate.translator import Translator

        model = api.load(self.model, task=self.task, runtime=self.runtime)
        threads = self.threads
        if self.jobs > 1:
            threads = max(1, (threads or cores()) // self.jobs)
        translator = Translator(open_bundle(model.path), threads=threads)
        searching = translator.searching(self.changes)
        return _Writing(model, self.layout(model), translator, searching, self.num, self.attention)


def _layout(form: str, _: TextModel) -> Layout:
    return LINES if form == "jsonl" else Layout(row=_line)


def _line(_: Any, translation: Translation) -> str:
    """A translation as one line, whatever stands in it."""
    return f"{' '.join(translation.text.splitlines())}\n"
