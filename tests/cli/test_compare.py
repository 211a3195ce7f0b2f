"""``seqkit compare``: what it prints and keeps, and which arguments go together."""

from __future__ import annotations

import json
import signal

import pytest

from seqkit.comparing import comparison, memory, speed
from seqkit.errors import UsageError
from seqkit.training.events import Stepped


@pytest.fixture(autouse=True)
def _quick(monkeypatch, tmp_path):
    monkeypatch.setattr(speed, "_SECONDS", 0.0)
    monkeypatch.chdir(tmp_path)


TINY = ["compare", "tiny-reviews/lstm", "--out", "c", "--cells", "rnn, gru", "--seeds", "1"]
ONCE = ["--set", "training.epochs=1", "--set", "training.threads=1"]


def test_a_table_a_recommendation_and_where_it_is_kept(run, tmp_path):
    result = run(*TINY, *ONCE)
    assert result.exit_code == 0, result.stderr
    caption, table, recommendation, where = result.stdout.split("\n\n")
    assert " ".join(caption.split()).startswith(
        "Equal parameters: each candidate has the hidden size that brings it nearest to the 40,225 "
        "of the recipe. The accuracy is that of the best epoch"
    )
    header, *rows = table.splitlines()
    assert header.split() == [
        *("candidate", "hidden", "parameters", "accuracy", "training", "prediction"),
        *("runtime", "size", "time", "best"),
    ]
    assert [row.split()[:3] for row in rows] == [["rnn", "76", "40,137"], ["gru", "39", "40,425"]]
    assert "single seed, which tells nothing about the spread" in " ".join(recommendation.split())
    assert where == "saved in c: comparison.md, .csv and .json\n"
    assert result.stderr.startswith("run 1 of 2: rnn-seed1\nrnn-seed1: accuracy 0.")
    kept = json.loads((tmp_path / "c" / "comparison.json").read_text())
    assert [row["parameters"] for row in kept["rows"]] == [40_137, 40_425]


def test_the_same_command_goes_on_and_another_is_refused(run):
    run(*TINY, *ONCE)
    again = run(*TINY, *ONCE, "--resume")
    assert again.exit_code == 0
    assert again.stderr.count("(done before)") == 2
    other = run(*TINY, *ONCE, "--budget", "1m30s")
    assert other.exit_code == 2
    assert other.stderr.startswith(
        "error: c holds another comparison. budget was 0.0 and is 90.0. Give the same arguments"
    )


def test_ctrl_c_prints_what_is_there_and_how_to_go_on(run, monkeypatch):
    from seqkit.cli.compare import Progress

    steps = []

    def on_event(self, event):
        steps.append(event) if isinstance(event, Stepped) else None
        if len(steps) == 15:  # in the second run, of 13 steps
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Progress, "on_event", on_event)
    result = run(*TINY, *ONCE)
    assert result.exit_code == 130
    assert "A run is still to be done." in result.stdout
    assert result.stderr.endswith("interrupted; the same command goes on from there\n")


def test_a_recipes_own_files_are_relative_to_it(run, tiny, tmp_path):
    rows = (tiny.folder / "classification.jsonl").read_text()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "rows.jsonl").write_text(rows + '{"txt": 1}\n')
    (tmp_path / "mine" / "r.toml").write_text(
        '[head]\nname = "classification"\n[corpus]\ntrain = ["rows.jsonl"]\ndev_fraction = 0.25\n'
    )
    words = ["compare", "mine/r.toml", "--out", "c", "--cells", "rnn", "--seeds", "1", *ONCE]
    refused = run(*words)
    assert refused.exit_code == 2
    assert "rows.jsonl:9" in refused.stderr
    result = run(*words, "--skip-bad")
    assert result.exit_code == 0, result.stderr
    assert "left out 1 bad row:" in result.stderr


def test_memory(run, tmp_path):
    words = ["compare", "--memory-task", "adding", "--distances", "2,4", "--steps", "2"]
    result = run(*words, "--parameters", "300", "--cells", "gru", "--seeds", "1", "--out", "m")
    assert result.exit_code == 0, result.stderr
    table = result.stdout.split("\n\n")[1].splitlines()
    assert table[0].split() == ["cell", "hidden", "parameters", "2", "4", "forgets"]
    assert table[1].split()[:3] == ["gru", "8", "297"]
    assert result.stderr.startswith("run 1 of 2: gru-adding2-seed1\n")
    kept = json.loads((tmp_path / "m" / "comparison.json").read_text())
    assert kept["plan"]["distances"] == [2, 4]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90", 90), ("90s", 90), ("5m", 300), ("1h30m", 5400), ("1.5m", 90), ("2m5s", 125)],
)
def test_times(run, monkeypatch, text, seconds):
    asked = {}

    def compare(recipe, **options):
        asked.update(options)
        raise UsageError("enough")

    monkeypatch.setattr(comparison, "compare", compare)
    run("compare", "tiny-reviews/lstm", "--out", "c", "--equal", "time", "--budget", text)
    assert asked["budget"] == seconds
    assert asked["equal"] == "time"
    assert asked["cells"] == ("rnn", "gru", "lstm")
    assert asked["seeds"] == 3


def test_what_is_not_said_is_left_to_the_library(run, monkeypatch):
    asked = {}

    def compare_memory(task, **options):
        asked.update(options)
        raise UsageError("enough")

    monkeypatch.setattr(memory, "compare_memory", compare_memory)
    run("compare", "--memory-task", "copy", "--out", "c")
    assert set(asked) == {"out", "cells", "seeds", "resume", "overwrite", "observers"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "error: There is no recipe. Name one"),
        (["tiny-reviews/lstm", "--equal", "time"], "error: Equal time needs a budget. "),
        (["tiny-reviews/lstm", "--budget", "soon"], "error: Invalid value for '--budget': 'soon'"),
        (["tiny-reviews/lstm", "--cells", "lsmt"], "error: There is no cell 'lsmt'. Did you mean"),
        (["tiny-reviews/lstm", "--steps", "3"], "error: --steps is for a comparison with --mem"),
        (["tiny-reviews/lstm", "--resume"], "error: There is nothing to go on with in c. "),
        (
            ["tiny-reviews/lstm", "--memory-task", "copy"],
            "error: RECIPE is not for a comparison with --memory-task. ",
        ),
        (
            ["--memory-task", "copy", "--set", "training.epochs=1"],
            "error: --set is not for a comparison with --memory-task. ",
        ),
        (
            ["--memory-task", "copy", "--distances", "10,far"],
            "error: --distances: 'far' is no whole number. ",
        ),
    ],
)
def test_mistakes(run, tmp_path, words, message):
    result = run("compare", *words, "--out", "c")
    assert result.exit_code == 2
    assert result.stderr.startswith(message)
    assert not (tmp_path / "c").exists()


def test_a_run_is_told_of_now_and_then(capsys):
    from seqkit.cli.compare import Progress
    from seqkit.comparing.records import RunStarted, RunStepped
    from seqkit.training.events import Evaluated

    now = [100.0]
    progress = Progress(clock=lambda: now[0])
    progress.on_event(RunStarted(name="gru-seed1", number=2, of=6))
    step = Stepped(epoch=3, step=1200, loss=0.5, tokens=9, learning_rate=0.1)
    progress.on_event(step)
    now[0] += 11
    progress.on_event(step)
    progress.on_event(step)
    now[0] += 11
    progress.on_event(RunStepped(step=100, steps=1000, loss=0.25))
    now[0] += 11
    scores = {"accuracy": 0.75}
    facts = {"train_loss": 1.0, "best": True, "seconds": 1.0, "tokens_per_second": 1.0}
    progress.on_event(Evaluated(epoch=3, step=9, scores=scores, **facts))
    assert capsys.readouterr().err.splitlines() == [
        "run 2 of 6: gru-seed1",
        "  epoch 3, step 1,200, loss 0.5000",
        "  step 100 of 1,000, loss 0.2500",
        "  epoch 3 done: accuracy 0.7500",
    ]
