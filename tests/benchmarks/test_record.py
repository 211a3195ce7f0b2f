"""The clock and the line that every contender's program prints."""

from __future__ import annotations

import json
import sys
import time
from importlib.metadata import version
from pathlib import Path

import pytest


def test_a_line_tells_when_and_how_well(peer, monkeypatch, capsys):
    record = peer("record")
    now = 100.0
    monkeypatch.setattr(time, "time", lambda: now)
    monkeypatch.setattr(time, "perf_counter", lambda: now)
    monkeypatch.setenv("BENCHMARK_STARTED", "90.0")
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    clock = record.Clock()
    clock.start()
    now = 104.0
    clock.stop()
    now = 105.0  # scoring
    clock.point(accuracy=0.5)
    clock.start()
    now = 107.0
    clock.stop()
    clock.point(accuracy=0.75)
    clock.report(record.versions("numpy"), parameters=12)
    line = json.loads(capsys.readouterr().out)
    assert line.pop("peak_bytes") > 1e6
    assert line == {
        "versions": {"numpy": version("numpy")},
        "threads": 3,
        "began": 10.0,
        "points": [
            {"trained": 4.0, "passed": 5.0, "accuracy": 0.5},
            {"trained": 6.0, "passed": 7.0, "accuracy": 0.75},
        ],
        "parameters": 12,
    }


def test_the_arguments_are_those_that_the_harness_gives(peer, monkeypatch, tmp_path):
    record = peer("record")
    given = ["program", "imdb/lstm", "--data", str(tmp_path), "--seed", "4", "--quick"]
    monkeypatch.setattr(sys, "argv", given)
    arguments = record.arguments("recipe")
    expected = {"recipe": "imdb/lstm", "data": tmp_path, "seed": 4, "quick": True}
    assert vars(arguments) == {**expected, "save": None, "model": None}


def test_a_model_is_kept_or_given_where_the_harness_says(peer, monkeypatch, tmp_path):
    record = peer("record")
    given = ["program", "--data", "d", "--seed", "1", "--save", "a/b", "--model", "c"]
    monkeypatch.setattr(sys, "argv", given)
    arguments = record.arguments()
    assert (arguments.save, arguments.model) == (Path("a/b"), Path("c"))


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells it on Linux alone")
def test_memory_is_the_most_that_was_held(peer):
    record = peer("record")
    before = record.peak_bytes()
    held = bytearray(64_000_000)
    held[::4096] = b"x" * len(held[::4096])
    assert record.peak_bytes() >= max(before, 64_000_000)
    del held
    assert record.peak_bytes() >= 64_000_000
