"""``seqkit check``: what is in the data that a recipe names, before hours are spent on it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from seqkit.cli.options import data_option, format_option, skip_bad_option

if TYPE_CHECKING:
    from seqkit.check_data import DataReport


@click.group()
def check() -> None:
    """Check what training would read.

    \b
    Example:
      seqkit check data imdb/lstm
    """


@check.command(short_help="Report on the data that a recipe names.")
@click.argument("name", metavar="RECIPE")
@click.option(
    "--set", "assignments", multiple=True, metavar="SECTION.KEY=VALUE", help="Change a key first."
)
@data_option
@skip_bad_option
@format_option("table", "json", default="table")
def data(
    *,
    name: str,
    assignments: tuple[str, ...],
    data: Path | None,
    skip_bad: bool,
    form: str,
) -> None:
    """Report on the data of RECIPE: sizes, lengths, labels, and what deserves a look.

    Looked for are texts that occur in several splits or more than once, labels that training never
    sees, and empty or unlabelled examples. The exit status is 0 whatever is found, unless a row
    can't be read: that ends the check with 2, or is counted with --skip-bad.

    \b
    Example:
      seqkit check data imdb/lstm
      seqkit check data reviews.toml --skip-bad
    """
    from seqkit import check_data, corpora, recipe
    from seqkit.cli.output import to_json

    path = corpora.recipe_path(name)
    checked = recipe.load(path, assignments)
    sources = corpora.sources(checked, base=path.parent, data=data)
    report = check_data.report(sources, checked, skip_bad=skip_bad)
    if form == "json":
        click.echo(to_json(report, indent=2))
    else:
        _print(report)


def _print(report: DataReport) -> None:
    from seqkit.cli.output import print_table

    filled = [(split, lengths) for split in report.splits if (lengths := split.lengths)]
    units = sorted({lengths.unit for _, lengths in filled})
    print_table(
        ["split", "examples", *(units or ["words"]), "shortest", "5%", "median", "95%", "longest"],
        [
            [
                split.name,
                split.examples,
                *(lengths.total if lengths.unit == unit else "" for unit in units),
                lengths.shortest,
                lengths.low,
                lengths.median,
                lengths.high,
                lengths.longest,
            ]
            for split, lengths in filled
        ],
    )
    if report.dev_fraction:
        click.echo(f"dev is {report.dev_fraction:.0%} of train, held out by training")
    labels = dict.fromkeys(label for split in report.splits for label in split.labels)
    if labels:
        click.echo()
        names = [split.name for split in report.splits]
        counts = [[label, *(s.labels.get(label, 0) for s in report.splits)] for label in labels]
        print_table(["label", *names], counts)
    click.echo()
    for problem in report.problems:
        click.echo(f"- {problem}")
    if not report.problems:
        click.echo("nothing deserves a look")
