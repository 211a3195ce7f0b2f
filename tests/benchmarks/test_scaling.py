"""A step's time against its sizes."""

from __future__ import annotations

import sys

import pytest

from benchmarks import picture, scaling
from benchmarks.exponents import fit
from benchmarks.memory import Cost
from benchmarks.report import Absent
from benchmarks.scaling import Curve, curves, drawing, laws, tables, thread_counts
from benchmarks.settings import Settings
from benchmarks.workload import Point, Step

TINY = Point(length=3, hidden=4, batch=2, vocabulary=16)


def curve(cell, axis, times):
    return Curve(cell=cell, axis=axis, times=times, law=fit(times))


CURVES = [
    curve("lstm", "hidden", {8: [0.001, 0.002, 0.003], 16: [0.004] * 3, 32: [0.016] * 3}),
    curve("rnn", "hidden", {8: [0.001] * 3, 16: [0.002] * 3, 32: [0.004] * 3}),
    curve("lstm", "threads", {1: [0.002] * 3}),
    curve("rnn", "threads", {1: [0.001] * 3}),
]


@pytest.mark.parametrize("cell", scaling.CELLS)
def test_a_step_learns(cell):
    step = Step(cell, Point(length=5, hidden=8, batch=2, vocabulary=16))
    losses = [step() for _ in range(100)]
    assert losses[0] == pytest.approx(2.77, abs=0.3)  # ln 16: all tokens alike
    assert losses[-1] < losses[0] - 0.3


def test_a_step_has_the_sizes_of_its_point():
    step = Step("gru", Point(length=5, hidden=8, batch=2, vocabulary=16))
    assert step.ids.shape == (5, 2)
    assert step.network.head.weight.shape == (16, 8)
    assert step.network.encoder.cells[0].W_hh.shape == (24, 8)


def test_every_size_is_timed_once_a_round_and_the_base_shared():
    found = curves(
        TINY,
        {"length": (3, 6), "batch": (2, 4), "threads": (1,)},
        cells=("rnn", "gru"),
        rounds=3,
        seconds=0.0,
    )
    assert [(c.cell, c.axis) for c in found] == [
        ("rnn", "length"),
        ("rnn", "batch"),
        ("rnn", "threads"),
        ("gru", "length"),
        ("gru", "batch"),
        ("gru", "threads"),
    ]
    assert all(len(times) == 3 for c in found for times in c.times.values())
    length, batch, threads = found[:3]
    assert length.times[3] == batch.times[2] == threads.times[1]
    assert length.times[6] != length.times[3]
    assert length.law.sizes == (3, 6)
    assert threads.law is None


@pytest.mark.parametrize(
    ("most", "counts"), [(1, (1,)), (2, (1, 2)), (6, (1, 2, 4, 6)), (8, (1, 2, 4, 8))], ids=str
)
def test_threads_are_powers_of_two_and_all(most, counts):
    assert thread_counts(most) == counts


def test_exponents_and_times_are_tables():
    assert laws(CURVES).rows == (
        ("hidden size", "8 to 32", "1.50 (1.21 to 2.00)", "1.00"),
        ("threads", "-", "-", "-"),
    )
    hidden, threads = tables(CURVES)
    assert hidden.header == ("hidden size", "lstm, ms", "rnn, ms")
    assert hidden.rows == (
        ("8", "2.0 (1.0 to 3.0)", "1.0"),
        ("16", "4.0", "2.0"),
        ("32", "16.0", "4.0"),
    )
    assert threads.rows == (("1", "2.0", "1.0"),)


def test_a_picture_has_a_panel_an_axis_with_its_exponents():
    pytest.importorskip("matplotlib")
    svg = drawing(CURVES)
    assert svg.startswith("<?xml")
    for text in (
        "hidden size",
        "exponent: lstm 1.50, rnn 1.00",
        "too few sizes for an exponent",
        "ms a step",
        "power law, upper range",
    ):
        assert text in svg
    assert drawing(CURVES) == svg


def test_without_matplotlib_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(Absent, match=r"pip install seqkit\[plots\]"):
        picture.check()


def test_without_matplotlib_there_are_tables_and_a_note(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setattr(scaling, "QUICK_BASE", TINY)
    monkeypatch.setattr(scaling, "QUICK_SIZES", {"length": (3, 6, 12)})
    sizes = []

    def measured(texts, **_):
        sizes.extend(texts)
        return [Cost(size=size, began=2.0) for size in texts]

    monkeypatch.setattr(scaling.memory, "measure", measured)
    report = scaling.run(Settings(rounds=1, quick=True))
    assert report.picture == ""
    assert report.notes[-1].startswith("There is no picture, since matplotlib is not installed")
    assert "no picture" in capsys.readouterr().err
    assert sizes == [1_000_000, 4_000_000]
    lengths = report.tables[1]
    assert [row[0] for row in lengths.rows] == ["3", "6", "12"]
    assert report.data["memory"][0]["began"] == 2.0
