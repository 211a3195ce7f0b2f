"""The ways through time of the scan's benchmark do the same work."""

from __future__ import annotations

import pytest
import seqkit_cells
from seqkit_cells import base

from benchmarks import scan
from benchmarks.report import Absent
from benchmarks.settings import Settings
from seqkit import manager


@pytest.fixture
def _installed():
    with manager.isolated([seqkit_cells]):
        yield


@pytest.mark.usefixtures("_installed")
@pytest.mark.parametrize("name", scan.CELLS)
def test_the_three_ways_give_the_same_numbers(name):
    scan.check(name)


@pytest.mark.usefixtures("_installed")
def test_a_scan_with_another_result_is_found_out(monkeypatch):
    right = base.scan
    monkeypatch.setattr(base, "scan", lambda a, b, c: right(a, b, c) * (1 if len(a) == 1 else 1.01))
    with pytest.raises(AssertionError, match="not close"):
        scan.check("mingru")


def test_without_the_package_it_is_absent():
    with manager.isolated(), pytest.raises(Absent, match="pip install plugins/seqkit-cells"):
        scan.run(Settings(rounds=1, quick=True))


TIMES = {
    64: {
        "torch.nn.GRU": [0.004, 0.006, 0.008],
        "mingru scan": [0.002, 0.002, 0.002],
        "mingru loop": [0.010, 0.010, 0.010],
        "mingru steps": [0.020, 0.030, 0.040],
    }
}


def test_times_and_ratios_are_a_table_a_cell():
    (table,) = scan.tables(TIMES, ["mingru"])
    assert table.caption == "A training step of `mingru`."
    assert table.header == (
        "steps of time",
        "scan, ms",
        "loop, ms",
        "steps, ms",
        "torch.nn.GRU, ms",
        "loop to scan",
        "steps to scan",
        "torch.nn.GRU to scan",
    )
    assert table.rows == (
        ("64", "2.0", "10.0", "30.0", "6.0", "5.0", "15.0 (10.0 to 20.0)", "3.0 (2.0 to 4.0)"),
    )


@pytest.mark.usefixtures("_installed")
def test_a_quick_run_has_a_table_a_cell(monkeypatch):
    monkeypatch.setattr(scan, "CHECKED", 40)
    report = scan.run(Settings(rounds=1, quick=True))
    assert [row[0] for table in report.tables for row in table.rows] == ["16", "64"] * 4
    assert set(report.data[64]) == {
        "torch.nn.GRU",
        *(f"{name} {way}" for name in scan.CELLS for way in ("scan", "loop", "steps")),
    }
