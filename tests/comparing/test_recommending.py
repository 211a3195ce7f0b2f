"""What is said of made-up numbers."""

from __future__ import annotations

import pytest

from seqkit.comparing.recommending import recommend


def said(rows, *, greater_is_better=True):
    options = {"metric": "accuracy", "items": "documents"}
    return recommend(rows, greater_is_better=greater_is_better, **options)


def test_a_difference_beyond_the_spread_is_one(row):
    rows = [row("rnn", 0.7, spread=0.02), row("gru", 0.9, spread=0.01)]
    assert said(rows) == (
        "gru has the best accuracy, 0.9000, and is to be preferred: rnn is next with 0.7000, and "
        "the difference of 0.2000 is more than the spread over seeds, 0.0200."
    )


def test_where_less_is_better_the_least_is_best(row):
    rows = [row("rnn", 2.5, spread=0.1), row("gru", 3.5, spread=0.1)]
    assert said(rows, greater_is_better=False).startswith("rnn has the best accuracy, 2.5000, and")


def test_within_the_spread_the_faster_and_smaller_is_preferred(row):
    rows = [
        row("lstm", 0.91, spread=0.01, speed=1000, size=9000),
        row("gru", 0.90, spread=0.02, speed=2000, size=5000),
        row("rnn", 0.5, spread=0.01, speed=9000, size=100),
    ]
    assert said(rows) == (
        "lstm has the best accuracy, 0.9100, but gru differs from it by no more than the spread "
        "over seeds, so that they can't be told apart. gru is to be preferred, since it is faster "
        "(2,000 documents a second) and smaller (5 kB)."
    )


@pytest.mark.parametrize(
    ("speed", "size", "words"),
    [
        (2000, 1_000_000, "gru is to be preferred, since it is faster (2,000 documents a second)."),
        (1000, 500_000, "gru is to be preferred, since it is smaller (500 kB)."),
        (
            2000,
            9_000_000,
            "Prefer gru for speed (2,000 documents a second) or lstm for size (1,000 kB).",
        ),
        (1010, 1_010_000, "They are as fast and as small as each other too: lstm will do."),
    ],
)
def test_what_is_preferred_of_two_that_can_not_be_told_apart(row, speed, size, words):
    rows = [
        row("lstm", 0.91, spread=0.02, speed=1000, size=1_000_000),
        row("gru", 0.90, spread=0.02, speed=speed, size=size),
    ]
    assert said(rows).endswith(words)


def test_several_that_can_not_be_told_apart_are_listed(row):
    rows = [row(name, 0.9, spread=0.0) for name in ("a", "b", "c")]
    assert "but b and c differ from it by no more than" in said(rows)


def test_a_single_seed_tells_nothing_about_the_spread(row):
    assert said([row("rnn", 0.7), row("gru", 0.9)]) == (
        "gru has the best accuracy, 0.9000, before rnn with 0.7000. But each was trained with a "
        "single seed, which tells nothing about the spread: the order may be chance."
    )


def test_with_one_or_none_left_there_is_nothing_to_compare(row):
    assert said([row("rnn", None), row("gru", 0.9, spread=0.1)]) == (
        "gru has the best accuracy, 0.9000, and no other candidate has any: there is nothing to "
        "compare it with."
    )
    assert said([row("rnn", None)]).startswith("No run has come to a score")
