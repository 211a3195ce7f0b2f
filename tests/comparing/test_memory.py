"""Memories compared: what is learnt, kept, gone on with, and told."""

from __future__ import annotations

import math
import signal

import msgspec
import pytest

from seqkit.comparing import memory_table as table
from seqkit.comparing import remembering
from seqkit.comparing.memory import compare_memory
from seqkit.comparing.memory_table import MemoryComparison, MemoryPlan
from seqkit.comparing.records import RunStarted
from seqkit.comparing.remembering import MemoryRecord
from seqkit.errors import BundleError, PluginError, UsageError


class Runs(list):
    """The runs that were begun; Ctrl-C is pressed in one, if asked for."""

    def __init__(self, press: str = "") -> None:
        super().__init__()
        self.press = press

    def on_event(self, event) -> None:
        if isinstance(event, RunStarted):
            self.append(event.name)
            if event.name == self.press:
                signal.raise_signal(signal.SIGINT)


@pytest.fixture
def adding(tmp_path):
    def run(**options):
        runs = options.pop("runs", Runs())
        asked = {"cells": ["rnn", "gru"], "distances": [4, 2], "seeds": 1, "steps": 3}
        asked["parameters"] = 300
        folder = tmp_path / "m"
        return compare_memory("adding", out=folder, observers=[runs], **{**asked, **options}), runs

    return run


def test_a_short_memory_is_learnt():
    options = {"distance": 3, "hidden_size": 24, "random_seed": 1, "steps": 400}
    told = []
    found = remembering.remember("rnn", "copy", tell=lambda *at: told.append(at[0]), **options)
    assert found.accuracy == 1.0
    assert found.loss < 0.1 < math.log(8) / 5  # that of guessing at one of five steps
    assert found.problem == ""
    assert told == [*range(100, found.steps + 1, 100)]


def test_the_same_seed_learns_the_same():
    options = {"distance": 5, "hidden_size": 6, "steps": 5, "tell": lambda *_: None}
    one, again, other = (
        remembering.remember("rnn", "adding", random_seed=seed, **options) for seed in (1, 1, 2)
    )
    assert one.loss == again.loss != other.loss


def test_a_loss_that_is_no_number_is_a_problem(monkeypatch):
    monkeypatch.setattr(remembering, "_LEARNING_RATE", float("inf"))
    options = {"distance": 5, "hidden_size": 6, "random_seed": 1, "steps": 9}
    found = remembering.remember("rnn", "adding", tell=lambda *_: None, **options)
    assert found.problem == "the loss is nan at step 2"


@pytest.mark.parametrize(("cell", "gates"), [("rnn", 1), ("gru", 3), ("lstm", 4)])
def test_each_cell_has_the_size_that_is_nearest(cell, gates):
    def count(h: int) -> int:
        return gates * h * (2 + h + 2) + h + 1

    size = remembering.hidden_size(cell, "adding", 10_000)
    assert size == min(range(1, 200), key=lambda h: abs(count(h) - 10_000))
    assert remembering.parameters(cell, "adding", size) == count(size)


def test_every_cell_goes_over_every_distance(adding, tmp_path):
    found, runs = adding()
    assert runs == [
        "rnn-adding2-seed1",
        "gru-adding2-seed1",
        "rnn-adding4-seed1",
        "gru-adding4-seed1",
    ]
    assert [row.cell for row in found.rows] == ["rnn", "gru"]
    assert all([*row.accuracy] == [*row.loss] == [2, 4] for row in found.rows)
    folder = tmp_path / "m"
    kept = msgspec.json.decode((folder / "comparison.json").read_bytes(), type=MemoryComparison)
    assert kept == found
    assert len((folder / "comparison.csv").read_text().splitlines()) == 5
    assert "| rnn | " in (folder / "comparison.md").read_text()
    assert (folder / "comparison.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_done_is_not_done_again(adding, tmp_path):
    first, _ = adding()
    (tmp_path / "m" / "runs" / "gru-adding2-seed1.json").unlink()
    again, runs = adding()
    assert runs == ["gru-adding2-seed1"]
    assert again == first


def test_ctrl_c_keeps_what_is_there(adding):
    found, _ = adding(runs=Runs(press="rnn-adding4-seed1"))
    assert found.runs_left == 2
    assert found.notes == ["2 runs are still to be done."]
    _, runs = adding()
    assert runs == ["rnn-adding4-seed1", "gru-adding4-seed1"]


def test_other_arguments_are_refused(adding):
    adding()
    with pytest.raises(UsageError, match=r"distances was 2, 4 and is 2, 6; steps was 3 and is 5"):
        adding(distances=[2, 6], steps=5)


@pytest.mark.parametrize(
    "options", [{"cells": []}, {"distances": []}, {"distances": [1]}, {"steps": 0}, {"seeds": 0}]
)
def test_nothing_to_compare(adding, options):
    with pytest.raises(UsageError, match="nothing to compare"):
        adding(**options)


def test_an_unknown_cell_is_refused_at_once(adding, tmp_path):
    with pytest.raises(PluginError, match="no cell 'gur'"):
        adding(cells=["rnn", "gur"])
    assert not (tmp_path / "m").exists()


def test_a_cell_forgets_where_the_median_falls_below_half_way():
    options = {"seeds": 3, "steps": 1, "parameters": 99}
    plan = MemoryPlan(task="copy", cells=("rnn", "gru"), distances=(5, 10, 20), **options)
    accuracies = {
        ("rnn", 5): (1.0, 0.9, 0.0),
        ("rnn", 10): (0.3, 0.45, 1.0),
        ("rnn", 20): (0.1, 0.1, 0.1),
        ("gru", 5): (1.0, 1.0, 1.0),
        ("gru", 10): (0.2, 0.6, 1.0),
        ("gru", 20): (0.9, 0.9, 0.9),
    }
    runs = [
        MemoryRecord(cell=cell, distance=distance, random_seed=seed, loss=0.5, accuracy=accuracy)
        for (cell, distance), found in accuracies.items()
        for seed, accuracy in enumerate(found, 1)
    ]
    found = table.compared(plan, [(8, 98), (4, 100)], runs, chance=0.125)
    assert found.half_way == 0.5625
    assert [row.forgets for row in found.rows] == [10, None]
    assert table.lines(found) == [
        ["rnn", "8", "98", "0.900", "0.450", "0.100", "10"],
        ["gru", "4", "100", "1.000", "0.600", "0.900", "> 20"],
    ]


def test_a_plan_of_another_kind_is_refused_and_can_be_replaced(adding, tmp_path):
    adding()
    (tmp_path / "m" / "comparison.plan.json").write_text('{"equal": "time"}')
    with pytest.raises(BundleError, match=r"of this kind left there.*anew with --overwrite"):
        adding()
    _, runs = adding(overwrite=True)
    assert len(runs) == 4
