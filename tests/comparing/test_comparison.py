"""A whole comparison: what is trained, kept, gone on with, and told."""

from __future__ import annotations

import json
import shutil
import signal
import sys

import msgspec
import pytest

import seqkit
from seqkit.comparing.comparison import compare
from seqkit.comparing.records import PLAN, RunEnded, RunStarted
from seqkit.comparing.table import Comparison
from seqkit.errors import BundleError, UsageError
from seqkit.training.events import Answered, Evaluated, Started, Stepped


class Events(list):
    """What was told; Ctrl-C is pressed at a step of a run, if asked for."""

    def __init__(self, *, press: int = 0) -> None:
        super().__init__()
        self.press = press

    def on_event(self, event) -> None:
        self.append(event)
        steps = sum(isinstance(e, Stepped) for e in self)
        if isinstance(event, Stepped) and steps == self.press:
            signal.raise_signal(signal.SIGINT)

    def trained(self) -> list[str]:
        return [event.name for event in self if isinstance(event, RunStarted)]


@pytest.fixture
def two(tiny, tmp_path):
    """Compares two cells with two seeds, in ``tmp_path / "c"``."""

    def run(**options):
        events = options.pop("events", Events())
        tables = tiny.tables(options.pop("task", "classification"), **options.pop("changes", {}))
        asked = {"cells": ["rnn", "gru"], "seeds": 2, "out": tmp_path / "c", **options}
        return compare(tables, observers=[events], **asked), events

    return run


def test_each_candidate_is_trained_with_each_seed_and_measured(two, tmp_path):
    found, events = two()
    names = ["rnn-seed1", "gru-seed1", "rnn-seed2", "gru-seed2"]
    assert events.trained() == names
    assert found.runs_left == 0
    for name, run in zip(names, found.runs, strict=True):
        manifest = json.loads((tmp_path / "c" / "runs" / name / "manifest.json").read_text())
        assert run.score == manifest["scores"]["accuracy"]
        assert run.epochs == 2
        assert run.bytes == sum(
            f.stat().st_size for f in (tmp_path / "c" / "runs" / name).rglob("*") if f.is_file()
        )
    for row in found.rows:
        scores = [run.score for run in found.runs if run.candidate == row.candidate]
        assert row.score == pytest.approx(sum(scores) / 2)
        assert row.spread == pytest.approx(abs(scores[0] - scores[1]) / 2**0.5)
        assert (row.runs, row.runtime, row.failed) == (2, "onnx", 0)
        assert row.items_per_second > 0
        assert row.tokens_per_second > 0
    assert found.items == "documents"


def test_the_table_is_kept_in_all_its_forms(two, tmp_path):
    found, _ = two()
    folder = tmp_path / "c"
    assert msgspec.json.decode((folder / "comparison.json").read_bytes(), type=Comparison) == found
    page = (folder / "comparison.md").read_text()
    assert found.caption in page
    assert found.recommendation in page
    assert "| rnn | " in page
    assert "![Score against time](comparison.png)" in page
    header, *rows = (folder / "comparison.csv").read_text().splitlines()
    assert header.startswith("candidate,cell,tokenizer,hidden_size,parameters,score,spread,")
    assert [line.split(",")[0] for line in rows] == ["rnn", "gru"]
    assert (folder / "comparison.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("task", "items"), [("tagging", "sentences"), ("generation", "tokens")])
def test_other_tasks_count_other_things(two, task, items):
    found, _ = two(task=task, cells=["rnn"], seeds=1)
    assert found.items == items
    assert found.rows[0].items_per_second > 0


def test_what_begins_from_models_and_is_taught_by_some_is_compared_too(two, tiny, tmp_path):
    for name, encoder in (("forward", {}), ("backward", {"reversed": True})):
        tiny.train("generation", tmp_path / name, encoder=encoder)
    pair = {way: str(tmp_path / way) for way in ("forward", "backward")}
    changes = {"contextual": {**pair, "size": 3}}
    found, _ = two(task="tagging", cells=["lstm"], seeds=1, changes=changes)
    assert [run.problem for run in found.runs] == [""]
    with seqkit.load(tmp_path / "c" / "runs" / "lstm-seed1") as model:
        assert found.rows[0].parameters == sum(layer.parameters for layer in model.layers())

    tiny.train("classification", tmp_path / "teacher")
    changes = {"teacher": {"models": [str(tmp_path / "teacher")], "share": 0.5}}
    found, events = two(cells=["rnn"], seeds=1, changes=changes, out=tmp_path / "taught")
    assert [run.problem for run in found.runs] == [""]
    assert any(isinstance(event, Answered) for event in events)


def test_what_is_done_is_not_done_again(two):
    first, _ = two()
    again, events = two()
    assert events.trained() == []
    assert [event.again for event in events if isinstance(event, RunEnded)] == [True] * 4
    assert again == first


def test_a_run_whose_record_or_bundle_is_missing_is_the_only_one_done(two, tmp_path):
    two()
    runs = tmp_path / "c" / "runs"
    (runs / "gru-seed1.json").unlink()
    weights = (runs / "gru-seed1" / "weights.safetensors").stat().st_mtime_ns
    (runs / "rnn-seed2.json").unlink()
    shutil.rmtree(runs / "rnn-seed2")
    found, events = two()
    assert events.trained() == ["gru-seed1", "rnn-seed2"]
    # of the first only the record was missing, so it is measured and not trained
    assert [e.path for e in events if isinstance(e, Started)] == [str(runs / "rnn-seed2")]
    assert (runs / "gru-seed1" / "weights.safetensors").stat().st_mtime_ns == weights
    assert (found.runs_left, len(found.runs)) == (0, 4)


def test_ctrl_c_keeps_what_is_there_and_the_same_call_goes_on_within_the_run(two, tmp_path):
    whole, _ = two(out=tmp_path / "whole")
    found, events = two(events=Events(press=8))  # in the second run, of three steps an epoch
    assert events.trained() == ["rnn-seed1", "gru-seed1"]
    assert (found.runs_left, [run.candidate for run in found.runs]) == (3, ["rnn"])
    assert found.notes == ["3 runs are still to be done."]
    found, events = two()
    assert events.trained() == ["gru-seed1", "rnn-seed2", "gru-seed2"]
    begun = [event.step for event in events if isinstance(event, Started)]
    assert begun == [2, 0, 0]
    assert [run.score for run in found.runs] == [run.score for run in whole.runs]
    for name in ("gru-seed1", "gru-seed2"):
        bundles = [tmp_path / folder / "runs" / name for folder in ("c", "whole")]
        one, other = ((b / "weights.safetensors").read_bytes() for b in bundles)
        assert one == other


def test_a_run_that_was_killed_before_its_first_checkpoint_begins_anew(two, tmp_path):
    two()
    runs = tmp_path / "c" / "runs"
    (runs / "gru-seed2.json").unlink()
    for file in (runs / "gru-seed2").iterdir():
        if file.name != "metrics.jsonl":
            shutil.rmtree(file) if file.is_dir() else file.unlink()
    found, events = two()
    assert events.trained() == ["gru-seed2"]
    assert sum(isinstance(event, Evaluated) for event in events) == 2
    assert found.runs[3].epochs == 2


def test_other_arguments_are_refused_unless_it_is_to_be_replaced(two):
    two(seeds=1)
    with pytest.raises(UsageError, match=r"holds another comparison.*seeds was 1 and is 2"):
        two()
    _, events = two(overwrite=True)
    assert len(events.trained()) == 4


def test_a_folder_with_other_files_is_left_alone(two, tmp_path):
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "diary.txt").write_text("dear me")
    for overwrite in (False, True):
        with pytest.raises(BundleError, match=r"it holds 'diary\.txt'"):
            two(overwrite=overwrite)
    assert (tmp_path / "c" / "diary.txt").read_text() == "dear me"


def test_resume_never_begins(two, tmp_path):
    with pytest.raises(BundleError, match="nothing to go on with"):
        two(resume=True)
    assert not (tmp_path / "c").exists()


def test_a_damaged_record_is_named(two, tmp_path):
    two(seeds=1)
    record = tmp_path / "c" / "runs" / "rnn-seed1.json"
    record.write_text("{}")
    with pytest.raises(BundleError, match=r"rnn-seed1\.json is not what a comparison"):
        two(seeds=1)


def test_a_candidate_that_diverges_is_a_row_with_the_reason(two, monkeypatch):
    from seqkit.nn.network import Network

    kept = Network.forward

    def forward(network, *arguments):
        logits = kept(network, *arguments)
        return logits * (float("nan") if "GRU" in str(network.encoder.cells[0]) else 1.0)

    monkeypatch.setattr(Network, "forward", forward)
    found, _ = two(seeds=1)
    rnn, gru = found.rows
    assert (rnn.score is None, rnn.failed) == (False, 0)
    assert (gru.score, gru.failed) == (None, 1)
    assert gru.problem.startswith("The loss is nan at step 1, in epoch 1")
    assert found.notes == [f"gru failed in 1 of 1 runs: {gru.problem}."]
    monkeypatch.undo()
    _, events = two(seeds=1)
    assert events.trained() == []


def test_a_cell_that_raises_is_a_row_too_and_is_tried_again(two, monkeypatch):
    from seqkit.cells.gru import GRU

    def forward(*_):
        raise RuntimeError("shapes do not fit")

    monkeypatch.setattr(GRU, "forward", forward)
    found, _ = two(seeds=1)
    assert found.rows[1].problem == "RuntimeError: shapes do not fit"
    monkeypatch.undo()
    found, events = two(seeds=1)
    assert events.trained() == ["gru-seed1"]
    assert found.rows[1].score is not None


def test_without_matplotlib_a_note_says_how_to_get_it(two, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    found, _ = two(cells=["rnn"], seeds=1)
    assert not (tmp_path / "c" / "comparison.png").exists()
    assert found.notes[-1].startswith(
        "There is no picture. A picture needs the module 'matplotlib'"
    )
    assert "seqkit[plots]" in found.notes[-1]
    assert "comparison.png" not in (tmp_path / "c" / "comparison.md").read_text()


def test_equal_time_stops_by_the_clock(two):
    found, _ = two(cells=["rnn"], seeds=1, equal="time", budget=0.05)
    assert found.runs[0].seconds >= 0.05
    assert found.runs[0].epochs < 1_000_000
    assert found.caption.startswith("Equal time: each run trains for 0.05 s, with the recipe's")


def test_it_is_there_for_python(tiny):
    assert seqkit.compare is compare


def test_the_plan_is_written_before_anything_is_trained(two, tmp_path):
    two(events=Events(press=1))
    assert (tmp_path / "c" / PLAN).is_file()
