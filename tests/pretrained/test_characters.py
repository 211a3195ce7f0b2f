"""Models of characters that taggers read sentences with: which fit, and what is taken of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from seqkit import recipe as recipes
from seqkit.bundle.load import open_bundle
from seqkit.errors import BundleError, RecipeError
from seqkit.pretrained.beginning import Beginning

BACKWARDS = {"encoder": {"reversed": True}}


@pytest.fixture(scope="module")
def models(tiny, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    tiny.train("generation", folder / "forward")
    tiny.train("generation", folder / "backward", random_seed=2, **BACKWARDS)
    return folder


def recipe(models: Path, **changes):
    section = {"forward": str(models / "forward"), "backward": str(models / "backward")}
    given = {"head": {"name": "tagging"}, "corpus": {"train": ["a.conll"]}, **changes}
    given["contextual"] = {**section, **changes.get("contextual", {})}
    return recipes.parse(given)


def test_the_recipe_gets_the_models_sizes(models):
    beginning = Beginning(recipe(models, contextual={"size": 3}))
    sizes = beginning.recipe.contextual
    known = open_bundle(models / "forward")
    assert (sizes.vector_size, sizes.hidden_size, sizes.size) == (6, 8, 3)
    assert sizes.vocab_size == known.manifest.vocab_size
    assert beginning.letters is not None
    assert beginning.letters.encode_ids("the fox") == known.tokenizer.encode_ids("the fox")
    # and may be written, as in the recipe of a finished model
    again = recipes.parse(recipes.to_tables(beginning.recipe))
    assert Beginning(again).recipe.contextual == sizes


def test_both_are_recorded(models):
    origins = Beginning(recipe(models)).origins
    assert [(o.kind, o.name) for o in origins] == [
        ("contextual.forward", "forward"),
        ("contextual.backward", "backward"),
    ]
    assert origins[0].sha256 != origins[1].sha256


def test_a_character_that_one_alone_knows_gets_the_mean_of_the_others(tiny, tmp_path, models):
    tiny.train("generation", tmp_path / "few", tokenizer={"max_size": 2}, **BACKWARDS)
    beginning = Beginning(recipe(models, contextual={"backward": str(tmp_path / "few")}))
    theirs = open_bundle(tmp_path / "few")
    vectors = theirs.weights()["embedding.weight"]
    taken = list(beginning.take_characters({}))
    table = taken[1].weights["embedding.contextual.models.1.weight"]
    letters = beginning.letters
    assert letters is not None
    assert table.shape == (letters.vocab_size, 6)
    # of the letters it knows the two that come most often, and else bytes
    assert theirs.tokenizer.vocab_size == 261
    for character in " amk":
        (row,), known = letters.encode_ids(character), theirs.tokenizer.encode_ids(character)
        own = known[0] >= 259
        assert own == (character in " a")
        expected = vectors[known[0]] if own else vectors[3:].mean(axis=0)
        np.testing.assert_allclose(table[row], expected, rtol=1e-5, atol=1e-7)
    assert (taken[1].tokens, taken[1].found) == (letters.vocab_size - 3, 258)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tokenizer": {"name": "word"}}, r"has the tokenizer word.*a character at a time"),
        ({"embedding": {"size": 0}}, r"has one-hot input"),
        ({"encoder": {"layers": 2}}, r"has encoder\.layers=2"),
        ({"cell": {"name": "gru"}}, r"has the cell gru.*cell\.name=gru"),
        (BACKWARDS, r"reads texts from their end.*encoder\.reversed=false"),
    ],
)
def test_what_is_no_forward_model_of_characters_is_refused(
    tiny, tmp_path, models, changes, message
):
    tiny.train("generation", tmp_path / "m", **changes)
    with pytest.raises(RecipeError, match=message) as caught:
        Beginning(recipe(models, contextual={"forward": str(tmp_path / "m")}))
    assert str(caught.value).startswith("contextual.forward: ")


def test_a_forward_model_is_no_backward_one(models):
    with pytest.raises(RecipeError, match=r"contextual\.backward: .* from their beginning"):
        Beginning(recipe(models, contextual={"backward": str(models / "forward")}))


def test_a_model_that_labels_is_refused(tiny, models, tmp_path):
    tiny.train("classification", tmp_path / "m")
    with pytest.raises(RecipeError, match=r"contextual\.forward: .* is a model for classific"):
        Beginning(recipe(models, contextual={"forward": str(tmp_path / "m")}))


def test_no_model_at_all_is_told(models, tmp_path):
    with pytest.raises(BundleError, match="There is no model"):
        Beginning(recipe(models, contextual={"forward": str(tmp_path / "none")}))


def test_both_have_one_size(tiny, tmp_path, models):
    larger = {"encoder": {"hidden_size": 9, "reversed": True}}
    tiny.train("generation", tmp_path / "m", **larger)
    with pytest.raises(RecipeError, match=r"has encoder\.hidden_size=9.*forward has 8"):
        Beginning(recipe(models, contextual={"backward": str(tmp_path / "m")}))


def test_a_size_that_is_written_is_the_models(models):
    with pytest.raises(RecipeError, match=r"contextual\.hidden_size is 9"):
        Beginning(recipe(models, contextual={"hidden_size": 9}))


def test_weights_that_do_not_fit_are_damaged(models):
    beginning = Beginning(recipe(models))
    shapes = {"embedding.contextual.models.0.encoder.cells.0.W_hh": (1, 2)}
    with pytest.raises(BundleError, match=r"'encoder\.cells\.0\.W_hh' is \(32, 8\)"):
        list(beginning.take_characters(shapes))


def test_another_pair_is_other_training_data(models):
    assert Beginning(recipe(models)).digest("abc") != "abc"
