"""From results to tables: medians, ratios within a round, missing figures, absent contenders."""

from __future__ import annotations

import pytest

from benchmarks.contest import Contender, Contest, Result
from benchmarks.environments import Environment
from benchmarks.report import Table
from benchmarks.settings import Settings
from benchmarks.standings import Metric, advantages, report, standings

TIME = Metric(key="time", title="s", form=".1f", better="less", compared="ratio")
SPEED = Metric(key="speed", title="words/s", form=".0f", better="more", compared="ratio")
LOSS = Metric(key="loss", title="loss", form=".2f", better="less", compared="difference")
SCORE = Metric(
    key="score", title="accuracy", form=".2f", better="more", compared="difference", mean=True
)
OURS = Contender(name="seqkit", script="a.py", about="ours")
PEER = Contender(
    name="peer", script="b.py", about="theirs", environment=Environment(name="b", requirements=())
)


def result(seconds, **said):
    return Result(seconds=seconds, said={"versions": {"lib": "1.2"}, **said})


def measure(results):
    """The whole command's time, and the score that a result has."""
    return {n: {"time": r.seconds, "score": r.said.get("score")} for n, r in results.items()}


@pytest.mark.parametrize(
    ("metric", "ours", "theirs", "advantage"),
    [(TIME, 2, 8, 4), (SPEED, 8, 2, 4), (LOSS, 1.5, 2.0, 0.5), (SCORE, 0.9, 0.8, 0.1)],
    ids=lambda value: getattr(value, "key", None),
)
def test_more_is_always_better_for_us(metric, ours, theirs, advantage):
    assert metric.advantage(ours, theirs) == pytest.approx(advantage)


def test_no_ratio_to_nothing():
    assert SPEED.advantage(3, 0) is None


def test_ratios_are_taken_within_each_round():
    rounds = [
        {"seqkit": {"time": 1.0}, "peer": {"time": 4.0}},
        {"seqkit": {"time": 10.0}, "peer": {"time": 20.0}},
        {"seqkit": {"time": 2.0}, "peer": {"time": None}},
    ]
    assert advantages(TIME, rounds, ours="seqkit", peer="peer") == [4.0, 2.0]


def test_figures_and_comparisons_are_medians_with_the_extremes():
    contest = Contest(
        rounds=[
            {"seqkit": result(1, score=0.9), "peer": result(4, score=0.8)},
            {"seqkit": result(10, score=0.7), "peer": result(20, score=0.8)},
            {"seqkit": result(3, score=0.8), "peer": result(9)},
        ]
    )
    _, (figures, comparison) = standings(contest, [OURS, PEER], [TIME, SCORE], measure)
    assert figures.header == ("contender", "s", "accuracy")
    assert figures.rows == (
        ("seqkit", "3.0 (1.0 to 10.0)", "0.80 (0.70 to 0.90), mean 0.80"),
        ("peer", "9.0 (4.0 to 20.0)", "0.80, mean 0.80 in 2 of 3 rounds"),
    )
    assert comparison.header == ("against", "s, ratio", "accuracy, difference")
    assert comparison.rows == (("peer", "3.00 (2.00 to 4.00)", "+0.0000 (-0.1000 to +0.1000)"),)


def test_what_nobody_reached_is_a_dash():
    contest = Contest(rounds=[{"seqkit": result(1), "peer": result(2)}])
    _, (figures, comparison) = standings(contest, [OURS, PEER], [SCORE], measure)
    assert figures.rows == (("seqkit", "-"), ("peer", "-"))
    assert comparison.rows == (("peer", "-"),)


def test_an_absent_contender_is_named_with_the_reason():
    contest = Contest(rounds=[{"seqkit": result(1)}], absent={"peer": "it can't be installed: no"})
    empty = Table(header=("nothing",), rows=())
    made = report(
        "Title", contest, [OURS, PEER], [TIME], measure, settings=Settings(), extra=[empty]
    )
    assert [table.header[0] for table in made.tables] == ["contender", "absent"]
    assert made.tables[1].rows == (("peer", "it can't be installed: no"),)


def test_a_report_holds_everything_that_was_measured():
    contest = Contest(rounds=[{"seqkit": result(1, score=0.5)}], absent={"peer": "no"})
    made = report(
        "Title",
        contest,
        [OURS, PEER],
        [TIME],
        measure,
        settings=Settings(rounds=1, seeds=1, quick=True),
        notes=["A note."],
    )
    assert made.notes == ("seqkit is ours (lib 1.2).", "peer is theirs.", "A note.")
    assert made.conditions["quick"].startswith("little data")
    assert made.data["contenders"]["seqkit"] == {"about": "ours", "versions": {"lib": "1.2"}}
    assert made.data["absent"] == {"peer": "no"}
    assert made.data["figures"] == [{"seqkit": {"time": 1, "score": 0.5}}]
    assert made.data["results"][0]["seqkit"]["said"]["score"] == 0.5
