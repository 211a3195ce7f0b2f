"""Timing in one process: turns, medians, ratios."""

from __future__ import annotations

import time

from benchmarks.timing import Timing, compare, table, turns


def test_times_are_medians_and_ratios_to_the_first(monkeypatch):
    now = 0.0
    calls = []

    def lasting(name, *seconds):
        durations = iter([1.0, 1.0, *seconds])  # two calls come before the rounds

        def work():
            nonlocal now
            now += next(durations)
            calls.append(name)

        return work

    monkeypatch.setattr(time, "perf_counter", lambda: now)
    contenders = {"slow": lasting("slow", 4, 3, 8), "fast": lasting("fast", 2, 3, 2)}
    rows = compare("x", contenders, rounds=3, seconds=0)
    assert calls[4:] == ["slow", "fast", "fast", "slow", "slow", "fast"]
    assert rows == [
        Timing(case="x", contender="slow", median=4000, ratio=1, low=1, high=1),
        Timing(case="x", contender="fast", median=2000, ratio=0.5, low=0.25, high=1),
    ]


def test_a_device_that_works_on_is_waited_for(monkeypatch):
    now, left = 0.0, 0.0

    def work():
        nonlocal left
        left += 2.0

    def wait():
        nonlocal now, left
        now, left = now + left, 0.0

    monkeypatch.setattr(time, "perf_counter", lambda: now)
    assert turns({"a": work}, rounds=3, seconds=4.0, wait=wait) == {"a": [2.0, 2.0, 2.0]}


def test_a_table_has_a_row_for_each():
    row = Timing(case="gru", contender="loop", median=2.0, ratio=1.5, low=1.25, high=1.75)
    assert table([row]).rows == (("gru", "loop", "2.00", "1.50 (1.25 to 1.75)"),)
