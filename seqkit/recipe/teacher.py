"""The section of a recipe that names a teacher, and what texts without labels are good for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta

from seqkit.errors import RecipeError
from seqkit.specs import Options

if TYPE_CHECKING:
    from seqkit.recipe import Recipe


class Teacher(Options, frozen=True, kw_only=True):
    """Models whose answers a new one learns."""

    models: Annotated[
        tuple[str, ...],
        Meta(
            description="Models that say how likely each label of a text is, several by the mean "
            "of what they say (Hinton, Vinyals and Dean 2015): installed models' names, or "
            "bundles, relative to the working directory. They answer the texts of "
            "corpus.unlabelled once, before training."
        ),
    ] = ()
    share: Annotated[
        float,
        Meta(
            ge=0,
            le=1,
            description="For a text with a label, how much of what is learnt of it is the "
            "teacher's answer rather than the label; with 0 the teacher is not asked about it.",
        ),
    ] = 0.0
    temperature: Annotated[
        float,
        Meta(
            gt=0,
            description="What the logits of the teacher's answers are divided by: above 1 they "
            "are softer, and far below 1 they are labels, as in self-training.",
        ),
    ] = 1.0


def check_teacher(recipe: Recipe, source: str) -> None:
    """Make sure that teacher and texts without labels go together, and with the task.

    Args:
        recipe: All of it.
        source: What errors call the recipe.

    Raises:
        RecipeError: They do not.
    """
    teacher, unlabelled = recipe.teacher, recipe.corpus.unlabelled
    for key, given in (("teacher.models", teacher.models), ("corpus.unlabelled", unlabelled)):
        if given and recipe.head_spec.arity != "many-to-one":
            raise RecipeError(
                f"{source}: {key} is set",
                why=f"the {recipe.head.name} head does not label whole texts",
                fix="Leave it out; a language model that others begin from ([pretrained]) learns "
                "from texts without labels too",
            )
    if not teacher.models:
        for key in ("share", "temperature"):
            if getattr(teacher, key) != getattr(Teacher(), key):
                raise RecipeError(
                    f"{source}: teacher.{key} is set, but not teacher.models",
                    why="there is nobody to answer",
                    fix=f"Set teacher.models, or leave teacher.{key} out",
                )
    elif not unlabelled and not teacher.share:
        raise RecipeError(
            f"{source}: teacher.models is set, but there is nothing to ask",
            why="corpus.unlabelled is empty and teacher.share is 0",
            fix="Set corpus.unlabelled to texts without labels, or teacher.share above 0",
        )
    if unlabelled and not teacher.models and recipe.training.adversarial != "virtual":
        raise RecipeError(
            f"{source}: corpus.unlabelled is set, but nothing learns from it",
            why="texts without labels need somebody who labels them, or a loss without labels",
            fix="Set teacher.models, or training.adversarial=virtual, or leave it out",
        )
    if unlabelled == "all" and not recipe.corpus.name:
        raise RecipeError(
            f"{source}: corpus.unlabelled is all, but corpus.name is not set",
            why="it stands for the texts that a named corpus brings along",
            fix="Name the files: corpus.unlabelled=['more.csv']",
        )
