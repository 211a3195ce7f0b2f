"""The table of a comparison: means over seeds, who is worth a look, and the same in other forms."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Sequence

import msgspec

from seqkit.comparing.plan import Candidate, Equal, Plan
from seqkit.comparing.recommending import recommend
from seqkit.comparing.records import RunRecord
from seqkit.comparing.rows import Row, pareto

#: A candidate whose number of parameters is further away than this share is spoken of.
_FAR = 0.05


class Comparison(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came of a comparison, or has so far.

    Attributes:
        caption: What was equal, and how the numbers are to be read.
        metric: The score that candidates are compared by.
        greater_is_better: Whether a greater one is better.
        equal: ``parameters`` or ``time``.
        budget: Seconds that a run might take; 0 for no limit.
        seeds: How many times each candidate is trained.
        items: What prediction is counted in: ``documents``, ``sentences`` or ``tokens``.
        runs_left: How many runs are still to be done.
        rows: A row a candidate, in the order that they were asked for.
        notes: What else is to be known of the table.
        recommendation: What follows from the numbers, in words.
        runs: All runs that have ended.
    """

    caption: str
    metric: str
    greater_is_better: bool
    equal: Equal
    budget: float
    seeds: int
    items: str
    runs_left: int
    rows: list[Row]
    notes: list[str]
    recommendation: str
    runs: list[RunRecord]


def compared(plan: Plan, candidates: Sequence[Candidate], runs: Sequence[RunRecord]) -> Comparison:
    """Make a table of the runs that have ended."""
    metric, greater = candidates[0].metric, candidates[0].greater_is_better
    rows = [_row(c, [r for r in runs if r.candidate == c.name]) for c in candidates]
    best = pareto(rows, greater_is_better=greater)
    rows = [msgspec.structs.replace(row, best=row.candidate in best) for row in rows]
    items = next((run.speed.items for run in runs if run.speed), "items")
    left = len(candidates) * plan.seeds - len(runs)
    return Comparison(
        caption=_caption(plan, metric, items),
        metric=metric,
        greater_is_better=greater,
        equal=plan.equal,
        budget=plan.budget,
        seeds=plan.seeds,
        items=items,
        runs_left=left,
        rows=rows,
        notes=_notes(plan, rows, left),
        recommendation=recommend(rows, metric=metric, greater_is_better=greater, items=items),
        runs=list(runs),
    )


def _row(candidate: Candidate, runs: Sequence[RunRecord]) -> Row:
    recipe = candidate.recipe
    good = [run for run in runs if not run.problem]
    scores = [run.score for run in good if run.score is not None]
    speeds = [run.speed for run in good if run.speed is not None]

    def mean(values: Sequence[float]) -> float | None:
        return statistics.fmean(values) if values else None

    return Row(
        candidate=candidate.name,
        cell=recipe.cell.name,
        tokenizer=recipe.tokenizer.name,
        hidden_size=recipe.encoder.hidden_size,
        parameters=candidate.parameters,
        score=mean(scores),
        spread=statistics.stdev(scores) if len(scores) > 1 else None,
        runs=len(good),
        failed=len(runs) - len(good),
        tokens_per_second=mean([run.tokens_per_second for run in good]),
        items_per_second=mean([s.items_per_second for s in speeds]),
        runtime=", ".join(dict.fromkeys(s.runtime for s in speeds)),
        bytes=mean([run.bytes for run in good]),
        seconds=mean([run.seconds for run in good]),
        epochs=mean([run.epochs for run in good]),
        problem="; ".join(dict.fromkeys(run.problem for run in runs if run.problem)),
    )


def _caption(plan: Plan, metric: str, items: str) -> str:
    limit = f"{plan.budget:,g} s"
    if plan.equal == "time":
        equal = f"Equal time: each run trains for {limit}, with the recipe's hidden size."
    else:
        equal = (
            "Equal parameters: each candidate has the hidden size that brings it nearest to the "
            f"{plan.parameters:,} of the recipe."
        )
        if plan.budget:
            equal += f" No run trains longer than {limit}."
    seeds = (
        f"means of {plan.seeds} seeds, ± their standard deviation"
        if plan.seeds > 1
        else "those of a single seed"
    )
    return (
        f"{equal} The {metric} is that of the best epoch on the development data; numbers are "
        f"{seeds}. A star marks who is not outdone in {metric}, {items} a second and size "
        "together; speeds and sizes that differ by less than 5 % count as the same."
    )


def _notes(plan: Plan, rows: Sequence[Row], left: int) -> list[str]:
    notes = []
    for row in rows:
        off = row.parameters / plan.parameters - 1
        if plan.equal == "parameters" and abs(off) > _FAR:
            notes.append(
                f"{row.candidate} has {abs(off):.0%} {'more' if off > 0 else 'fewer'} parameters "
                f"than the recipe: no hidden size brings it nearer than {row.hidden_size}."
            )
        if row.failed:
            times = f"{row.failed} of {row.failed + row.runs} runs"
            notes.append(f"{row.candidate} failed in {times}: {row.problem}.")
    if left:
        notes.append(left_in_words(left))
    return notes


def left_in_words(runs: int) -> str:
    """What is said of runs that are not done yet."""
    return f"{runs} runs are still to be done." if runs > 1 else "A run is still to be done."


def header(comparison: Comparison) -> list[str]:
    """The names of the columns for people."""
    facts = ["hidden", "parameters", comparison.metric, "training", "prediction", "runtime"]
    return ["candidate", *facts, "size", "time", "best"]


def lines(comparison: Comparison) -> list[list[str]]:
    """The cells for people, a line a candidate."""
    return [
        [
            row.candidate,
            f"{row.hidden_size:,}",
            f"{row.parameters:,}",
            _score(row),
            _rate(row.tokens_per_second, "tokens"),
            _rate(row.items_per_second, comparison.items),
            row.runtime,
            "" if row.bytes is None else f"{row.bytes / 1000:,.0f} kB",
            "" if row.seconds is None else f"{row.seconds:,.1f} s",
            "*" if row.best else "",
        ]
        for row in comparison.rows
    ]


def _score(row: Row) -> str:
    if row.score is None:
        return "failed" if row.failed else "not yet"
    return f"{row.score:.4f}" + ("" if row.spread is None else f" ± {row.spread:.4f}")


def _rate(value: float | None, items: str) -> str:
    return "" if value is None else f"{value:,.0f} {items}/s"


def markdown(comparison: Comparison, *, picture: str = "") -> str:
    """The whole comparison as a page.

    Args:
        comparison: What to show.
        picture: The file name of its picture, if there is one.
    """
    marks = ["---", *["---:"] * 5, "---", "---:", "---:", "---"]
    rows = [header(comparison), marks, *lines(comparison)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    parts = ["# Comparison", comparison.caption, table, *comparison.notes]
    parts.append(comparison.recommendation)
    if picture:
        parts.append(f"![Score against time]({picture})")
    return "\n\n".join(parts) + "\n"


def as_csv(comparison: Comparison) -> str:
    """The rows with all their numbers, unrounded."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    names = [field.name for field in msgspec.structs.fields(Row)]
    writer.writerow(names)
    for row in comparison.rows:
        values = (getattr(row, name) for name in names)
        writer.writerow(["" if value is None else value for value in values])
    return buffer.getvalue()
