"""The bound of an epoch beside an epoch, on a corpus in miniature."""

from __future__ import annotations

import pytest

from benchmarks import limits, peaks
from benchmarks.arithmetic import Sizes, Work
from benchmarks.limits import Epoch, bounds, profile
from benchmarks.peaks import Product, Rate
from benchmarks.phases import PHASES, Stopwatch
from benchmarks.settings import Settings

SIZES = Sizes(vocabulary=10, embedding=3, hidden=2, gates=4, outputs=1)
SHARES = dict.fromkeys(PHASES, 0.0) | {"batching": 0.25, "encoder, backward": 0.75}


def rate(name, dtype, value):
    return Rate(name=name, threads=1, dtype=dtype, rounds=[value])


def test_bounds_by_hand():
    # 2 * (5e6 * 120 + 1000 * 6) = 1.200012e9 operations of words, 2.400012e9 with padding
    work = Work(batches=100, examples=1000, tokens=5_000_000, steps=10_000_000)
    rates = [
        rate("square", "float32", 12.0),
        rate("small", "float32", 3.0),
        rate("square", "bfloat16", 24.0),
        rate("small", "bfloat16", 48.0),
    ]
    copies = [rate("L2", "", 100.0), rate("RAM", "", 0.01)]
    epochs = [Epoch(threads=1, seconds=s, shares=SHARES) for s in (0.5, 0.4, 0.8)]
    table = bounds(epochs, rates, copies, work, SIZES)
    # Adam: 100 batches, 28 bytes, 30 + 56 + 3 parameters, at 10 MB/s
    assert table.rows == (
        ("float32, 1 thread", "12", "0.10", "0.20", "0.02", "0.50 (0.40 to 0.80)", "20%"),
        ("bfloat16, 1 thread", "48", "0.03", "0.05", "0.02", "0.50 (0.40 to 0.80)", "5%"),
    )


def test_a_profile_has_a_row_a_phase():
    rows = dict(profile([Epoch(threads=1, seconds=1.0, shares=SHARES)]).rows)
    assert rows["batching"] == "25.0"
    assert rows["encoder, backward"] == "75.0"
    assert rows["optimiser"] == "0.0"


def test_a_stopwatch_counts_from_mark_to_mark(monkeypatch):
    times = iter([1.0, 2.0, 5.0, 6.0])
    monkeypatch.setattr("benchmarks.phases.time.perf_counter", lambda: next(times))
    watch = Stopwatch()
    for phase in ("batching", "optimiser", "batching"):
        watch.mark(phase)
    assert watch.seconds == {"batching": 2.0, "optimiser": 3.0}
    assert watch.shares()["optimiser"] == pytest.approx(0.6)


def test_the_whole_of_it_in_miniature(miniatures, monkeypatch):
    monkeypatch.setattr(limits, "LARGE", (8, 8))
    monkeypatch.setattr(peaks, "cache", lambda _: 1 << 12)
    report = limits.run(Settings(rounds=3, quick=True))
    products, copied, bound, phases = report.tables
    assert products.rows[0][:2] == ("square of 8", "8 x 8 x 8")
    assert [row[0] for row in copied.rows] == ["L2", "L3"]
    assert [row[0] for row in bound.rows] == ["float32, 1 thread", "bfloat16, 1 thread"]
    assert len(report.data["epochs"]) == 3
    for epoch in report.data["epochs"]:
        assert sum(epoch["shares"].values()) == pytest.approx(1)
        for phase in ("embedding", "encoder, forward", "encoder, backward", "optimiser"):
            assert epoch["shares"][phase] > 0
        assert epoch["seconds"] > 0
    # 16 reviews of 'word film , word ending N !': in a single batch, without padding
    assert report.data["work"] == {"batches": 1, "examples": 16, "tokens": 112, "steps": 112}
    assert [row[0] for row in phases.rows] == list(PHASES)


def test_the_textbooks_recipe_has_the_products_that_are_counted():
    assert Product(name="x", m=256, k=32, n=128) in [
        Product(name="x", m=s.m, k=s.k, n=s.n)
        for s in limits.shapes_of(
            Sizes(vocabulary=9, embedding=50, hidden=32, gates=4, outputs=1),
            Work(batches=2, examples=512, tokens=1000, steps=2000),
            limits.recipes.load(limits.corpora.recipe_path(limits.RECIPE)),
            large=8,
        )
    ]
