"""Labelled examples for commands that hold a model against the truth."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from seqkit.cli.input import Skipped, reader_part
from seqkit.cli.options import data_option, reader_options, skip_bad_option
from seqkit.errors import DataError
from seqkit.readers.base import stop_at_bad

if TYPE_CHECKING:
    from seqkit.examples import Example
    from seqkit.recipe import Recipe


def labelled_options(function: Any) -> Any:
    """FILES and the options that say how they, or the corpus's own splits, are read."""
    for decorate in reversed(
        [
            click.argument("files", nargs=-1, metavar="[FILE]..."),
            click.option(
                "--split",
                type=click.Choice(["train", "dev", "test"]),
                default="dev",
                show_default=True,
                help="Without files, this split of the data that the model's recipe names.",
            ),
            click.option(
                "--encoding", default="", help="The files' encoding.  [default: recipe's]"
            ),
            reader_options,
            data_option,
            skip_bad_option,
        ]
    ):
        function = decorate(function)
    return function


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """What :func:`labelled_options` gathered; the keyword arguments of a command as they are."""

    files: Sequence[str]
    split: str
    encoding: str
    reader: str
    reader_settings: Sequence[str]
    data: Path | None
    skip_bad: bool

    def read(self, recipe: Recipe, *, context: int) -> tuple[Iterable[Example], Skipped]:
        """The examples, read as they are asked for, and what was left out of them so far.

        Args:
            recipe: The model's, which says where its data are and how they are read.
            context: Words on either side of a sentence that it reads too.

        Raises:
            DataError: There are none, or a row is bad.
        """
        from seqkit import corpora
        from seqkit.documents import in_context
        from seqkit.readers.files import expand, guess_reader, read
        from seqkit.recipe import default_part
        from seqkit.splits import hold_out

        skipped = Skipped()
        on_bad = skipped if self.skip_bad else stop_at_bad
        part = reader_part(self.reader, self.reader_settings)
        encoding = self.encoding or recipe.corpus.encoding
        if self.files:
            paths: Sequence[Path] = expand(self.files, Path())
            part = part or recipe.reader or default_part("reader", guess_reader(paths[0]))
            found = read(paths, reader=part, encoding=encoding, on_bad=on_bad)
            return in_context(found, context), skipped
        sources = corpora.sources(recipe, base=Path(), data=self.data)
        part = part or sources.reader
        paths = getattr(sources, self.split)
        if paths:
            found = read(paths, reader=part, encoding=encoding, on_bad=on_bad)
            return in_context(found, context), skipped
        if self.split == "test":
            raise DataError("The data has no test split", fix="Name files, or --split dev")
        found = read(sources.train, reader=part, encoding=encoding, on_bad=on_bad)
        together = list(in_context(found, context))
        arity = recipe.head_spec.arity
        train, dev = hold_out(together, sources.dev_fraction, arity=arity)
        return (dev if self.split == "dev" else train), skipped
