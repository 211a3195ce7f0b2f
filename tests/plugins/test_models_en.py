"""The English models as seqkit sees them: its default models, from a package of their own."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import seqkit_models_en

import seqkit
from seqkit import manager
from seqkit.errors import BundleError

ROOT = Path(seqkit.__file__).parents[1]
PACKAGE = ROOT / "plugins" / "seqkit-models-en"


@pytest.fixture
def installed():
    """A process in which that package is the only one beside the built-ins."""
    with manager.isolated([seqkit_models_en]) as current:
        yield current


def remake():
    spec = importlib.util.spec_from_file_location("remake", PACKAGE / "remake.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("task", "name"),
    [
        ("generation", "english-text"),
        ("classification", "english-sentiment"),
        ("tagging", "english-pos"),
    ],
)
def test_a_task_has_its_default_model(installed, task, name):
    assert seqkit.load(task=task).path.name == name
    assert seqkit.load(name).path == seqkit.load(task=task).path
    assert seqkit.load(f"seqkit-models-en:{name}").path.name == name


def test_without_the_package_the_error_says_how_to_get_it():
    with manager.isolated(), pytest.raises(BundleError, match="pip install seqkit-models-en"):
        seqkit.load(task="tagging")


def test_the_plugin_is_admitted_whole(installed):
    plugin = installed.others[0]
    assert (plugin.distribution, plugin.status, plugin.reason) == ("seqkit-models-en", "ok", "")
    assert len(plugin.parts) == 4


def test_declaring_the_models_imports_nothing_heavy():
    code = (
        "import json, sys, seqkit_models_en as m; m.seqkit_register_models();"
        "print(json.dumps([n for n in ('torch', 'numpy', 'sentencepiece') if n in sys.modules]))"
    )
    command = [sys.executable, "-c", code]
    environment = {"PYTHONPATH": f"{ROOT}:{PACKAGE}"}
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment, cwd="/"
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


def test_the_package_has_the_version_of_seqkit_and_asks_for_it():
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == seqkit.__version__
    assert project["dependencies"] == [f"seqkit>={seqkit.__version__}"]


def test_its_readme_says_what_the_manifests_say():
    text = (PACKAGE / "README.md").read_text(encoding="utf-8")
    assert remake().readme(text) == text, "run plugins/seqkit-models-en/remake.py --readme"


def test_every_model_has_a_recipe_that_remakes_it():
    names = [spec.name for spec in seqkit_models_en.seqkit_register_models()]
    recipes = remake().RECIPES
    assert list(recipes) == names
    assert [path for path in recipes.values() if not (ROOT / path).is_file()] == []
