"""Who is compared, and when a comparison is the same one."""

from __future__ import annotations

import msgspec
import pytest

from seqkit import corpora
from seqkit import recipe as recipes
from seqkit.comparing import plan as plans
from seqkit.errors import PluginError, RecipeError, UsageError
from seqkit.readers.base import stop_at_bad


@pytest.fixture
def make(tiny):
    def make(cells=("rnn", "gru", "lstm"), *, task="classification", tables=None, **asked):
        recipe = recipes.parse(tables or tiny.tables(task))
        options = {"tokenizers": (), "seeds": 1, "equal": "parameters", "budget": 0.0, **asked}
        sources = corpora.sources(recipe, base=tiny.folder)
        return plans.make(recipe, sources, cells=cells, on_bad=stop_at_bad, **options)

    return make


def test_each_cell_has_the_size_nearest_to_the_recipes_parameters(make):
    plan, candidates = make()
    vocabulary = plan.parameters - 4 * 8 * (6 + 8 + 2) - (8 + 1)
    assert vocabulary % 6 == 0

    def count(gates: int, h: int) -> int:
        return vocabulary + gates * h * (6 + h + 2) + h + 1

    sizes = {
        gates: min(range(1, 100), key=lambda h: abs(count(gates, h) - plan.parameters))
        for gates in (1, 3, 4)
    }
    found = [(c.name, c.recipe.encoder.hidden_size, c.parameters) for c in candidates]
    assert found == [
        ("rnn", sizes[1], count(1, sizes[1])),
        ("gru", sizes[3], count(3, sizes[3])),
        ("lstm", 8, plan.parameters),
    ]


def test_with_equal_time_sizes_stay_and_nothing_but_the_budget_ends_a_run(make):
    _, candidates = make(equal="time", budget=90.0)
    for candidate in candidates:
        training = candidate.recipe.training
        assert candidate.recipe.encoder.hidden_size == 8
        assert (training.max_seconds, training.epochs, training.patience) == (90, 1_000_000, 0)


def test_a_budget_with_equal_parameters_only_caps(make):
    _, (candidate,) = make(["gru"], budget=9.0)
    assert candidate.recipe.training.max_seconds == 9
    assert candidate.recipe.training.epochs == 2


def test_tokenizers_multiply_the_candidates_and_are_part_of_their_names(make):
    plan, candidates = make(["rnn", "gru"], tokenizers=["word", "char"])
    names = ["rnn-word", "gru-word", "rnn-char", "gru-char"]
    assert [c.name for c in candidates] == names
    assert [*plan.recipes] == names
    assert plan.data["word"] != plan.data["char"]


def test_models_of_text_with_several_tokenizers_are_compared_by_the_character(make):
    _, (one,) = make(["rnn"], task="generation")
    assert (one.metric, one.greater_is_better) == ("loss", False)
    _, several = make(["rnn"], task="generation", tokenizers=["char", "byte"])
    assert {c.metric for c in several} == {"bits_per_character"}


def test_a_name_given_twice_is_one_candidate(make):
    _, candidates = make(["rnn", "rnn"])
    assert [c.name for c in candidates] == ["rnn"]


def test_options_of_the_recipes_own_cell_stay_with_it(make, tiny):
    tables = tiny.tables("classification", cell={"name": "lstm", "forget_bias": 2.0})
    _, candidates = make(["gru", "lstm"], tables=tables)
    assert candidates[1].recipe.cell.options.forget_bias == 2.0


def test_the_record_that_speeds_are_read_from_is_always_kept(make, tiny):
    _, (candidate,) = make(["rnn"], tables=tiny.tables("classification", callbacks=[]))
    assert [part.name for part in candidate.recipe.callbacks] == ["jsonl"]


def test_seeds_are_the_recipes_and_those_after_it(make, tiny):
    _, (candidate,) = make(["rnn"], tables=tiny.tables("classification", random_seed=7))
    assert [candidate.seeded(n).random_seed for n in range(3)] == [7, 8, 9]


def test_what_can_not_be_compared_is_refused(make, tiny):
    with pytest.raises(UsageError, match="Equal time needs a budget"):
        make(equal="time")
    with pytest.raises(UsageError, match="nothing to compare"):
        make([])
    with pytest.raises(PluginError, match="Did you mean 'lstm'"):
        make(["lsmt"])
    tables = tiny.tables("generation", tokenizer={"name": "word"}, embedding={"size": 0})
    with pytest.raises(RecipeError, match="tie_weights needs an embedding"):
        make(["rnn"], tables={**tables, "head": {"name": "generation", "tie_weights": True}})


def test_plans_tell_in_what_they_differ(make):
    plan, _ = make(["rnn"])
    change = msgspec.structs.replace
    assert plan.differences(plan) == []
    assert plan.differences(change(plan, seeds=5)) == ["seeds was 1 and is 5"]
    assert plan.differences(make(["rnn", "gru"])[0]) == ["candidates were rnn"]
    other = change(plan, recipes={"rnn": plan.recipes["rnn"].replace("epochs = 2", "epochs = 9")})
    assert plan.differences(other) == ["the recipe of rnn differs in epochs = 2; epochs = 9"]
    assert plan.differences(change(plan, data={"word": "?"})) == ["the corpus has changed since"]
