"""Labels for a large file: what is measured of a run, and how one is killed."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from benchmarks import predict_bulk
from benchmarks.predict_bulk import MB, Watched, descendants, halves, held, survives, table
from seqkit.errors import DataError

POINTS = [(0.0, 10 * MB), (4.0, 30 * MB), (5.0, 20 * MB), (9.0, 25 * MB)]


def test_the_most_memory_of_each_half():
    assert halves(Watched(seconds=10.0, points=POINTS)) == (30 * MB, 25 * MB)
    assert halves(Watched(seconds=10.0, points=[])) == (0, 0)


def test_the_table_has_rates_and_what_came_of_the_kill():
    watched = Watched(seconds=10.0, points=POINTS)
    made = table(watched, size=50 * MB, documents=2000, identical=False)
    (row,) = made.rows
    assert dict(zip(made.header, row, strict=True)) == {
        "text, MB": "50",
        "documents": "2,000",
        "s": "10.0",
        "documents/s": "200",
        "MB/s": "5.0",
        "peak MB, first half": "30",
        "second half": "25",
        "resumed after a kill": "DIFFERENT",
    }


def test_memory_and_processes_below_one_are_found():
    grown = "b = bytearray(50_000_000); print(flush=True); input()"
    code = (
        "import subprocess, sys; "
        f"p = subprocess.Popen([sys.executable, '-c', {grown!r}], stdin=0); p.wait()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout.readline() == b"\n"
        (child,) = descendants(process.pid)
        assert child != process.pid
        assert process.pid in descendants(os.getpid())
        assert held(child) > 50 * MB
        assert held(process.pid) > held(child)
        process.communicate(b"\n")
    assert held(child) == 0


def fake(monkeypatch, code):
    def start(text, output, *options, threads):
        return subprocess.Popen(
            [sys.executable, "-c", code, str(output), *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )

    monkeypatch.setattr(predict_bulk, "_start", start)


#: Writes at once where it goes on, and otherwise at the end of a second.
SLOW = (
    "import sys, time, pathlib; out, *rest = sys.argv[1:]; rest or time.sleep(1); "
    "pathlib.Path(out).write_text({})"
)


@pytest.mark.parametrize(("written", "same"), [("'x'", True), ("'x' + ''.join(rest)", False)])
def test_a_killed_run_is_compared_with_one_that_was_not(tmp_path, monkeypatch, written, same):
    fake(monkeypatch, SLOW.format(written))
    assert survives(tmp_path / "text", tmp_path, threads=1) is same


def test_a_command_that_fails_is_told(tmp_path, monkeypatch):
    fake(monkeypatch, "import sys; sys.exit('no such model')")
    with pytest.raises(DataError, match=r"seqkit ended with 1\. no such model"):
        predict_bulk.label(tmp_path / "text", tmp_path / "out", threads=1)
