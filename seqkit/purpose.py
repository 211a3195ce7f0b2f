"""What a model is for, and what is said of one that is asked for something else."""

from __future__ import annotations

from pathlib import Path

from seqkit.errors import UsageError
from seqkit.recipe import Recipe


def no_labels(recipe: Recipe, path: Path, what: str, fix: str) -> UsageError:
    """The error of a model without labels that is asked about them.

    Args:
        recipe: The model's.
        path: Its bundle's directory.
        what: What it can't do, as it follows its name in a sentence.
        fix: What to do.
    """
    return UsageError(
        f"The {recipe.head_spec.name} model {path} {what}", why="it has no labels", fix=fix
    )


def require(recipe: Recipe, path: Path, *, command: str, task: str) -> None:
    """Make sure that a model's head, whoever brought it, answers to a command.

    Args:
        recipe: The model's.
        path: Its bundle's directory.
        command: The command.
        task: What that is for.

    Raises:
        UsageError: It answers to another, or to none.
    """
    own = recipe.head_spec.command
    if own != command:
        raise UsageError(
            f"The model {path} is for {recipe.head_spec.name}, not for {task}",
            fix=f"Use it with 'seqkit {own}', or name another model",
        )
    if recipe.encoder.reversed:
        raise UsageError(
            f"The model {path} writes nothing",
            why="it was trained with encoder.reversed, on texts read from their end",
            fix="Begin other models from it with pretrained.backward_model",
        )
