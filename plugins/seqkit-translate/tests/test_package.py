"""The package as seqkit sees it."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import seqkit_translate

import seqkit
from seqkit import manager, recipe
from seqkit.options import describe

PACKAGE = Path(seqkit_translate.__file__).parents[1]


def test_it_is_admitted_whole():
    (plugin,) = manager.current().others
    assert (plugin.distribution, plugin.status, plugin.reason) == ("seqkit-translate", "ok", "")
    assert [(part.kind, part.name) for part in plugin.parts] == [
        ("command", "translate"),
        ("head", "translation"),
        ("reader", "pairs"),
    ]


def test_every_option_is_explained_in_the_readme():
    text = (PACKAGE / "README.md").read_text(encoding="utf-8")
    for options in (seqkit_translate.TranslationOptions, seqkit_translate.PairsOptions):
        for option in describe(options):
            assert option.help
            assert re.search(rf"`(reader\.)?{option.name}\b", text)


def test_neither_registering_nor_reading_answers_imports_torch():
    code = (
        "import sys, seqkit_translate.decoding, seqkit_translate.pairs, seqkit_translate.command; "
        "import seqkit_translate.metrics, seqkit_translate.split; "
        "seqkit_translate.seqkit_register_heads(); print('torch' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": ":".join(p for p in sys.path if p)},
    )
    assert done.stdout.strip() == "False"


def test_the_package_has_the_version_of_seqkit_and_asks_for_it():
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == seqkit.__version__
    assert f"seqkit>={seqkit.__version__}" in project["dependencies"]


def test_its_recipes_and_its_starter_make_sense():
    for path in (PACKAGE / "recipes").glob("*.toml"):
        assert recipe.load(path).head.name == "translation"
    assert recipe.parse(recipe.starter("translation")).head_spec.command == "translate"
