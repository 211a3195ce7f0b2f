"""Training on a text in a process of its own, and the table of its cost."""

from __future__ import annotations

import shutil
import signal
from collections import namedtuple

from benchmarks import memory
from benchmarks.memory import MB, Cost, measure, table, train
from benchmarks.texts import write_text


def test_a_few_steps_on_a_small_text(tmp_path):
    path = tmp_path / "text.txt"
    count = write_text(path, size=60_000)
    cost = train(path, threads=1)
    assert cost.problem == ""
    assert cost.size == 60_000
    # the end of the text is held out, so that one document may be in both parts
    assert count <= cost.documents <= count + 1
    assert 0 < cost.began < cost.seconds
    assert cost.peak > 50 * MB
    assert 0 < cost.private < cost.peak


def test_it_stops_after_a_few_steps_in_the_background_too(tmp_path):
    path = tmp_path / "text.txt"
    write_text(path, size=60_000)
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        cost = train(path, threads=1)
    finally:
        signal.signal(signal.SIGINT, before)
    assert cost.seconds > 0


def test_a_process_that_needs_too_much_memory_is_a_finding(tmp_path):
    path = tmp_path / "text.txt"
    write_text(path, size=60_000)
    cost = train(path, threads=1, most=60 * MB)
    assert cost.problem
    assert cost.peak == 0


def test_a_full_disk_is_noticed_before_the_text_is_written(monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(free=9 * MB))
    monkeypatch.setattr(memory, "write_text", None)
    (cost,) = measure([MB], threads=1, say=lambda _: None)
    assert "has 0 GB free, and it may need 0" in cost.problem


def test_nothing_is_left_behind(monkeypatch, tmp_path):
    monkeypatch.setattr(memory.tempfile, "tempdir", str(tmp_path))
    seen = []

    def fake(text, *, threads):
        seen.append((text.stat().st_size, threads))
        return Cost(size=text.stat().st_size, began=1.0)

    monkeypatch.setattr(memory, "train", fake)
    costs = measure([1000, 2000], threads=3, say=lambda _: None)
    assert seen == [(1000, 3), (2000, 3)]
    assert [cost.size for cost in costs] == [1000, 2000]
    assert list(tmp_path.iterdir()) == []


def test_a_table_has_a_row_a_size():
    costs = [
        Cost(
            size=10 * MB,
            documents=1234,
            began=4.0,
            seconds=5.0,
            peak=400 * MB,
            private=300 * MB,
        ),
        Cost(size=5000 * MB, problem="it is too large"),
    ]
    assert table(costs).rows == (
        ("10", "1,234", "4.0", "2.5", "5.0", "400", "300"),
        ("5,000", "-", "-", "-", "-", "-", "it is too large"),
    )
