"""The comparison on a GPU, done on the CPU, and what is said without one."""

from __future__ import annotations

import pytest
import torch

from benchmarks import __main__ as program
from benchmarks import gpu
from benchmarks.cells import PEERS
from benchmarks.gpu import Shape, table
from benchmarks.report import Absent
from benchmarks.settings import Settings
from benchmarks.timing import Timing

CPU = torch.device("cpu")
TINY = Shape(length=4, batch=3, features=5, hidden=6)


@pytest.fixture
def without_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)


def test_without_a_gpu_it_is_absent(without_gpu):
    with pytest.raises(Absent, match="torch finds no CUDA GPU here"):
        gpu.run(Settings())


def test_absent_is_one_line_and_no_failure(without_gpu, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["benchmarks", "gpu"])
    with pytest.raises(SystemExit) as ended:
        program.main()
    assert ended.value.code == 0
    assert capsys.readouterr().out.split("\n") == [
        "gpu: absent: torch finds no CUDA GPU here",
        "",
        "",
    ]


@pytest.mark.parametrize("name", PEERS)
def test_outputs_and_gradients_are_the_same(name):
    gpu.check(name, TINY, CPU)


def test_another_gradient_is_found_out_and_named(monkeypatch):
    forward = gpu.Encoder.forward
    monkeypatch.setattr(
        gpu.Encoder,
        "forward",
        lambda self, x, lengths: forward(self, x.detach() * 0 + x.clone() * 1.001, lengths),
    )
    with pytest.raises(AssertionError, match="output of seqkit's encoder, gru"):
        gpu.check("gru", TINY, CPU)


def test_a_report_has_three_ways_of_each_cell():
    report = gpu.measure(Settings(rounds=3, quick=True), device=CPU, shapes=[TINY])
    (rows,) = report.tables
    assert [row[:2] for row in rows.rows] == [
        (f"{cell}, T=4, B=3, I=5, H=6", way)
        for cell in ("rnn", "gru", "lstm")
        for way in ("torch.nn", "seqkit's cell", "seqkit's encoder")
    ]
    assert report.conditions["device"] == "cpu"


def test_a_step_gives_the_gradient_of_the_input_too():
    works = gpu.steps("lstm", TINY, CPU, dtype=torch.float32)
    outputs = [work() for work in works.values()]
    for y in outputs:
        assert y.shape == (4, 3, 6)
        torch.testing.assert_close(y, outputs[0])


def test_the_ratio_decides():
    def row(contender, ratio):
        return Timing(case="x", contender=contender, median=2.0, ratio=ratio, low=ratio, high=ratio)

    rows = table([row("torch.nn", 1.0), row("seqkit's cell", 1.15), row("y", 1.16)]).rows
    assert [r[-1] for r in rows] == ["-", "yes", "no"]
