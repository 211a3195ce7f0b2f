from __future__ import annotations

from typing import Annotated, Literal

import pytest
from msgspec import Meta

from seqkit import Options, registry
from seqkit.options import Option, describe


class Everything(Options, frozen=True, kw_only=True):
    size: Annotated[int, Meta(ge=1, le=9, description="How large.")] = 3
    rate: Annotated[float, Meta(gt=0, lt=1)] = 0.5
    mode: Annotated[Literal["fast", "exact"], Meta(description="Which way.")] = "exact"
    deep: bool = False
    labels: tuple[str, ...] = ("a", "é")
    weights: Literal["none"] | dict[str, float] = "none"
    prefix: Annotated[str, Meta(min_length=1)] = "x"
    seed: int | None = None


def test_each_option_in_words():
    assert describe(Everything) == [
        Option("size", "int", "3", "at least 1, at most 9", "How large."),
        Option("rate", "float", "0.5", "above 0, below 1", ""),
        Option("mode", "str", '"exact"', "one of exact, fast", "Which way."),
        Option("deep", "bool", "false", "", ""),
        Option("labels", "list of str", '["a", "é"]', "", ""),
        Option("weights", "str or table of float", '"none"', "one of none", ""),
        Option("prefix", "str", '"x"', "at least 1 long", ""),
        Option("seed", "int or none", "null", "", ""),
    ]


def test_a_part_without_options():
    assert describe(Options) == []


@pytest.mark.parametrize("kind", ["tokenizer", "cell", "head", "reader", "callback"])
def test_every_built_in_option_is_explained(kind):
    bare = [
        f"{part.spec.name}.{option.name}"
        for part in registry.registered(kind)
        for option in describe(part.spec.options)
        if not option.help.endswith(".")
    ]
    assert bare == []
