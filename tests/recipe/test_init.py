"""Recipes: read, changed, checked, and written back."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit import manager, recipe
from seqkit.errors import PluginError, RecipeError
from seqkit.recipe import override, parse

HEAD = {"head": {"name": "classification"}}


@pytest.fixture(autouse=True)
def _alone():
    with manager.isolated():
        yield


def test_a_head_is_all_that_a_recipe_needs():
    made = parse(HEAD)
    assert made.head.name == "classification"
    assert (made.tokenizer.name, made.cell.name, made.reader) == ("word", "lstm", None)
    assert made.encoder.hidden_size == 128
    assert made.random_seed == 1
    assert made.head_spec.command == "classify"


def test_sections_and_options_are_typed():
    made = parse(
        {
            "head": {"name": "classification", "class_weights": {"a": 2.0}},
            "reader": {"name": "csv", "text": "body"},
            "cell": {"name": "gru", "reset": "before"},
            "corpus": {"train": ["a.csv"]},
            "callbacks": [{"name": "jsonl"}],
            "random_seed": 7,
        }
    )
    assert made.head.options.class_weights == {"a": 2.0}
    assert made.reader.options.text == "body"
    assert made.cell.options.reset == "before"
    assert made.corpus.train == ("a.csv",)
    assert [part.name for part in made.callbacks] == ["jsonl"]
    assert made.random_seed == 7


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({}, "r: head is missing"),
        ({"encodr": {}}, "r: encodr: there is no such section. Did you mean 'encoder'"),
        (
            {"encoder": {"hiden": 1}},
            "r: encoder.hiden: there is no such key. Did you mean 'hidden_",
        ),
        ({"encoder": {"layers": 0}}, "r: encoder.layers: expected `int` >= 1"),
        ({"encoder": {"layers": "two"}}, "r: encoder.layers: expected `int`, got `str`"),
        ({"encoder": 3}, "r: encoder is a int. Write a table: [encoder]"),
        ({"cell": {"forget_bias": 1.0}}, "r: cell.name is missing. Name a cell"),
        ({"cell": {"name": "gru", "forget_bias": 1}}, "r: cell.forget_bias: there is no such key"),
        ({"training": {"optimizer": "adma"}}, "r: training.optimizer: invalid enum value 'adma'"),
        ({"random_seed": -1}, "r: random_seed: expected `int` >= 0"),
        ({"corpus": {"train": "a.csv"}}, "r: corpus.train: expected `array`, got `str`"),
        ({"callbacks": {"name": "jsonl"}}, "r: callbacks is no list of tables"),
        ({"callbacks": [3]}, "r: callbacks[0] is a int"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named_with_its_place(tables, message):
    with pytest.raises(RecipeError) as caught:
        parse({**HEAD, **tables} if tables else {}, source="r")
    assert str(caught.value).startswith(message)


def test_an_unknown_part_offers_the_near_match():
    with pytest.raises(PluginError, match=r"There is no cell 'lsmt'\. Did you mean 'lstm'"):
        parse({**HEAD, "cell": {"name": "lsmt"}})


def test_a_generator_may_not_look_ahead():
    with pytest.raises(RecipeError, match=r"encoder\.bidirectional is set") as caught:
        parse({"head": {"name": "generation"}, "encoder": {"bidirectional": True}})
    assert caught.value.fix == "Set encoder.bidirectional=false"


NBSVM = {"head": {"name": "nbsvm"}}


@pytest.mark.parametrize(
    ("tables", "what"),
    [
        ({"cell": {"name": "gru"}}, "cell"),
        ({"embedding": {"size": 64}}, "embedding"),
        ({"encoder": {"hidden_size": 64}}, "encoder.hidden_size"),
    ],
)
def test_layers_that_a_head_has_no_use_for_are_refused(tables, what):
    with pytest.raises(RecipeError, match=rf"{what} is set.*nbsvm head reads ids alone"):
        parse({**NBSVM, **tables})


def test_a_recipe_without_layers_has_no_sections_of_them():
    made = parse({**NBSVM, "encoder": {"max_tokens": 9, "keep": "start"}})
    tables = recipe.to_tables(made)
    assert not {"cell", "embedding"} & set(tables)
    assert parse(tables) == made


@pytest.mark.parametrize(
    ("assignment", "section", "value"),
    [
        ("encoder.layers=2", "encoder", {"layers": 2}),
        ("encoder.bidirectional=true", "encoder", {"bidirectional": True}),
        ("cell.name=gru", "cell", {"name": "gru"}),
        ('corpus.train=["a.csv", "b.csv"]', "corpus", {"train": ["a.csv", "b.csv"]}),
        ("reader.text = a=b", "reader", {"text": "a=b"}),
        ("random_seed=3", "random_seed", 3),
    ],
)
def test_an_assignment_is_toml_or_a_bare_word(assignment, section, value):
    assert override({}, [assignment]) == {section: value}


@pytest.mark.parametrize("assignment", ["encoder", "a.b.c=1", ".x=1", "=1"])
def test_an_assignment_of_another_form_is_refused(assignment):
    with pytest.raises(RecipeError, match="sets nothing"):
        override({}, [assignment])


def test_a_value_is_no_section():
    with pytest.raises(RecipeError, match="'random_seed' is a value, not a section"):
        override({"random_seed": 1}, ["random_seed.x=1"])


def test_overriding_leaves_the_tables_as_they_were():
    tables = {"encoder": {"layers": 1}}
    assert override(tables, ["encoder.layers=2"]) == {"encoder": {"layers": 2}}
    assert tables == {"encoder": {"layers": 1}}


def test_another_part_drops_the_options_of_the_one_before():
    tables = {"cell": {"name": "lstm", "forget_bias": 2.0}}
    assert override(tables, ["cell.name=gru"]) == {"cell": {"name": "gru"}}
    assert override(tables, ["cell.name=lstm"]) == tables


def test_options_that_both_parts_have_are_kept():
    tables = {"tokenizer": {"name": "char", "max_size": 9, "min_count": 2}}
    assert override(tables, ["tokenizer.name=word"])["tokenizer"] == {
        "name": "word",
        "max_size": 9,
        "min_count": 2,
    }


@pytest.mark.parametrize("head", ["generation", "classification", "tagging"])
def test_a_starting_point_is_a_recipe_for_its_head(head):
    made = parse(recipe.starter(head))
    assert made.head.name == head


def test_starting_points_are_not_shared():
    recipe.starter("tagging")["training"]["epochs"] = 99
    assert recipe.starter("tagging")["training"]["epochs"] != 99


def test_a_file_is_loaded_with_changes(tmp_path):
    path = tmp_path / "r.toml"
    path.write_text('[head]\nname = "tagging"\n[training]\nepochs = 3\n')
    made = recipe.load(path, ["training.epochs=5"])
    assert (made.head.name, made.training.epochs) == ("tagging", 5)


def test_errors_of_a_file_name_it(tmp_path):
    path = tmp_path / "r.toml"
    path.write_text("[head]\nname = 'tagging'\n[training]\nepoch = 3\n")
    with pytest.raises(RecipeError, match=r"r\.toml: training\.epoch: there is no such key"):
        recipe.load(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[head", "is not valid TOML"),
        (b"\xff", "is not valid TOML"),
        (b"#" * (2**20 + 1), "larger than 1 MiB"),
    ],
    ids=["bad", "bytes", "large"],
)
def test_a_file_that_is_no_recipe(tmp_path, content, message):
    path = tmp_path / "r.toml"
    path.write_bytes(content)
    with pytest.raises(RecipeError, match=message):
        recipe.read(path)


@pytest.mark.parametrize("name", ["no.toml", "."])
def test_a_file_that_is_not_there(tmp_path, name):
    with pytest.raises(RecipeError, match="There is no recipe"):
        recipe.read(tmp_path / name)


@settings(deadline=None, max_examples=40)
@given(
    st.sampled_from(["generation", "classification", "tagging"]),
    st.sampled_from(["rnn", "gru", "lstm"]),
    st.sampled_from(["char", "byte", "word", "sentencepiece"]),
    st.integers(1, 10_000),
    st.floats(0, 0.9),
    st.lists(st.text(st.characters(exclude_categories=["Cs", "Cc"])), max_size=3),
    st.booleans(),
)
def test_what_is_written_is_read_back(head, cell, tokenizer, size, dropout, files, callback):
    made = parse(
        {
            "head": {"name": head},
            "cell": {"name": cell},
            "tokenizer": {"name": tokenizer},
            "encoder": {"hidden_size": size, "dropout": dropout},
            "corpus": {"train": files},
            "callbacks": [{"name": "jsonl"}] if callback else [],
        }
    )
    assert parse(tomllib.loads(recipe.to_toml(made))) == made
