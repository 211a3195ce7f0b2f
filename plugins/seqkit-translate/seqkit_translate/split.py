"""Split sentence pairs so that no source sentence stands in two splits.

    python -m seqkit_translate.split pairs.tsv --dev 0.02 --test 0.02 --out FOLDER

A corpus has many a sentence several times, each with another translation; if one of them were
tested and another learnt from, the test would praise memory. Where a pair goes is told from its
sentence alone, by a checksum of its letters and digits, so that it stays there whatever is added.
"""

from __future__ import annotations

import hashlib
import sys
import unicodedata
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import click

from seqkit.errors import SeqkitError, UsageError
from seqkit.examples import TextExample
from seqkit.readers.lines import open_binary, read_lines
from seqkit_translate import PairsOptions
from seqkit_translate.pairs import PairsReader

SPLITS = ("train", "dev", "test")


def normalised(sentence: str) -> str:
    """What two spellings of a sentence have in common: its letters and digits, in one case.

    A sentence without any is what it is.
    """
    folded = unicodedata.normalize("NFKC", sentence).casefold()
    words = "".join(c if c.isalnum() else " " for c in folded).split()
    return " ".join(words) or folded.strip()


def split_of(sentence: str, *, dev: float, test: float) -> str:
    """The split that a source sentence belongs to, always the same one.

    Args:
        sentence: The sentence.
        dev: The share of sentences held out for development.
        test: The share held out for the final score.
    """
    digest = hashlib.sha256(normalised(sentence).encode("utf-8", "surrogatepass")).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64  # uniform in 0..1
    if place < test:
        return "test"
    return "dev" if place < test + dev else "train"


def split(
    path: Path, out: Path, options: PairsOptions, *, dev: float, test: float, longest: int = 0
) -> dict[str, int]:
    """Write ``train.tsv``, ``dev.tsv`` and ``test.tsv``, whose lines are those of a file.

    Args:
        path: A file of columns with tabs between them, plain or compressed.
        out: The folder of the three; made if it is missing.
        options: Which columns are which.
        dev: The share of sentences held out for development.
        test: The share held out for the final score.
        longest: Leave out of training what has more words on either side; 0 for nothing. What is
            held out stays whole.

    Returns:
        How many pairs are in each, and how many are ``left out``.

    Raises:
        UsageError: Nothing would be left to train on.
        DataError: A line is bad.
    """
    if dev + test >= 1:
        raise UsageError(
            f"--dev {dev:g} and --test {test:g} leave nothing to train on",
            why="they are shares of all sentences",
        )
    out.mkdir(parents=True, exist_ok=True)
    counts = dict.fromkeys([*SPLITS, "left out"], 0)
    new = {name: out / f".{name}.tsv.new" for name in SPLITS}
    with ExitStack() as opened:
        for file in new.values():
            opened.callback(file.unlink, missing_ok=True)
        files = {
            name: opened.enter_context(file.open("w", encoding="utf-8", newline=""))
            for name, file in new.items()
        }
        for line, pair in _pairs(path, options):
            name = split_of(pair.text, dev=dev, test=test)
            words = max(len(side.split()) for side in (pair.text, *pair.labels))
            if name == "train" and 0 < longest < words:
                counts["left out"] += 1
                continue
            counts[name] += 1
            files[name].write(f"{line}\n")
        for name in SPLITS:
            files[name].close()
            new[name].replace(out / f"{name}.tsv")
    return counts


def _pairs(path: Path, options: PairsOptions) -> Iterator[tuple[str, TextExample]]:
    """Each line with what it says; blank ones mean nothing."""
    reader = PairsReader(options)
    with open_binary(path) as stream:
        for line in read_lines(stream, str(path), reader.encoding):
            if line.problem:
                raise line.problem
            if not line.is_blank:
                yield line.text, reader.parse(line.text, f"{path}:{line.number}")


_share = click.FloatRange(0, 1, max_open=True)
_column = click.IntRange(min=1)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dev", type=_share, default=0.02, show_default=True, help="Share for development.")
@click.option("--test", type=_share, default=0.02, show_default=True, help="Share for the score.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder for train.tsv, dev.tsv and test.tsv.",
)
@click.option("--source-column", type=_column, default=1, show_default=True, help="The sentences.")
@click.option("--target-column", type=_column, default=2, show_default=True, help="Translations.")
@click.option(
    "--longest",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Leave out of training what has more words on either side; 0 for nothing.",
)
def main(
    *,
    file: Path,
    dev: float,
    test: float,
    out: Path,
    source_column: int,
    target_column: int,
    longest: int,
) -> None:
    """Split the sentence pairs of FILE, so that no source sentence stands in two splits."""
    options = PairsOptions(source_column=source_column, target_column=target_column)
    try:
        counts = split(file, out, options, dev=dev, test=test, longest=longest)
    except SeqkitError as error:
        click.echo(f"error: {error}", err=True)
        sys.exit(error.exit_status)
    for name, count in counts.items():
        if count or name in SPLITS:
            click.echo(f"{name}: {count:,} pairs")


if __name__ == "__main__":
    main()
