"""Who is compared: each cell with each tokenizer, made alike in one respect."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import msgspec

from seqkit import recipe as recipes
from seqkit.comparing.sizes import Outside, nearest_size, outside, parameters, told_already
from seqkit.corpora import Sources
from seqkit.errors import UsageError
from seqkit.readers.base import OnBad
from seqkit.recipe import Part, Recipe
from seqkit.recipe.training import Training

#: What is equal among candidates.
Equal: TypeAlias = Literal["parameters", "time"]

#: More than can be done in any time.
_ENDLESS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A cell and a tokenizer in the recipe that they are trained by.

    Attributes:
        name: What tables and files call it.
        parameters: How many numbers are trained.
        recipe: The whole recipe, for the first seed.
        metric: The score by which models of its task are compared.
        greater_is_better: Whether a greater one is better.
    """

    name: str
    parameters: int
    recipe: Recipe
    metric: str
    greater_is_better: bool

    def seeded(self, number: int) -> Recipe:
        """Its recipe for one of the seeds, counted from 0: the recipe's own and those after it."""
        return replace(self.recipe, random_seed=self.recipe.random_seed + number)


class Plan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that decides what a comparison does, so that only the same one goes on.

    Attributes:
        equal: What is equal among candidates.
        seeds: How many times each is trained.
        budget: Seconds that a run may take; 0 for no limit.
        parameters: How many numbers the recipe as it stands trains.
        recipes: The recipe of each candidate as TOML, by its name.
        data: A checksum of the corpus as each tokenizer reads it, by the tokenizer's name.
    """

    equal: Equal
    seeds: int
    budget: float
    parameters: int
    recipes: dict[str, str]
    data: dict[str, str]

    def differences(self, other: Plan) -> list[str]:
        """In what another plan is not the same, in words."""
        found = [
            f"{name} was {getattr(self, name)} and is {getattr(other, name)}"
            for name in ("equal", "seeds", "budget")
            if getattr(self, name) != getattr(other, name)
        ]
        if [*self.recipes] != [*other.recipes]:
            found.append(f"candidates were {', '.join(self.recipes)}")
        if found:
            return found
        for name, before in self.recipes.items():
            now = other.recipes[name]
            changed = sorted(set(before.splitlines()) ^ set(now.splitlines()))
            if changed:
                found.append(f"the recipe of {name} differs in {'; '.join(changed[:4])}")
        if not found and self.data != other.data:
            found.append("the corpus has changed since")
        return found


def make(
    recipe: Recipe,
    sources: Sources,
    *,
    cells: Sequence[str],
    tokenizers: Sequence[str],
    seeds: int,
    equal: Equal,
    budget: float,
    on_bad: OnBad,
) -> tuple[Plan, list[Candidate]]:
    """Settle who is compared, before anything is trained.

    Args:
        recipe: As it stands; its number of parameters is what candidates are made to have.
        sources: The files of its corpus.
        cells: Names of cells.
        tokenizers: Names of tokenizers; none for the recipe's own.
        seeds: How many times each is trained.
        equal: With ``parameters`` each candidate has the hidden size that brings it nearest to the
            recipe's number of parameters; with ``time`` all have the recipe's hidden size, and
            train until the budget is used up.
        budget: Seconds that a run may take; 0 for no limit.
        on_bad: What to do with a bad row.

    Raises:
        UsageError: There is no cell, or equal time without a budget.
        PluginError: A cell or tokenizer is not there.
        RecipeError: One of them does not go with the recipe.
        DataError: The corpus has a bad row, or no development data.
    """
    if not cells or seeds < 1:
        raise UsageError("There is nothing to compare", fix="Name a cell, and train a seed or more")
    if equal == "time" and not budget:
        raise UsageError(
            "Equal time needs a budget", fix="Say how long a run may take: --budget 5m"
        )
    known = {recipe.tokenizer.name: outside(recipe, sources, on_bad)}
    target = parameters(recipe, known[recipe.tokenizer.name])
    several = len(set(tokenizers)) > 1
    candidates = []
    for variant in variants(recipe, cells, tokenizers):
        tokenizer = variant.tokenizer.name
        if tokenizer not in known:
            known[tokenizer] = outside(variant, sources, told_already)
        chosen = _limited(variant, equal, budget)
        if equal == "parameters":
            size = nearest_size(_counter(chosen, known[tokenizer]), target)
            chosen = resized(chosen, size)
        candidates.append(_candidate(chosen, known[tokenizer], several=several))
    plan = Plan(
        equal=equal,
        seeds=seeds,
        budget=budget,
        parameters=target,
        recipes={c.name: recipes.to_toml(c.recipe) for c in candidates},
        data={name: around.digest for name, around in known.items()},
    )
    return plan, candidates


def variants(recipe: Recipe, cells: Sequence[str], tokenizers: Sequence[str]) -> Iterator[Recipe]:
    """The recipe with each tokenizer and each cell, once each.

    An option that the recipe gives to its own cell or tokenizer goes to another one that has an
    option of the same name.
    """
    tables = recipes.to_tables(recipe)
    for tokenizer in dict.fromkeys(tokenizers or [recipe.tokenizer.name]):
        for cell in dict.fromkeys(cells):
            names = [f"tokenizer.name={json.dumps(tokenizer)}", f"cell.name={json.dumps(cell)}"]
            yield recipes.parse(recipes.override(tables, names))


def resized(recipe: Recipe, hidden_size: int) -> Recipe:
    """The recipe with another hidden size."""
    encoder = msgspec.structs.replace(recipe.encoder, hidden_size=hidden_size)
    return replace(recipe, encoder=encoder)


def _counter(recipe: Recipe, around: Outside) -> Callable[[int], int]:
    return lambda size: parameters(resized(recipe, size), around)


def _limited(recipe: Recipe, equal: Equal, budget: float) -> Recipe:
    """The recipe that stops in time, and with equal time never before it."""
    training: Training = msgspec.structs.replace(
        recipe.training, max_seconds=budget, baseline=False
    )
    if equal == "time":
        training = msgspec.structs.replace(training, epochs=_ENDLESS, patience=0)
    kept = any(part.name == "jsonl" for part in recipe.callbacks)
    # what a run's speed is read from afterwards
    callbacks = (*recipe.callbacks, *([] if kept else [recipes.default_part("callback", "jsonl")]))
    return replace(recipe, training=training, callbacks=callbacks)


def _candidate(recipe: Recipe, around: Outside, *, several: bool) -> Candidate:
    """A candidate, named after its tokenizer too where there are several."""
    parts: list[Part] = [recipe.cell, *([recipe.tokenizer] if several else [])]
    # a token of one tokenizer is not one of another, nor is the loss of each
    by_character = several and recipe.head_spec.arity == "one-to-many"
    return Candidate(
        name="-".join(part.name.replace(":", "-") for part in parts),
        parameters=parameters(recipe, around),
        recipe=recipe,
        metric="bits_per_character" if by_character else around.metric,
        greater_is_better=around.greater_is_better,
    )
