"""Commands, one as it should be."""

from __future__ import annotations

import click


@click.command()
def count() -> None:
    """Count what there is.

    The examples are not shown.
    """
    click.echo(1)


@click.command()
def silent() -> None:
    click.echo(1)


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1)
def lenient(words: tuple[str, ...]) -> None:
    """Take whatever is said."""
    click.echo(len(words))
