"""``seqkit corpora``: the corpora that seqkit knows."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from seqkit.cli.options import data_option, format_option

if TYPE_CHECKING:
    from seqkit.corpora import CorpusManifest


def _complete(
    _ctx: click.Context, _param: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    from seqkit import corpora as known

    return [
        CompletionItem(manifest.name, help=manifest.summary)
        for manifest in known.known()
        if manifest.name.startswith(incomplete)
    ]


_name_argument = click.argument("name", shell_complete=_complete)


@click.group()
def corpora() -> None:
    """List, show and fetch the corpora that seqkit knows.

    \b
    Example:
      seqkit corpora list
    """


@corpora.command("list", short_help="List them all.")
@data_option
@format_option("table", "json", default="table")
def list_(*, data: Path | None, form: str) -> None:
    """List every corpus with its task, language, licence and recipes, and whether it is here.

    \b
    Example:
      seqkit corpora list --data ~/corpora
    """
    from seqkit import corpora as known
    from seqkit.cli import output as out

    rows = [
        {
            "name": manifest.name,
            "task": manifest.task,
            "language": manifest.language,
            "licence": manifest.licence,
            "here": _folder(manifest, data) is not None,
            "recipes": known.recipes(manifest),
            "summary": manifest.summary,
        }
        for manifest in known.known()
    ]
    if form == "json":
        click.echo(out.to_json(rows, indent=2))
        return
    out.print_table(
        ["name", "task", "language", "licence", "here", "recipes"],
        [
            [
                *(row[key] for key in ("name", "task", "language", "licence")),
                "yes" if row["here"] else "no",
                " ".join(known.recipes(known.find(str(row["name"])))),
            ]
            for row in rows
        ],
    )


@corpora.command(short_help="Show one with its recipes, licence and files.")
@_name_argument
@data_option
def show(*, name: str, data: Path | None) -> None:
    """Show the corpus NAME: what it is, its terms, where it is, its splits, recipes and files.

    \b
    Example:
      seqkit corpora show imdb
    """
    from seqkit import corpora as known
    from seqkit.cli import output as out

    manifest = known.find(name)
    folder = _folder(manifest, data)
    facts = {
        "name": manifest.name,
        "summary": manifest.summary,
        "task": manifest.task,
        "language": manifest.language,
        "licence": manifest.licence,
        "homepage": manifest.homepage,
        "citation": manifest.citation,
        "reader": " ".join(f"{key}={value}" for key, value in manifest.reader.items()),
        **{
            split: " or ".join(getattr(manifest.splits, split))
            for split in ("train", "dev", "test", "unlabelled")
        },
        "recipes": " ".join(known.recipes(manifest)),
        "folder": str(folder) if folder else f"not here; get it with: seqkit corpora fetch {name}",
    }
    facts["dev"] = facts["dev"] or f"{manifest.dev_fraction:.0%} held out of train"
    facts = {key: value for key, value in facts.items() if value}
    width = max(map(len, facts))
    for key, value in facts.items():
        click.echo(f"{key:{width}}  {out.cell(value)}")
    for file in manifest.files:
        size = f"{file.bytes:,} bytes" if file.bytes else "size unknown"
        click.echo(f"{'file':{width}}  {file.path} ({size}) from {file.url}")
        if file.sha256:
            click.echo(f"{'':{width}}  sha256 {file.sha256}")


@corpora.command(short_help="Download one and check it.")
@_name_argument
@click.option(
    "--to",
    "--data",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder to put it in.  [default: the user's cache, where recipes find it]",
)
def fetch(*, name: str, folder: Path | None) -> None:
    """Download the corpus NAME and check its files against their SHA-256.

    \b
    Example:
      seqkit corpora fetch smsspam
      seqkit corpora fetch imdb --to ~/corpora/imdb
    """
    from seqkit import corpora as known
    from seqkit import fetch as fetching

    manifest = known.find(name)
    target = folder or known.cache_folder(manifest)
    with _progress() as told:
        fetched = fetching.fetch(manifest, target, progress=told)
    for file in fetched:
        came = "fetched" if file.downloaded else "was here"
        sum_ = "as it should be" if file.checked else "not known beforehand"
        click.echo(f"{came}: {file.path}")
        if file.sha256:
            click.echo(f"  sha256 {file.sha256}, {sum_}")


def _folder(manifest: CorpusManifest, data: Path | None) -> Path | None:
    from seqkit import corpora as known
    from seqkit.errors import DataError

    try:
        return known.data_folder(manifest, data)
    except DataError:
        return None


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int | None], None]]:
    """A bar a file on a terminal; elsewhere a line a file at its start and end."""
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        columns = TextColumn("{task.description}"), DownloadColumn(), TransferSpeedColumn()
        tasks = {}
        with Progress(*columns, console=Console(stderr=True)) as bars:

            def draw(name: str, done: int, total: int | None) -> None:
                if name not in tasks:
                    tasks[name] = bars.add_task(name, total=total)
                bars.update(tasks[name], completed=done, total=total)

            yield draw
        return
    begun = set()

    def tell(name: str, done: int, total: int | None) -> None:
        if name not in begun:
            begun.add(name)
            click.echo(f"{name}: {total or 0:,} bytes to come", err=True)
        if done == total:
            click.echo(f"{name}: complete", err=True)

    yield tell
