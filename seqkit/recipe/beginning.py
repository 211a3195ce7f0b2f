"""What a recipe may say of where its weights begin, as far as the recipe alone can tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from seqkit.errors import RecipeError

if TYPE_CHECKING:
    from seqkit.recipe import Recipe


def check_beginning(recipe: Recipe, source: str) -> None:
    """Make sure that the keys of ``[pretrained]`` go together and with the encoder.

    Args:
        recipe: All of it.
        source: What errors call the recipe.

    Raises:
        RecipeError: They do not.
    """
    section, encoder = recipe.pretrained, recipe.encoder
    _check_vectors(recipe, source)
    if not section.model:
        _check_without_model(recipe, source)
    elif encoder.bidirectional and encoder.layers > 1:
        raise RecipeError(
            f"{source}: pretrained.model can't begin {encoder.layers} bidirectional layers",
            why="the second layer reads both directions, and the model's reads its own alone",
            fix="Set encoder.layers=1, or encoder.bidirectional=false",
        )
    if section.backward_model and not encoder.bidirectional:
        raise RecipeError(
            f"{source}: pretrained.backward_model is set, but not encoder.bidirectional",
            why="there is no backward direction that could begin from it",
            fix="Set encoder.bidirectional=true, or leave it out",
        )
    if section.backward_model and not recipe.embedding.size:
        raise RecipeError(
            f"{source}: pretrained.backward_model needs an embedding",
            why="embedding.size is 0",
            fix="Leave it out, or set embedding.size",
        )


def _check_without_model(recipe: Recipe, source: str) -> None:
    section = recipe.pretrained
    for key, given in (
        ("backward_model", bool(section.backward_model)),
        ("tokenizer", section.tokenizer == "theirs"),
    ):
        if given:
            raise RecipeError(
                f"{source}: pretrained.{key} is set, but not pretrained.model",
                why="there is no model that it goes with",
                fix=f"Set pretrained.model, or leave pretrained.{key} out",
            )


def _check_vectors(recipe: Recipe, source: str) -> None:
    section = recipe.pretrained
    for key, given, why in (
        ("vectors_frozen", section.vectors_frozen, "vectors that are drawn should be learnt"),
        ("vectors_words", section.vectors_words > 0, "there is no file that has words"),
    ):
        if given and not section.vectors:
            raise RecipeError(
                f"{source}: pretrained.{key} is set, but not pretrained.vectors",
                why=why,
                fix=f"Set pretrained.vectors, or leave pretrained.{key} out",
            )
    if section.vectors and section.model:
        raise RecipeError(
            f"{source}: pretrained.vectors and pretrained.model are both set",
            why="the model brings vectors of its own, which its layers know",
            fix="Set one of them",
        )
    if section.vectors and not recipe.embedding.size:
        raise RecipeError(
            f"{source}: pretrained.vectors needs an embedding",
            why="embedding.size is 0",
            fix="Set embedding.size to how many numbers a vector has",
        )


def check_contextual(recipe: Recipe, source: str) -> None:
    """Make sure that ``[contextual]`` is whole, and that there are tokens and vectors for it.

    Args:
        recipe: All of it.
        source: What errors call the recipe.

    Raises:
        RecipeError: It is not, or there are none.
    """
    section = recipe.contextual
    if not section.forward and not section.backward:
        if section.size:
            raise RecipeError(
                f"{source}: contextual.size is set, but not contextual.forward",
                why="there are no states that it would be the size of",
                fix="Set contextual.forward and contextual.backward, or leave it out",
            )
        return
    if not (section.forward and section.backward):
        given, missing = ("forward", "backward") if section.forward else ("backward", "forward")
        raise RecipeError(
            f"{source}: contextual.{given} is set, but not contextual.{missing}",
            why="a sentence is read in both directions",
            fix=f"Set contextual.{missing} too",
        )
    if recipe.head_spec.arity != "many-to-many":
        raise RecipeError(
            f"{source}: contextual.forward is set",
            why=f"the {recipe.head.name} head answers to a text, not to each given token of it",
            fix="Leave the section [contextual] out",
        )
    if not recipe.embedding.size:
        raise RecipeError(
            f"{source}: contextual.forward is set and embedding.size 0",
            why="what the models say stands beside vectors of tokens, and one-hot input has none",
            fix="Set embedding.size to a number above 0, or leave [contextual] out",
        )
