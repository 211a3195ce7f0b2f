"""Which candidates no other outdoes."""

from __future__ import annotations

from seqkit.comparing.rows import faster_by, pareto, smaller_by


def test_the_best_in_each_respect_stay_and_the_outdone_goes(row):
    rows = [
        row("good", 0.9, speed=100, size=1000),
        row("fast", 0.8, speed=200, size=1000),
        row("small", 0.7, speed=100, size=500),
        row("outdone", 0.7, speed=90, size=1000),
    ]
    assert pareto(rows, greater_is_better=True) == {"good", "fast", "small"}


def test_less_may_be_better(row):
    rows = [row("a", 2.0), row("b", 3.0)]
    assert pareto(rows, greater_is_better=False) == {"a"}
    assert pareto(rows, greater_is_better=True) == {"b"}


def test_speeds_and_sizes_within_a_twentieth_are_the_same(row):
    best = row("best", 0.9, speed=100, size=1000)
    assert pareto([best, row("x", 0.8, speed=104, size=1000)], greater_is_better=True) == {"best"}
    assert len(pareto([best, row("x", 0.8, speed=106)], greater_is_better=True)) == 2
    assert len(pareto([best, row("x", 0.8, size=940)], greater_is_better=True)) == 2


def test_equals_do_not_outdo_each_other(row):
    assert pareto([row("a", 0.9), row("b", 0.9)], greater_is_better=True) == {"a", "b"}


def test_who_has_no_score_is_neither_best_nor_in_the_way(row):
    rows = [row("failed", None, speed=1e9, size=1), row("a", 0.1)]
    assert pareto(rows, greater_is_better=True) == {"a"}


def test_shares_are_of_the_lesser(row):
    one, other = row("a", 1.0, speed=150, size=800), row("b", 1.0, speed=100, size=1000)
    assert (faster_by(one, other), faster_by(other, one)) == (0.5, -0.5)
    assert (smaller_by(one, other), smaller_by(other, one)) == (0.25, -0.25)
