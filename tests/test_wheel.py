"""The wheels, installed into an empty environment and used from elsewhere, with no network."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import seqkit

ROOT = Path(seqkit.__file__).parents[1]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
OFFLINE = ["--no-index", "--no-deps"]

Run = Callable[..., str]


def call(command: list[str | Path], **options) -> str:
    done = subprocess.run(
        [str(word) for word in command], capture_output=True, text=True, check=False, **options
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheels(tmp_path_factory) -> dict[str, Path]:
    """The wheels of seqkit, its English models and its kernels, by distribution."""
    folder = tmp_path_factory.mktemp("wheels")
    build = [*PIP, "wheel", *OFFLINE, "--no-build-isolation", "--wheel-dir", folder]
    plugins = [ROOT / "plugins" / name for name in ("seqkit-models-en", "seqkit-kernels")]
    call([*build, ROOT, *plugins], cwd=folder)
    return {path.name.partition("-")[0]: path for path in folder.glob("*.whl")}


@pytest.fixture(scope="module")
def python(wheels, tmp_path_factory) -> Path:
    """The interpreter of an environment that holds the wheels, and sees what they depend on."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    interpreter = folder / "bin" / "python"
    # Of a folder that a .pth file names, only modules are seen: its own .pth files, among them
    # that of an editable seqkit, are not followed.
    own = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
    others = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (own / "dependencies.pth").write_text("".join(f"{path}\n" for path in others))
    install = ["install", *OFFLINE, "--no-warn-script-location"]
    call([*PIP, "--python", interpreter, *install, *wheels.values()])
    return interpreter


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture(scope="module")
def environment(elsewhere) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SEQKIT_", "PYTHON"))}
    return {**kept, "HOME": str(elsewhere), "OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="module")
def run(python, elsewhere, environment) -> Run:
    """``run("--version")`` by the installed program, away from the checkout."""
    program = python.with_name("seqkit")
    return lambda *words, **options: call(
        [program, *words], cwd=elsewhere, env=environment, **options
    )


@pytest.fixture(scope="module")
def reviews(run) -> str:
    """A model trained by the installed program on a corpus from inside the wheel."""
    said = run("train", "tiny-reviews/lstm", "--epochs", "2", "--threads", "1", "--out", "reviews")
    assert "saved in reviews\n" in said
    return "reviews"


def test_the_wheels_hold_what_they_should_and_nothing_else(wheels):
    assert set(wheels) == {"seqkit", "seqkit_kernels", "seqkit_models_en"}
    names = {name: zipfile.ZipFile(path).namelist() for name, path in wheels.items()}
    assert {n.partition("/")[0] for n in names["seqkit"]} == {"seqkit", "seqkit-0.1.0.dist-info"}
    assert "seqkit/py.typed" in names["seqkit"]
    assert "seqkit/corpora_data/tiny-reviews/train.csv" in names["seqkit"]
    assert "seqkit_models_en/models/english-pos/weights.safetensors" in names["seqkit_models_en"]
    compiled = [n for n in names["seqkit_kernels"] if n.endswith(".so")]
    assert [n.partition(".")[0] for n in compiled] == ["seqkit_kernels/_library"]
    tests = [n for ns in names.values() for n in ns if "/tests/" in n]
    assert {n for n in tests if not n.startswith("seqkit/scaffold/templates/")} == set()
    unwanted = [n for ns in names.values() for n in ns if "__pycache__" in n]
    assert unwanted == []


def test_every_dependency_is_declared(wheels):
    path = next(n for n in zipfile.ZipFile(wheels["seqkit"]).namelist() if n.endswith("METADATA"))
    metadata = zipfile.ZipFile(wheels["seqkit"]).read(path).decode()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    plain = [f"Requires-Dist: {requirement}" for requirement in project["dependencies"]]
    assert [line for line in plain if line not in metadata.splitlines()] == []
    assert "License-Expression: Apache-2.0\n" in metadata


def test_the_checkout_is_not_what_runs(python, elsewhere, environment):
    code = "import seqkit, seqkit_models_en as m; print(seqkit.__file__); print(m.__file__)"
    said = call([python, "-c", code], cwd=elsewhere, env=environment)
    assert [Path(line).is_relative_to(python.parents[1]) for line in said.splitlines()] == [
        True,
        True,
    ]


def test_version_and_help(run, python, elsewhere, environment):
    assert run("--version") == f"seqkit, version {seqkit.__version__}\n"
    shown = run("--help")
    assert "Usage: seqkit [OPTIONS] COMMAND [ARGS]..." in shown
    module = call([python, "-m", "seqkit", "--help"], cwd=elsewhere, env=environment)
    assert module == shown


def test_plugins(run):
    rows = json.loads(run("plugins", "--format", "json"))
    assert {row["distribution"] for row in rows} == {"seqkit", "seqkit-kernels", "seqkit-models-en"}
    models = [(r["name"], r["status"]) for r in rows if r["kind"] == "model"]
    expected = ["english-pos", "english-sentiment", "english-text", "english-words"]
    assert sorted(models) == [(name, "ok") for name in expected]


def test_corpora(run):
    here = {row["name"] for row in json.loads(run("corpora", "list", "--format", "json"))}
    assert {"imdb", "tiny-reviews", "tiny-tags", "tiny-tales"} <= here
    assert "corpora_data/tiny-tags" in run("corpora", "show", "tiny-tags")


def test_check_data(run):
    report = json.loads(run("check", "data", "tiny-reviews/lstm", "--format", "json"))
    assert [(s["name"], s["examples"]) for s in report["splits"]] == [("train", 200), ("dev", 40)]


def test_recipe(run):
    assert tomllib.loads(run("recipe", "new", "--task", "tagging"))["head"]["name"] == "tagging"
    assert tomllib.loads(run("recipe", "show", "tiny-tags/lstm"))["encoder"]["hidden_size"] == 48
    assert json.loads(run("recipe", "schema"))["type"] == "object"


def test_train_and_evaluate(run, reviews):
    evaluation = json.loads(run("evaluate", reviews, "--format", "json"))
    assert evaluation["examples"] == 40
    assert evaluation["labels"] == ["negative", "positive"]


def test_errors(run, reviews):
    mistakes = json.loads(run("errors", reviews, "--limit", "3", "--format", "json"))
    assert [m for m in mistakes if m["truth"] == m["prediction"]] == []


def test_inspect(run, reviews):
    facts = json.loads(run("inspect", reviews, "--format", "json"))
    assert facts["manifest"]["seqkit_version"] == seqkit.__version__
    assert sum(layer["parameters"] for layer in facts["layers"]) == facts["manifest"]["parameters"]


def test_generate_with_the_default_model(run):
    text = json.loads(run("generate", "--seed", "The ", "--tokens", "9", "--random-seed", "1"))
    assert (text["seed"], text["tokens"], text["finish_reason"]) == ("The ", 9, "length")


def test_suggest_with_the_default_model(run):
    assert len(run("suggest", "The old ", "--num", "2").splitlines()) == 2


def test_classify_with_the_default_model(run, elsewhere):
    (elsewhere / "review.txt").write_text("A wonderful film.\n")
    row = json.loads(run("classify", "review.txt"))
    assert row["source"] == "review.txt"
    assert row["label"] in row["probabilities"]


def test_tag_with_the_default_model(run):
    row = json.loads(run("tag", "-", input="She sings."))
    assert [token["text"] for token in row["tokens"]] == ["She", "sings", "."]
