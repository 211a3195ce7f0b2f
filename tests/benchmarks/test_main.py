"""The command line: what there is, what is refused, and what is asked of a benchmark."""

from __future__ import annotations

import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import pytest

from benchmarks import __main__ as program
from benchmarks.settings import Settings

ROOT = Path(__file__).parents[2]


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env=environment or None,
    )


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (["--list"], 0, "cells: One training step of each cell"),
        (
            ["sells"],
            2,
            "there is no sells; there are cells, gpu, limits, predict-bulk, predict-classify",
        ),
        (["--rounds", "2"], 2, "fewer than 3 rounds tell nothing"),
        (["--threads", "0"], 2, "--threads and --seeds are at least 1"),
    ],
    ids=str,
)
def test_the_program_lists_and_refuses(arguments, status, said):
    done = run(*arguments)
    assert done.returncode == status
    assert said in done.stdout + done.stderr


def test_a_missing_corpus_is_one_line_and_status_2(tmp_path):
    done = run("train-tag", "--quick", SEQKIT_DATA=str(tmp_path), XDG_CACHE_HOME=str(tmp_path))
    assert done.returncode == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("error: train-tag: The files of the corpus 'ud-english-ewt' are not")
    assert "seqkit corpora fetch ud-english-ewt" in line


@pytest.mark.parametrize(
    ("given", "settings"),
    [
        ({}, Settings(rounds=5, seeds=5, threads=2)),
        ({"rounds": 3}, Settings(rounds=3, seeds=3, threads=2)),
        ({"rounds": 3, "seeds": 5}, Settings(rounds=5, seeds=5, threads=2)),
        ({"seeds": 1}, Settings(rounds=5, seeds=1, threads=2)),
        ({"rounds": 9, "quick": True}, Settings(rounds=1, seeds=1, threads=2, quick=True)),
    ],
    ids=str,
)
def test_settings_follow_the_command_line(given, settings):
    defaults = {"rounds": None, "seeds": None, "threads": 2, "quick": False}
    assert program.settings_of(Namespace(**defaults | given)) == settings


def test_each_round_takes_the_next_seed():
    assert [Settings(rounds=5, seeds=3).seed(number) for number in range(5)] == [1, 2, 3, 1, 2]
