"""Tiny language models to begin from, trained once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seqkit import manager, registry
from seqkit import recipe as recipes
from seqkit.recipe import Recipe
from seqkit.tokenizers.base import Tokenizer

LANGUAGE = {"tokenizer": {"name": "word"}, "training": {"epochs": 1}}


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    with manager.isolated():
        yield


@pytest.fixture(scope="session")
def language(tiny, tmp_path_factory) -> Path:
    """A language model of words that reads forwards: 6 features, 8 units."""
    out = tmp_path_factory.mktemp("language") / "forward"
    tiny.train("generation", out, **LANGUAGE)
    return out


@pytest.fixture(scope="session")
def backward(tiny, tmp_path_factory) -> Path:
    """One that reads backwards: 5 features, 8 units."""
    out = tmp_path_factory.mktemp("language") / "backward"
    changes = {"encoder": {"reversed": True}, "embedding": {"size": 5}, "random_seed": 2}
    tiny.train("generation", out, **LANGUAGE, **changes)
    return out


@pytest.fixture(scope="session")
def recipe(tiny):
    """``recipe(task, **changes)``, a checked recipe of words."""

    def recipe(task: str = "classification", **changes: Any) -> Recipe:
        return recipes.parse(tiny.tables(task, **{"tokenizer": {"name": "word"}, **changes}))

    return recipe


@pytest.fixture(scope="session")
def words():
    """``words(text)``, a tokenizer of the words of a text."""

    def words(text: str) -> Tokenizer:
        options = recipes.default_part("tokenizer", "word").options
        tokenizer: Tokenizer = registry.load_target("tokenizer", "word")(options)
        tokenizer.train([text])
        return tokenizer

    return words
