"""What a recipe must be for a language model's loss beside the task's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqkit.errors import RecipeError

if TYPE_CHECKING:
    from seqkit.recipe import Recipe


def check_language_loss(recipe: Recipe, source: str) -> None:
    """Make sure that each direction can foretell tokens, and that it has not seen them.

    Args:
        recipe: All of it.
        source: What errors call the recipe.

    Raises:
        RecipeError: It can't, or has.
    """
    if not recipe.training.language_loss:
        return
    encoder, why = recipe.encoder, ""
    if recipe.head_spec.arity not in ("many-to-one", "many-to-many"):
        why = f"the {recipe.head.name} head is for text that is written, not read"
    elif recipe.head_spec.reads == "ids":
        why = f"the {recipe.head.name} head reads ids alone, so that there are no layers"
    elif not recipe.embedding.size:
        why = "with embedding.size=0 there are no vectors that tokens could be told by"
    elif encoder.bidirectional and encoder.layers > 1:
        why = "the second of several bidirectional layers has seen the tokens that it foretells"
    elif recipe.training.adversarial != "none":
        why = "training.adversarial reads each text several times"
    if why:
        raise RecipeError(
            f"{source}: training.language_loss is {recipe.training.language_loss:g}",
            why=why,
            fix="Set training.language_loss=0",
        )
