"""What fits a recipe, and what is said of what does not."""

from __future__ import annotations

import hashlib
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from seqkit.bundle.load import open_bundle
from seqkit.errors import BundleError, RecipeError
from seqkit.pretrained.beginning import Beginning


def pretrained(model, **more):
    return {"pretrained": {"model": str(model), **more}}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"encoder": {"hidden_size": 9}}, r"hidden_size=8\. this recipe has .*hidden_size=9"),
        ({"encoder": {"layers": 2}}, r"layers=1\. this recipe has encoder.layers=2"),
        ({"cell": {"name": "gru"}}, r"has the cell lstm\. this recipe has gru"),
        ({"cell": {"name": "lstm", "forget_bias": 2.0}}, r"other options of the cell lstm"),
        ({"embedding": {"size": 7}}, r"embedding.size is 7\. .*has 6\. Set embedding.size=6"),
        ({"tokenizer": {"name": "char"}}, r"has the tokenizer word\. this recipe has char"),
    ],
    ids=str,
)
def test_what_does_not_fit_is_named_with_both_sizes(recipe, language, changes, message):
    with pytest.raises(RecipeError, match=message):
        Beginning(recipe(**changes, **pretrained(language)))


def test_a_classifier_is_no_model_to_begin_from(tiny, recipe, tmp_path):
    tiny.train("classification", tmp_path / "m", training={"epochs": 1})
    with pytest.raises(RecipeError, match=r"is a model for classification"):
        Beginning(recipe(**pretrained(tmp_path / "m")))


def test_a_model_that_is_not_there(recipe, tmp_path):
    with pytest.raises(BundleError, match="There is no model"):
        Beginning(recipe(**pretrained(tmp_path / "none")))


def test_directions_are_not_mixed_up(recipe, language, backward):
    with pytest.raises(RecipeError, match=r"reads texts from their end.*reversed=false"):
        Beginning(recipe(embedding={"size": 5}, **pretrained(backward)))
    with pytest.raises(RecipeError, match=r"backward_model.*from their beginning.*reversed=true"):
        Beginning(
            recipe(
                encoder={"bidirectional": True},
                embedding={"size": 12},
                **pretrained(language, backward_model=str(language)),
            )
        )


def test_a_pair_needs_room_for_the_vectors_of_both(recipe, language, backward):
    with pytest.raises(RecipeError, match=r"size is 6\. .*has 6 and .*has 5\. .*size=11"):
        Beginning(
            recipe(
                encoder={"bidirectional": True},
                **pretrained(language, backward_model=str(backward)),
            )
        )


def test_the_tokenizer_is_taken_over_with_its_options(tiny, recipe, tmp_path):
    tiny.train(
        "generation",
        tmp_path / "m",
        tokenizer={"name": "word", "max_size": 7},
        training={"epochs": 1},
    )
    made = Beginning(recipe(**pretrained(tmp_path / "m", tokenizer="theirs")))
    assert made.recipe.tokenizer.options.max_size == 7
    assert made.make_tokenizer().vocab_size == 10
    assert len(made.vocabulary) == 64
    own = Beginning(recipe(**pretrained(tmp_path / "m")))
    assert (own.make_tokenizer().vocab_size, own.vocabulary) == (3, "")


def test_what_is_recorded_is_the_name_and_the_checksum(recipe, language):
    (origin,) = Beginning(recipe(**pretrained(language))).origins
    content = (language / "weights.safetensors").read_bytes()
    assert (origin.kind, origin.name) == ("model", "forward")
    assert origin.sha256 == hashlib.sha256(content).hexdigest()


def test_the_digest_of_the_data_is_another_with_another_model(recipe, language):
    assert Beginning(recipe()).digest("abc") == "abc"
    assert Beginning(recipe(**pretrained(language))).digest("abc") != "abc"


def test_one_direction_and_hashed_features_beside_the_words(recipe, language, words):
    made = Beginning(
        recipe(
            "tagging",
            encoder={"bidirectional": True},
            embedding={"feature_size": 2},
            **pretrained(language),
        )
    )
    shapes = {f"encoder.cells.{i}.W_hx": (32, 8) for i in (0, 1)}
    shapes |= {f"encoder.cells.{i}.W_hh": (32, 8) for i in (0, 1)}
    (taken,) = made.take(words("cat emu"), shapes)
    theirs = open_bundle(language).weights()
    # the model never saw the two features, and has nothing to say on the way back
    assert set(taken.weights) == {
        "embedding.weight",
        "encoder.cells.0.W_hx",
        "encoder.cells.0.W_hh",
    }
    W_hx = taken.weights["encoder.cells.0.W_hx"]
    assert np.array_equal(W_hx[:, :6], theirs["encoder.cells.0.W_hx"])
    assert not W_hx[:, 6:].any()
    assert (taken.tokens, taken.found) == (2, 1)


def test_a_pair_stands_side_by_side(recipe, language, backward, words):
    made = Beginning(
        recipe(
            encoder={"bidirectional": True},
            embedding={"size": 11},
            **pretrained(language, backward_model=str(backward)),
        )
    )
    shapes = {f"encoder.cells.{i}.W_hx": (32, 11) for i in (0, 1)}
    tokenizer = words("cat dog")
    forth, back = made.take(tokenizer, shapes)
    theirs = [open_bundle(path).weights() for path in (language, backward)]
    ids = [open_bundle(language).tokenizer.encode_ids("cat")[0]]
    ids.append(open_bundle(backward).tokenizer.encode_ids("cat")[0])
    row = forth.weights["embedding.weight"][tokenizer.encode_ids("cat")[0]]
    expected = [w["embedding.weight"][i] for w, i in zip(theirs, ids, strict=True)]
    assert np.array_equal(row, np.concatenate(expected))
    W_back = back.weights["encoder.cells.1.W_hx"]
    assert np.array_equal(W_back[:, 6:], theirs[1]["encoder.cells.0.W_hx"])
    assert not W_back[:, :6].any()


def test_a_bundle_without_a_weight_that_it_should_have(recipe, language, words):
    made = Beginning(recipe(**pretrained(language)))
    with pytest.raises(BundleError, match=r"it lacks 'encoder\.cells\.0\.W_new'"):
        list(made.take(words("cat"), {"encoder.cells.0.W_new": (1,)}))


def test_a_bundle_with_fewer_vectors_than_tokens(recipe, language, words, tmp_path):
    shutil.copytree(language, tmp_path / "m")
    file = tmp_path / "m" / "weights.safetensors"
    weights = load_file(file)
    # as many numbers, but in another shape
    weights["embedding.weight"] = weights["embedding.weight"].reshape(-1, 3)
    save_file(weights, file)
    made = Beginning(recipe(**pretrained(tmp_path / "m")))
    with pytest.raises(BundleError, match=r"damaged.*'embedding\.weight' is \(\d+, 3\)"):
        list(made.take(words("cat"), {}))


def test_a_weight_of_another_shape_than_the_sizes_say(recipe, language, words):
    made = Beginning(recipe(**pretrained(language)))
    with pytest.raises(RecipeError, match=r"W_hh.*\(32, 8\), and this recipe's is \(24, 8\)"):
        list(made.take(words("cat"), {"encoder.cells.0.W_hh": (24, 8)}))
