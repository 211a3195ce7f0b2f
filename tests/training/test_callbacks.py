"""The record of metrics as JSON lines."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from seqkit.errors import TrainingError
from seqkit.training.callbacks import Callback, JsonLines
from seqkit.training.events import Evaluated, Finished, Started, Stepped


def started(step: int = 0) -> Started:
    return Started(
        path="m",
        task="tagging",
        device="cpu",
        parameters=1,
        train_examples=2,
        dev_examples=1,
        train_tokens=9,
        epochs=3,
        steps=30,
        step=step,
        metric="accuracy",
    )


def evaluated(epoch: int) -> Evaluated:
    return Evaluated(
        epoch=epoch,
        step=10 * epoch,
        train_loss=0.5,
        scores={"loss": 0.25, "perplexity": float("inf")},
        best=True,
        seconds=1.0,
        tokens_per_second=9.0,
    )


FINISHED = Finished(reason="interrupted", best_epoch=1, scores={}, seconds=2.0, path="m")


def told(folder: Path, *events) -> list[dict]:
    """The lines once a new observer in ``folder`` has been told these."""
    observer = JsonLines(None, folder)
    for event in events:
        observer.on_event(event)
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def facts(lines: list[dict]) -> list[tuple]:
    return [(line["event"], line.get("step")) for line in lines]


def test_each_event_but_single_steps_has_a_line(tmp_path):
    step = Stepped(epoch=1, step=1, loss=1.0, tokens=3, learning_rate=0.1)
    lines = told(tmp_path, started(), step, evaluated(1), FINISHED)
    assert facts(lines) == [("started", 0), ("evaluated", 10), ("finished", None)]
    assert lines[1]["scores"] == {"loss": 0.25, "perplexity": None}


def test_a_run_that_goes_on_adds_its_lines(tmp_path):
    told(tmp_path, started(), evaluated(1), FINISHED)
    lines = told(tmp_path, started(step=12), evaluated(2))
    assert facts(lines) == [
        *(("started", 0), ("evaluated", 10), ("finished", None)),
        *(("started", 12), ("evaluated", 20)),
    ]


def test_what_came_after_the_checkpoint_is_taken_out(tmp_path):
    told(tmp_path, started(), evaluated(1), evaluated(2), FINISHED)
    lines = told(tmp_path, started(step=10), evaluated(2))
    assert facts(lines) == [("started", 0), ("evaluated", 10), ("started", 10), ("evaluated", 20)]


@pytest.mark.parametrize("torn", [b'{"event":"evalu', b'{"event":"started","step":0}', b"\xff\n"])
def test_a_line_that_was_cut_short_is_taken_out(tmp_path, torn):
    told(tmp_path, started(), evaluated(1))
    with (tmp_path / "metrics.jsonl").open("ab") as file:
        file.write(torn)
    lines = told(tmp_path, started(step=10))
    assert facts(lines) == [("started", 0), ("evaluated", 10), ("started", 10)]


def test_a_disk_that_can_not_be_written_is_a_training_error(tmp_path):
    (tmp_path / "metrics.jsonl").mkdir()
    with pytest.raises(TrainingError, match=r"metrics.jsonl can't be written.*--resume"):
        JsonLines(None, tmp_path).on_event(started())


def test_a_callback_ignores_what_it_does_not_know(tmp_path):
    Callback(None, tmp_path).on_event(started())
    assert list(tmp_path.iterdir()) == []


def test_where_the_bundle_stood_is_not_told(tmp_path):
    event = msgspec.structs.replace(FINISHED, path=str(tmp_path / "deep" / "m"))
    (line,) = told(tmp_path, event)
    assert line["path"] == "m"
