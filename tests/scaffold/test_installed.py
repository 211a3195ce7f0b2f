"""A cell from ``plugins new``, built, installed beside seqkit, used by every task, and removed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

import seqkit
from seqkit import manager

ROOT = Path(seqkit.__file__).parents[1]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
OFFLINE = ["--no-index", "--no-deps"]


def call(*command: str | Path, status: int = 0, **options) -> subprocess.CompletedProcess[str]:
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, **options)
    assert done.returncode == status, f"{words}\n{done.stdout}\n{done.stderr}"
    return done


def wheel(project: Path, folder: Path) -> Path:
    call(*PIP, "wheel", *OFFLINE, "--no-build-isolation", "--wheel-dir", folder, project)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def python(tmp_path_factory) -> Path:
    """The interpreter of an environment with seqkit's wheel, which sees what that depends on."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    # of a folder that a .pth file names, only modules are seen, so no editable seqkit
    own = Path(sysconfig.get_path("purelib", "venv", {"base": str(folder)}))
    others = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (own / "dependencies.pth").write_text("".join(f"{path}\n" for path in others))
    built = wheel(ROOT, tmp_path_factory.mktemp("wheel"))
    shipped = {n for n in zipfile.ZipFile(built).namelist() if "/scaffold/templates/" in n}
    sources = ROOT / "seqkit" / "scaffold" / "templates"
    assert len(shipped) == sum(path.is_file() for path in sources.rglob("*"))
    call(*PIP, "--python", folder / "bin" / "python", "install", *OFFLINE, built)
    return folder / "bin" / "python"


@pytest.fixture
def run(python, tmp_path):
    """``run("--version")`` by the installed program, in a folder of its own; what it printed."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("SEQKIT_", "PYTHON"))}
    # what is installed beside seqkit here is no part of this
    environment = {**kept, "HOME": str(tmp_path), "OMP_NUM_THREADS": "1"}
    others = [found.plugin.distribution for found in manager.installed()]
    environment["SEQKIT_DISABLE_PLUGINS"] = ",".join(others)
    program = python.with_name("seqkit")

    def run(*words: str | Path, status: int = 0, given: str | None = None):
        options = {"cwd": tmp_path, "env": environment, "input": given}
        done = call(program, *words, status=status, **options)
        return done.stderr if status else done.stdout

    return run


def test_a_cell_is_written_built_installed_used_and_missed(run, python, tmp_path):
    run("plugins", "new", "slim", "--kind", "cell")
    built = wheel(tmp_path / "seqkit-slim", tmp_path / "wheels")
    assert built.name == "seqkit_slim-0.1.0-py3-none-any.whl"
    assert not [n for n in zipfile.ZipFile(built).namelist() if n.startswith("tests")]
    pip = [*PIP, "--python", python]
    call(*pip, "install", *OFFLINE, built)

    for corpus in ("tiny-reviews", "tiny-tags", "tiny-tales"):
        options = ["--cell", "slim", "--epochs", "1", "--threads", "1", "--out", corpus]
        run("train", f"{corpus}/lstm", *options)
    (tmp_path / "review.txt").write_text("A warm and funny film.\n")
    row = json.loads(run("classify", "--model", "tiny-reviews", "review.txt"))
    assert row["label"] in ("negative", "positive")
    row = json.loads(run("tag", "--model", "tiny-tags", "-", given="The dog sleeps."))
    assert [token["text"] for token in row["tokens"]] == ["The", "dog", "sleeps", "."]
    options = ["--model", "tiny-tales", "--seed", "Once", "--tokens", "5", "--random-seed", "1"]
    assert json.loads(run("generate", *options))["tokens"] == 5
    manifest = json.loads((tmp_path / "tiny-tags" / "manifest.json").read_text())
    (cell,) = (part for part in manifest["parts"] if part["kind"] == "cell")
    assert (cell["name"], cell["distribution"], cell["version"]) == ("slim", "seqkit-slim", "0.1.0")

    call(*pip, "uninstall", "--yes", "seqkit-slim")
    assert run("classify", "--model", "tiny-reviews", "review.txt", status=2) == (
        "error: tiny-reviews needs the cell 'seqkit-slim:slim'. its package is not installed. "
        "Install it with: pip install seqkit-slim.\n"
    )
