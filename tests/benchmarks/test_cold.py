"""Commands that are run whole: their time, their memory, and what happens when one fails."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "peers" / "cold.py"


def cold(what, data, **environment):
    (data / "dev.txt").write_text("__label__pos a lovely film\n__label__neg a dull one\n")
    command = [sys.executable, str(PROGRAM), what, "--data", str(data), "--seed", "1", "--quick"]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | environment
    )


@pytest.mark.skipif(sys.platform != "linux", reason="memory is told otherwise elsewhere")
@pytest.mark.parametrize(("what", "least"), [("help", 5e6), ("torch", 5e7)])
def test_a_command_is_run_from_start_to_end(tmp_path, what, least):
    done = cold(what, tmp_path)
    said = json.loads(done.stdout)
    assert said["answered"] > 0.01
    assert least < said["held"] < 2e9
    assert set(said["versions"]) == {"torch" if what == "torch" else "seqkit"}


def test_a_command_that_fails_gives_no_result(tmp_path):
    done = cold("spacy", tmp_path)  # which this environment does not have
    assert done.returncode == 1
    assert "No module named 'spacy'" in done.stderr.splitlines()[-1]
    assert done.stdout == ""
