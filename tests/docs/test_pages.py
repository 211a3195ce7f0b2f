"""What every page says is so: options, keys, files, recipes and lines of code that it names."""

from __future__ import annotations

import itertools
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest

from seqkit import corpora, manager, recipe, registry
from seqkit.cli.main import cli

ROOT = Path(__file__).parents[2]
_PATH = re.compile(r"`((?:seqkit|corpora|docs|tests)/[\w/-]+\.\w+)`")
_KEY = re.compile(rf"`({'|'.join([*recipe.SECTIONS, *recipe.PARTS])})\.([a-z_]+)[^`]*`")


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    with manager.isolated():
        yield


@pytest.fixture
def text(page, docs) -> str:
    return (docs / page).read_text(encoding="utf-8")


def commands(text: str) -> Iterator[list[str]]:
    """The words after ``seqkit`` of every command in the code of a page."""
    fences = re.findall(r"```(?:sh|console)\n(.*?)```", text, re.DOTALL)
    lines = "\n".join(fences).replace("\\\n", " ").splitlines()
    lines += re.findall(r"`(seqkit [^`]+)`", text)
    for line in lines:
        lexer = shlex.shlex(line.replace("\n", " "), posix=True, punctuation_chars="|><;&")
        lexer.whitespace_split = True
        words = list(lexer)
        while "seqkit" in words:
            words = words[words.index("seqkit") + 1 :]
            ends = [i for i, word in enumerate(words) if set(word) <= set("|><;&")]
            yield words[: min(ends, default=len(words))]


def resolved(words: list[str]) -> tuple[click.Command, list[str]]:
    """The command that the words mean, and the words after its name."""
    command: click.Command = cli
    rest = words
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        below = command.get_command(click.Context(command), rest[0])
        assert below is not None, f"there is no command {' '.join(words)}"
        command, rest = below, rest[1:]
    return command, rest


def test_the_commands_on_it_have_the_options_that_it_gives_them(text):
    for words in commands(text):
        if words[:1] in (["COMMAND"], ["..."]):
            continue
        command, rest = resolved(words)
        known = {name for p in command.params for name in (*p.opts, *p.secondary_opts)}
        known |= {"--help", "-h"}
        given = {word for word in rest if re.match(r"--?[a-z]", word)}
        assert given <= known, f"seqkit {' '.join(words)}"


def test_the_recipes_on_it_exist(text):
    for words in commands(text):
        command, rest = resolved(words)
        if command.name in ("train", "show", "data") and rest and "/" in rest[0]:
            name = rest[0]
            if not name.startswith("models/"):
                assert corpora.recipe_path(name).is_file()


def test_the_settings_on_it_exist(page, text):
    given = [
        word.partition("=")[0]
        for words in commands(text)
        for option, word in itertools.pairwise(words)
        if option == "--set"
    ]
    named = [f"{section}.{key}" for section, key in _KEY.findall(text)]
    if page == "reference/bundle-format.md":  # which names tensors in the same way
        named = []
    for setting in [*given, *named]:
        section, _, key = setting.rpartition(".")
        if key.islower() and section:
            assert key in keys(section), setting


def keys(section: str) -> set[str]:
    """The keys of a recipe's section, whichever part it chooses."""
    if section in recipe.SECTIONS:
        structs = [recipe.SECTIONS[section]]
    else:
        structs = [part.spec.options for part in registry.registered(section)]
    return {"name", *(f.name for s in structs for f in msgspec.structs.fields(s))}


def test_the_toml_on_it_is_part_of_a_recipe_or_a_project(page, blocks):
    for block in blocks(page):
        if block.language != "toml":
            continue
        tables = tomllib.loads(block.text)
        if "project" not in tables:
            recipe.parse({"head": {"name": "classification"}, **tables}, source=str(block))


def test_the_files_on_it_exist(text):
    for path in _PATH.findall(text):
        assert (ROOT / path).exists(), path


def test_the_code_that_it_quotes_stands_in_the_file_that_it_names(text, generated):
    for path, code in generated.QUOTE.findall(text):
        assert generated.lines_with(path, code), f"{path}: {code}"


def test_it_has_one_title_and_no_tabs_outside_code(text):
    outside = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    assert re.findall(r"^# ", outside, re.MULTILINE) == ["# "]
    assert "\t" not in outside
