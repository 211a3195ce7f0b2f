"""Starter recipes and the JSON Schema, both made from what options classes declare."""

from __future__ import annotations

import re
import tomllib
from types import SimpleNamespace
from typing import Annotated

import msgspec
import pytest
from msgspec import Meta

from seqkit import hookimpl, manager, recipe, registry
from seqkit.errors import PluginError
from seqkit.options import describe
from seqkit.recipe import text as recipe_text
from seqkit.specs import CellSpec, Options

HEADS = ["generation", "classification", "nbsvm", "tagging"]


class Inner(msgspec.Struct):
    depth: int = 1


class LeakyOptions(Options, frozen=True, kw_only=True):
    leak: Annotated[float, Meta(ge=0, le=1, description="How much is forgotten.")] = 0.1
    inner: Inner = msgspec.field(default_factory=Inner)


@hookimpl
def seqkit_register_cells() -> list[CellSpec]:
    return [
        CellSpec(name="leaky", target="acme:Leaky", summary="forgets", options=LeakyOptions),
        CellSpec(name="lstm", target="acme:Other", summary="another one"),
    ]


ACME = SimpleNamespace(__name__="acme", seqkit_register_cells=seqkit_register_cells)


@pytest.fixture(autouse=True)
def _alone():
    with manager.isolated():
        yield


@pytest.mark.parametrize("head", HEADS)
def test_a_starter_is_the_tasks_starting_point(head):
    tables = tomllib.loads(recipe_text.starter(head))
    made = recipe.parse(tables)
    assert made == recipe.parse({**recipe.starter(head), "corpus": tables["corpus"]})


@pytest.mark.parametrize("head", HEADS)
def test_commented_keys_are_the_defaults(head):
    text = recipe_text.starter(head)
    live = re.sub(r"^# (\w+ = )", r"\1", text, flags=re.MULTILINE)
    assert recipe.parse(tomllib.loads(live)) == recipe.parse(tomllib.loads(text))


@pytest.mark.parametrize("head", HEADS)
def test_every_key_stands_there_with_its_meaning(head):
    text = recipe_text.starter(head)
    words = " ".join(line.removeprefix("# ") for line in text.splitlines())
    made = recipe.parse(tomllib.loads(text))
    structs = [
        *(struct for name, struct in recipe.SECTIONS.items() if name in made.sections),
        *(type(getattr(made, k).options) for k in ("cell", "head") if k in made.sections),
    ]
    for option in (option for struct in structs for option in describe(struct)):
        assert f"{option.name} = " in text
        assert option.help in words


def test_lines_stay_short():
    lines = recipe_text.starter("classification").splitlines()
    assert max(map(len, lines)) <= 100


def test_an_unknown_head_is_refused():
    with pytest.raises(PluginError, match=r"There is no head 'taging'\. Did you mean 'tagging'"):
        recipe_text.starter("taging")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (["a", 'b"c\\'], '["a", "b\\"c\\\\"]'),
        ([], "[]"),
        (True, "true"),
        (1e-05, "1e-05"),
        ({"a b": 2.0}, '{"a b" = 2.0}'),
    ],
)
def test_values_are_toml_on_one_line(value, text):
    assert recipe_text._toml(value) == text
    assert tomllib.loads(f"value = {text}")["value"] == value


def test_the_schema_has_every_section_and_key():
    properties = recipe_text.schema()["properties"]
    assert set(properties) == {*recipe.ORDER, "random_seed", "callbacks"}
    hidden = properties["encoder"]["properties"]["hidden_size"]
    assert hidden["minimum"] == 1
    assert hidden["default"] == 128
    assert hidden["description"] == "Features of each layer and direction."
    assert properties["encoder"]["additionalProperties"] is False


def test_the_schema_offers_every_part_with_its_options():
    cells = recipe_text.schema()["properties"]["cell"]["oneOf"]
    assert [cell["title"] for cell in cells] == registry.names("cell")
    gru = next(cell for cell in cells if cell["title"] == "gru")
    assert gru["properties"]["name"] == {"enum": ["gru", "seqkit:gru"]}
    assert set(gru["properties"]) == {"name", "reset"}
    assert gru["required"] == ["name"]


def test_plugins_options_are_in_the_schema():
    with manager.isolated([ACME]):
        schema = recipe_text.schema()
    cells = {cell["title"]: cell for cell in schema["properties"]["cell"]["oneOf"]}
    assert cells["leaky"]["properties"]["leak"]["maximum"] == 1
    assert cells["acme:lstm"]["properties"]["name"] == {"enum": ["acme:lstm"]}
    reference = cells["leaky"]["properties"]["inner"]["$ref"]
    assert reference.removeprefix("#/$defs/") in schema["$defs"]
