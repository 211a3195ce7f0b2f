"""What stays out of a fresh process: start-up is fast because torch is imported when needed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import seqkit

ROOT = Path(seqkit.__file__).parent
ENVIRONMENT = {
    **{k: v for k, v in os.environ.items() if not k.startswith("SEQKIT_")},
    "PYTHONPATH": str(ROOT.parent),
}


def imported(*arguments: str) -> set[str]:
    """The top-level modules that a fresh interpreter imports."""
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=ENVIRONMENT,
    )
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("import time:")]
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


def test_importing_seqkit_imports_no_other_package():
    heavy = {"torch", "numpy", "msgspec", "pluggy", "click", "rich", "sentencepiece"}
    assert imported("-c", "import seqkit") & heavy == set()


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["plugins"], ["plugins", "show", "lstm"], ["plugins", "--help"]],
    ids=" ".join,
)
def test_commands_that_need_no_model_import_neither_torch_nor_numpy(arguments):
    found = imported("-m", "seqkit", *arguments)
    assert "click" in found
    assert found & {"torch", "numpy", "sentencepiece", "safetensors"} == set()


def test_the_road_of_prediction_imports_no_torch():
    folders = ("tokenizers", "readers", "decoding")
    names = [
        ".".join(["seqkit", *path.relative_to(ROOT).with_suffix("").parts])
        for folder in folders
        for path in sorted((ROOT / folder).glob("*.py"))
    ]
    names += ["seqkit.recipe", "seqkit.builtin", "seqkit.bundle.manifest", "seqkit.api"]
    code = (
        f"import importlib, json, sys\nfor name in {names!r}: importlib.import_module(name)\n"
        "print(json.dumps('torch' in sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=ENVIRONMENT
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) is False
