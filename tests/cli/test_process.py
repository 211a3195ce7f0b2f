"""The program as a real process: exit status, pipes, and signals."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest


def ended(process: subprocess.Popen[bytes], given: bytes = b"") -> tuple[int, str, str]:
    out, err = process.communicate(given, timeout=120)
    return process.returncode, out.decode(), err.decode()


@pytest.mark.parametrize(
    ("words", "status"),
    [(["--version"], 0), (["nothing"], 2), (["recipe", "new"], 2), (["inspect", "nowhere"], 2)],
)
def test_exit_status(start, words, status):
    code, out, err = ended(start(*words))
    assert code == status
    assert bool(out) == (status == 0)
    assert err.startswith("error: ") == (status == 2)
    assert "Traceback" not in err


def test_a_pipe_that_closes_at_once_is_quiet(start):
    process = start("recipe", "schema")
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(60) == 141


def test_a_pipe_that_closes_midway_is_quiet(start, reviews):
    process = start("classify", "--model", reviews, "--lines", "-")
    process.stdin.write(b"a fine day\n" * 5000)
    process.stdin.close()
    assert json.loads(process.stdout.readline())["source"] == "-:1"
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait(60) == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_output_that_can_not_be_written_is_an_error(start):
    with Path("/dev/full").open("wb") as full:
        process = start("--version", stdout=full)
        process.stdin.close()
        assert process.stderr.read() == b"error: No space left on device.\n"
        assert process.wait(60) == 2


def test_results_come_before_the_input_ends(start, reviews):
    process = start("classify", "--model", reviews, "--lines", "-")
    process.stdin.write(b"a fine day\n")
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["source"] == "-:1"
    process.stdin.write(b"a bad day\n")
    code, out, _ = ended(process)
    assert code == 0
    assert json.loads(out)["source"] == "-:2"


def test_text_is_utf_8_whatever_the_locale(start, reviews, tmp_path):
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    path = tmp_path / "é.txt"
    path.write_text("café", encoding="utf-8")
    code, out, _ = ended(start("classify", "--model", reviews, path, **plain))
    assert code == 0
    assert json.loads(out)["source"] == str(path)
    code, _, err = ended(start("classify", "no-é.txt", **plain))
    assert code == 2
    assert err.startswith("error: There is no file no-")


def test_interrupted_training_keeps_the_best(start, tmp_path):
    words = ["train", "tiny-reviews/lstm", "--threads", "1", "--out", tmp_path / "m"]
    process = start(*words, "--epochs", "100000")
    for line in process.stderr:
        if line.startswith(b"epoch 2/"):
            break
    process.send_signal(signal.SIGINT)
    code, out, err = ended(process)
    assert code == 130
    assert "Traceback" not in err
    assert err.endswith("interrupted; the same command with --resume goes on from there\n")
    assert f"saved in {tmp_path / 'm'}" in out
    manifest = json.loads((tmp_path / "m" / "manifest.json").read_text())
    assert manifest["best_epoch"] >= 1


def test_a_terminal_gets_text_as_it_is_drawn(start, tales):
    ours, theirs = os.openpty()
    words = ["generate", "--model", tales, "--seed", "The ", "--tokens", "5"]
    process = start(*words, stdout=theirs)
    os.close(theirs)
    assert process.wait(60) == 0
    assert os.read(ours, 1000).startswith(b"The ")
    os.close(ours)


def test_a_terminal_gets_tables_without_colour_where_none_is_wanted(start):
    ours, theirs = os.openpty()
    process = start("corpora", "list", stdout=theirs, NO_COLOR="1", TERM="xterm")
    os.close(theirs)
    assert process.wait(60) == 0
    text = os.read(ours, 10_000).decode()
    assert text.replace("\x1b[1m", "").replace("\x1b[0m", "").startswith("name ")
    assert "\x1b[3" not in text
    os.close(ours)


def test_interrupted_generation_is_quiet(start, tales):
    process = start("generate", "--model", tales, "--tokens", "100000000", "--format", "text")
    assert process.stdout.read(5)
    process.send_signal(signal.SIGINT)
    code, _, err = ended(process)
    assert (code, err) == (130, "interrupted\n")
