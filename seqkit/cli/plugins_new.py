"""``seqkit plugins new``: a package to begin a plugin with."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from seqkit.cli.options import PartName
from seqkit.scaffold import SUMMARIES


@click.command(short_help="Write a package to begin a plugin with.")
@click.argument("name")
@click.option(
    "--kind", type=click.Choice(list(SUMMARIES)), required=True, help="The kind of its part."
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="The folder to write, which must not be there yet.  [default: seqkit-NAME]",
)
@click.option(
    "--bundle",
    type=PartName("model"),
    default="",
    metavar="NAME_OR_PATH",
    help="With --kind model: the bundle that the package ships.",
)
def new(*, name: str, kind: str, folder: Path | None, bundle: str) -> None:
    """Write a package, called seqkit-NAME, that brings one part called NAME.

    It works as it is, keeps the contract of its kind, and is meant to be changed: it holds an
    example with options, its tests, a README, a changelog, and a workflow that tests it on GitHub.

    \b
    Example:
      seqkit plugins new slim --kind cell
      seqkit plugins new shop-reviews --kind model --bundle models/reviews
    """
    from seqkit.scaffold.package import write

    written = write(kind, name, folder=folder, bundle=bundle)
    # with ./ before it, or pip would take it for the name of a package to download
    path = str(written) if written.is_absolute() else f"./{written}"
    click.echo(f"wrote {written}, a {kind} to begin with: {SUMMARIES[kind]}")
    click.echo("go on with:")
    click.echo(f"  pip install -e {shlex.quote(f'{path}[test]')}")
    click.echo(f"  pytest {shlex.quote(str(written))}")
    click.echo(f"  seqkit plugins check seqkit-{name}")
