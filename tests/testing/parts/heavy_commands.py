"""A command whose module imports torch."""

from __future__ import annotations

import click
import torch


@click.command()
def heavy() -> None:
    """Print what version torch has."""
    click.echo(torch.__version__)
