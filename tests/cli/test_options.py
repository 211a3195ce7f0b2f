"""Options made from what a struct declares."""

from __future__ import annotations

from typing import Annotated, Literal

import click
import pytest
from click.testing import CliRunner
from msgspec import Meta

from seqkit.cli.options import struct_options
from seqkit.specs import Options


class Settings(Options, frozen=True, kw_only=True):
    top_k: Annotated[int, Meta(ge=0, le=9, description="How many.")] = 3
    share: Annotated[float, Meta(gt=0, lt=1, description="How much.")] = 0.5
    kind: Annotated[Literal["a", "b"], Meta(description="Which.")] = "a"
    loud: Annotated[bool, Meta(description="Whether.")] = False
    name: str = ""


def given(*words: str, keys: tuple[str, ...] = (), unset: bool = False):
    found = {}

    @click.command()
    @struct_options(Settings, keys, unset=unset)
    def command(**options):
        found.update(options)

    result = CliRunner().invoke(command, words)
    return found if result.exit_code == 0 else result.output


def test_fields_become_options_with_their_defaults():
    assert given() == {"top_k": 3, "share": 0.5, "kind": "a", "loud": False, "name": ""}


def test_values_have_the_fields_types():
    words = ["--top-k", "4", "--share", "0.25", "--kind", "b", "--loud", "--name", "x"]
    assert given(*words) == {"top_k": 4, "share": 0.25, "kind": "b", "loud": True, "name": "x"}


def test_some_fields_that_are_not_given():
    assert given("--no-loud", keys=("top_k", "loud"), unset=True) == {"top_k": None, "loud": False}


@pytest.mark.parametrize(
    "words", [["--top-k", "10"], ["--top-k", "x"], ["--share", "0"], ["--share", "1"]], ids=" ".join
)
def test_values_out_of_range_are_refused(words):
    assert "Invalid value" in given(*words)


@click.command()
@struct_options(Settings)
def _page(**options):
    """Show settings."""


def test_help_shows_description_default_and_range():
    lines = CliRunner().invoke(_page, ["--help"]).output
    assert "How many.  [default: 3; 0<=x<=9]" in lines
    assert "[a|b]" in lines
    assert "--loud / --no-loud" in lines
