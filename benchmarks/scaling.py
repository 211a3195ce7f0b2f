"""How a training step's time grows with each size, and memory with the corpus."""

from __future__ import annotations

import functools
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import torch

from benchmarks import machine, memory, picture
from benchmarks.exponents import Exponent, fit
from benchmarks.picture import Panel
from benchmarks.progress import say
from benchmarks.report import Absent, Report, Table, spread
from benchmarks.settings import Settings, cores
from benchmarks.timing import turns
from benchmarks.workload import EMBEDDING, Point, Step, kernels_of

CELLS = ("lstm", "gru", "rnn")
BASE = Point()
#: What is varied, each by itself, and its name in tables and pictures.
AXES = {
    "length": "sequence length",
    "hidden": "hidden size",
    "batch": "batch size",
    "vocabulary": "vocabulary",
    "threads": "threads",
}
SIZES = {
    "length": (16, 32, 64, 128, 256, 512),
    "hidden": (32, 64, 128, 256, 512, 1024),
    "batch": (4, 8, 16, 32, 64, 128, 256),
    "vocabulary": (256, 1024, 4096, 8192, 16384, 32768),
}
TEXTS = (10_000_000, 100_000_000, 1_000_000_000, 5_000_000_000)  # bytes
QUICK_BASE = Point(length=8, hidden=16, batch=4, vocabulary=64)
QUICK_SIZES = {
    "length": (4, 8, 16),
    "hidden": (16, 32, 64),
    "batch": (2, 4, 8),
    "vocabulary": (64, 256, 1024),
}
QUICK_TEXTS = (1_000_000, 4_000_000)
NOTES = (
    (
        "A step is the forward pass, the loss of the generation head, the backward pass, the "
        "gradient's norm and Adam. Its tokens are drawn at random."
    ),
    (
        "Each size is varied alone; all sizes of all cells take turns within a round. The exponent "
        "is that of a power law, fitted by least squares on logarithms to the upper half of the "
        "sizes in each round: the median of the rounds, with the lowest and highest."
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One cell's times along one axis.

    Attributes:
        cell: Its name.
        axis: What is varied; a field of :class:`Point`.
        times: By size, the seconds of each round.
        law: How they grow; none with too few sizes.
    """

    cell: str
    axis: str
    times: dict[int, list[float]]
    law: Exponent | None


def thread_counts(most: int) -> tuple[int, ...]:
    """Powers of two up to ``most``, and ``most`` itself."""
    return tuple(sorted({most, *(2**n for n in range(most.bit_length()) if 2**n <= most)}))


def curves(
    base: Point,
    sizes: Mapping[str, Sequence[int]],
    *,
    cells: Sequence[str],
    rounds: int,
    seconds: float = 0.2,
) -> list[Curve]:
    """Time every size of every axis for every cell, in turns.

    Args:
        base: What is held where another size is varied; it is timed once for all axes.
        sizes: By axis.
        cells: Their names.
        rounds: How often each is timed.
        seconds: About how long each is repeated within a round.
    """
    wanted = {
        (cell, axis, size): replace(base, **{axis: size})
        for cell in cells
        for axis, known in sizes.items()
        for size in known
    }
    before = torch.get_num_threads()
    try:
        works = {f"{cell} {p}": Step(cell, p) for (cell, _, _), p in wanted.items()}
        times = turns(works, rounds=rounds, seconds=seconds)
    finally:
        torch.set_num_threads(before)
    found = []
    for cell in cells:
        for axis, known in sizes.items():
            mine = {size: times[f"{cell} {wanted[cell, axis, size]}"] for size in known}
            found.append(Curve(cell=cell, axis=axis, times=mine, law=fit(mine)))
    return found


def run(settings: Settings) -> Report:
    """Time the steps, draw them, and measure memory against the size of the text."""
    tell = functools.partial(say, "scaling")
    notes = list(NOTES)
    drawn = True
    try:
        picture.check()
    except Absent as why:
        tell(str(why))
        notes.append(f"There is {why}.")
        drawn = False
    base, sizes, texts = (
        (QUICK_BASE, QUICK_SIZES, QUICK_TEXTS) if settings.quick else (BASE, SIZES, TEXTS)
    )
    base = replace(base, threads=settings.threads)
    counts = thread_counts(max(cores(), settings.threads))
    tell("timing steps")
    found = curves(
        base,
        {**sizes, "threads": counts},
        cells=CELLS,
        rounds=settings.rounds,
        seconds=0.0 if settings.quick else 0.2,
    )
    costs = memory.measure(texts, threads=settings.threads, say=tell)
    conditions = machine.conditions(threads=settings.threads, rounds=settings.rounds)
    conditions |= {
        "torch": str(torch.__version__),
        "kernels": "; ".join(f"{cell}: {kernels_of(cell)}" for cell in CELLS),
        "base": f"{base.length} steps, hidden {base.hidden}, batch {base.batch}, vocabulary "
        f"{base.vocabulary}, embedding {EMBEDDING}; threads as above",
    }
    if settings.quick:
        conditions["quick"] = "small sizes and one round: the numbers mean nothing"
    return Report(
        title="A training step's time against its sizes, and memory against the corpus",
        conditions=conditions,
        tables=(laws(found), *tables(found), memory.table(costs)),
        data={"curves": [asdict(c) for c in found], "memory": [asdict(c) for c in costs]},
        notes=tuple(notes),
        picture=drawing(found) if drawn else "",
    )


def laws(found: Sequence[Curve]) -> Table:
    """A row an axis, a column a cell: the exponents."""
    cells = list(dict.fromkeys(curve.cell for curve in found))
    rows = []
    for axis in dict.fromkeys(curve.axis for curve in found):
        mine = {c.cell: c.law for c in found if c.axis == axis}
        fitted = next((law.sizes for law in mine.values() if law), ())
        over = f"{fitted[0]} to {fitted[-1]}" if fitted else "-"
        rows.append((AXES[axis], over, *(_law(mine[cell]) for cell in cells)))
    return Table(
        header=("exponent of", "fitted over", *cells),
        rows=tuple(rows),
        caption="The power of each size that the time of a step grows with.",
    )


def _law(law: Exponent | None) -> str:
    return "-" if law is None else spread(law.middle, law.low, law.high, ".2f")


def tables(found: Sequence[Curve]) -> list[Table]:
    """One table an axis: milliseconds by size and cell."""
    made = []
    for axis in dict.fromkeys(curve.axis for curve in found):
        mine = [curve for curve in found if curve.axis == axis]
        rows = []
        for size in mine[0].times:
            rounds = [[1000 * t for t in curve.times[size]] for curve in mine]
            cells = (spread(statistics.median(r), min(r), max(r), ".1f") for r in rounds)
            rows.append((str(size), *cells))
        made.append(
            Table(
                header=(AXES[axis], *(f"{curve.cell}, ms" for curve in mine)),
                rows=tuple(rows),
                caption=f"By {AXES[axis]}.",
            )
        )
    return made


def drawing(found: Sequence[Curve]) -> str:
    """All axes side by side."""
    panels = []
    for axis in dict.fromkeys(curve.axis for curve in found):
        mine = [curve for curve in found if curve.axis == axis]
        lines = {
            c.cell: {size: [1000 * t for t in times] for size, times in c.times.items()}
            for c in mine
        }
        laws_of = {c.cell: c.law and replace(c.law, constant=1000 * c.law.constant) for c in mine}
        panels.append(Panel(title=AXES[axis], lines=lines, laws=laws_of))
    return picture.draw(panels, title="Time of a training step against its sizes")
