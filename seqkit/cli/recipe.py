"""``seqkit recipe``: recipes as text."""

from __future__ import annotations

import click

from seqkit.cli.options import PartName


@click.group()
def recipe() -> None:
    """Print a starter recipe, a full one, or the schema of all of them.

    \b
    Example:
      seqkit recipe new --task classification > reviews.toml
    """


@recipe.command(short_help="Print a commented recipe to start from.")
@click.option(
    "--task", type=PartName("head"), required=True, help="What the model is for: its head."
)
def new(*, task: str) -> None:
    """Print a recipe to start from, with every key, its meaning and its default.

    \b
    Example:
      seqkit recipe new --task tagging > tagger.toml
    """
    from seqkit.recipe import text as recipe_text

    click.echo(recipe_text.starter(task), nl=False)


@recipe.command(short_help="Print a recipe with every key filled in.")
@click.argument("name", metavar="RECIPE")
@click.option(
    "--set", "assignments", multiple=True, metavar="SECTION.KEY=VALUE", help="Change a key first."
)
def show(*, name: str, assignments: tuple[str, ...]) -> None:
    """Print RECIPE, a file or one that comes with seqkit, with every key filled in.

    \b
    Example:
      seqkit recipe show imdb/lstm --set cell.name=gru
    """
    from seqkit import corpora
    from seqkit.recipe import load, to_toml

    click.echo(to_toml(load(corpora.recipe_path(name), assignments)), nl=False)


@recipe.command(short_help="Print the JSON Schema of recipes.")
def schema() -> None:
    """Print the JSON Schema of recipes, with the options of every installed plugin.

    Editors that know TOML check and complete recipes with it.

    \b
    Example:
      seqkit recipe schema > recipe.schema.json
    """
    from seqkit.cli.output import to_json
    from seqkit.recipe import text as recipe_text

    click.echo(to_json(recipe_text.schema(), indent=2))
