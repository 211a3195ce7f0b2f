"""A candidate's row in the table, and which rows no other outdoes."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

#: Measured speeds, and sizes of candidates that were made alike, differ by as much by chance.
ALIKE = 0.05


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One candidate; means over its runs that did not fail, none where there is no such run.

    Attributes:
        candidate: Its name.
        cell: Its cell.
        tokenizer: Its tokenizer.
        hidden_size: Features of each layer and direction.
        parameters: How many numbers are trained.
        score: The metric's mean.
        spread: Its standard deviation over seeds; none for fewer than two runs.
        runs: Runs that did not fail.
        failed: Runs that did.
        tokens_per_second: Training throughput.
        items_per_second: Prediction throughput.
        runtime: What ran the prediction.
        bytes: Size of the bundle.
        seconds: Wall time of training.
        epochs: Passes over the corpus.
        best: Whether no other candidate outdoes it.
        problem: Why runs failed.
    """

    candidate: str
    cell: str
    tokenizer: str
    hidden_size: int
    parameters: int
    score: float | None = None
    spread: float | None = None
    runs: int = 0
    failed: int = 0
    tokens_per_second: float | None = None
    items_per_second: float | None = None
    runtime: str = ""
    bytes: float | None = None
    seconds: float | None = None
    epochs: float | None = None
    best: bool = False
    problem: str = ""


def pareto(rows: Sequence[Row], *, greater_is_better: bool) -> set[str]:
    """The candidates that no other outdoes in score, prediction speed and size together.

    One outdoes another if it is worse in none of the three and better in one. Speeds and sizes
    within :data:`ALIKE` of each other count as the same.
    """
    scored = [row for row in rows if row.score is not None]
    return {
        row.candidate
        for row in scored
        if not any(_outdoes(other, row, greater_is_better) for other in scored)
    }


def _outdoes(one: Row, other: Row, greater_is_better: bool) -> bool:
    assert one.score is not None
    assert other.score is not None
    gain = one.score - other.score if greater_is_better else other.score - one.score
    faster = faster_by(one, other)
    smaller = smaller_by(one, other)
    worse = gain < 0 or faster < -ALIKE or smaller < -ALIKE
    return not worse and (gain > 0 or faster > ALIKE or smaller > ALIKE)


def faster_by(one: Row, other: Row) -> float:
    """By which share of the slower one's speed one predicts faster than the other."""
    return _share(one.items_per_second or 0.0, other.items_per_second or 0.0)


def smaller_by(one: Row, other: Row) -> float:
    """By which share of the smaller one's size one is smaller than the other."""
    return _share(other.bytes or 0.0, one.bytes or 0.0)


def _share(greater: float, less: float) -> float:
    """How much greater one number is than another, as a share of the lesser; or negative."""
    lesser = min(greater, less)
    return (greater - less) / lesser if lesser else 0.0
