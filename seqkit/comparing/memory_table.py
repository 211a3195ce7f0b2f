"""The table of how far back each cell remembers, and the same in other forms."""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

import msgspec

from seqkit.comparing.table import left_in_words

if TYPE_CHECKING:
    from seqkit.comparing.remembering import MemoryRecord

#: The tasks of :mod:`seqkit.comparing.memory_tasks`, which is torch's.
TaskName: TypeAlias = Literal["adding", "copy"]


class MemoryPlan(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that decides what is done, so that only the same comparison goes on.

    Attributes:
        task: ``adding`` or ``copy``.
        cells: Names of cells.
        distances: How far back is to be remembered.
        seeds: How many times each is trained: with the random seeds from 1.
        steps: Steps of training at most.
        parameters: How many numbers each network is to train.
    """

    task: TaskName
    cells: tuple[str, ...]
    distances: tuple[int, ...]
    seeds: int
    steps: int
    parameters: int

    def differences(self, other: MemoryPlan) -> list[str]:
        """In what another plan is not the same, in words."""
        return [
            f"{name} was {_plain(getattr(self, name))} and is {_plain(getattr(other, name))}"
            for name in self.__struct_fields__
            if getattr(self, name) != getattr(other, name)
        ]


class MemoryRow(msgspec.Struct, frozen=True, kw_only=True):
    """One cell; medians over its runs that did not fail.

    Not means: training finds the way to solve a task or does not, and a run that never did says
    nothing about how far those remember that did.

    Attributes:
        cell: Its name.
        hidden_size: Features of each step.
        parameters: How many numbers are trained.
        loss: By distance.
        accuracy: By distance.
        forgets: The least distance at which the accuracy is below half-way between chance and 1;
            none where there is no such distance.
        problem: Why runs failed.
    """

    cell: str
    hidden_size: int
    parameters: int
    loss: dict[int, float]
    accuracy: dict[int, float]
    forgets: int | None
    problem: str = ""


class MemoryComparison(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it, or has so far.

    Attributes:
        caption: What was equal, and how the numbers are to be read.
        plan: What was asked for.
        chance: The accuracy of one that remembers nothing.
        half_way: The accuracy below which a cell is said to forget.
        rows: A row a cell.
        notes: What else is to be known.
        runs_left: How many runs are still to be done.
    """

    caption: str
    plan: MemoryPlan
    chance: float
    half_way: float
    rows: list[MemoryRow]
    notes: list[str]
    runs_left: int


def compared(
    plan: MemoryPlan, sizes: Sequence[tuple[int, int]], runs: Sequence[MemoryRecord], chance: float
) -> MemoryComparison:
    """Make a table of the runs that have ended.

    Args:
        plan: What was asked for.
        sizes: Of each cell, its hidden size and its number of parameters.
        runs: What came of it so far.
        chance: The accuracy of one that remembers nothing.
    """
    half_way = (1 + chance) / 2
    rows = [
        _row(cell, size, [run for run in runs if run.cell == cell], half_way)
        for cell, size in zip(plan.cells, sizes, strict=True)
    ]
    left = len(plan.cells) * len(plan.distances) * plan.seeds - len(runs)
    notes = [f"{row.cell} failed: {row.problem}." for row in rows if row.problem]
    seeds = f"medians of {plan.seeds} seeds" if plan.seeds > 1 else "those of a single seed"
    return MemoryComparison(
        caption=f"Equal parameters: each cell has the hidden size that brings its network nearest "
        f"to {plan.parameters:,}. The task is {plan.task}, learnt in {plan.steps:,} steps of 32 "
        f"sequences at most. The numbers are accuracies by distance, {seeds}, and {chance:.3f} is "
        f"chance; a cell forgets at the first distance where it is below {half_way:.3f}, half-way "
        "between chance and 1.",
        plan=plan,
        chance=chance,
        half_way=half_way,
        rows=rows,
        notes=[*notes, *([left_in_words(left)] if left else [])],
        runs_left=left,
    )


def _row(
    cell: str, size: tuple[int, int], runs: Sequence[MemoryRecord], half_way: float
) -> MemoryRow:
    good = [run for run in runs if not run.problem]
    distances = sorted({run.distance for run in good})

    def medians(name: str) -> dict[int, float]:
        return {
            d: statistics.median(getattr(run, name) for run in good if run.distance == d)
            for d in distances
        }

    accuracy = medians("accuracy")
    return MemoryRow(
        cell=cell,
        hidden_size=size[0],
        parameters=size[1],
        loss=medians("loss"),
        accuracy=accuracy,
        forgets=next((d for d in distances if accuracy[d] < half_way), None),
        problem="; ".join(dict.fromkeys(run.problem for run in runs if run.problem)),
    )


def header(comparison: MemoryComparison) -> list[str]:
    """The names of the columns for people: accuracies by distance."""
    distances = [str(distance) for distance in comparison.plan.distances]
    return ["cell", "hidden", "parameters", *distances, "forgets"]


def lines(comparison: MemoryComparison) -> list[list[str]]:
    """The cells for people, a line a cell."""
    return [
        [
            row.cell,
            f"{row.hidden_size:,}",
            f"{row.parameters:,}",
            *(
                f"{row.accuracy[d]:.3f}" if d in row.accuracy else ""
                for d in comparison.plan.distances
            ),
            _forgets(row),
        ]
        for row in comparison.rows
    ]


def _forgets(row: MemoryRow) -> str:
    if row.forgets is not None:
        return f"{row.forgets:,}"
    return f"> {max(row.accuracy):,}" if row.accuracy else ""


def markdown(comparison: MemoryComparison, *, picture: str = "") -> str:
    """The whole comparison as a page.

    Args:
        comparison: What to show.
        picture: The file name of its picture, if there is one.
    """
    names = header(comparison)
    marks = ["---", *["---:"] * (len(names) - 1)]
    table = "\n".join(f"| {' | '.join(row)} |" for row in [names, marks, *lines(comparison)])
    parts = ["# Comparison of memory", comparison.caption, table, *comparison.notes]
    if picture:
        parts.append(f"![Loss and accuracy against distance]({picture})")
    return "\n\n".join(parts) + "\n"


def as_csv(comparison: MemoryComparison) -> str:
    """A line for each cell and distance."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(["cell", "hidden_size", "parameters", "distance", "loss", "accuracy"])
    for row in comparison.rows:
        for distance, loss in row.loss.items():
            facts = [row.cell, row.hidden_size, row.parameters]
            writer.writerow([*facts, distance, loss, row.accuracy[distance]])
    return buffer.getvalue()


def _plain(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
