"""How far back each cell remembers: a comparison on made-up tasks, over distances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from seqkit import environment, registry
from seqkit.comparing import memory_table as table
from seqkit.comparing import plots, records
from seqkit.comparing.memory_table import MemoryComparison, MemoryPlan, TaskName
from seqkit.comparing.records import OWN, RUNS, RunEnded, RunStarted, RunStepped, tell
from seqkit.errors import MissingDependency, SeqkitError, UsageError

if TYPE_CHECKING:
    from seqkit.comparing.remembering import MemoryRecord
    from seqkit.training.callbacks import Observer

DISTANCES = (10, 20, 50, 100, 200)
STEPS = 1000
#: Numbers that each network trains.
PARAMETERS = 10_000


def compare_memory(
    task: TaskName,
    *,
    out: str | Path,
    cells: Sequence[str] = ("rnn", "gru", "lstm"),
    distances: Sequence[int] = DISTANCES,
    seeds: int = 3,
    steps: int = STEPS,
    parameters: int = PARAMETERS,
    resume: bool = False,
    overwrite: bool = False,
    observers: Sequence[Observer] = (),
) -> MemoryComparison:
    """Train each cell to remember over each distance, with as many parameters as the others.

    As :func:`seqkit.compare` it keeps what is done in ``out`` and goes on there; a run that was
    interrupted is begun anew.

    Args:
        task: ``adding`` or ``copy``.
        out: The comparison's folder.
        cells: Names of cells, which have their default options.
        distances: How far back is to be remembered, in steps.
        seeds: How many times each is trained.
        steps: Steps of training at most; a run ends as soon as the task is learnt.
        parameters: How many numbers each network is to train; the hidden size follows.
        resume: Refuse to begin a new comparison.
        overwrite: Throw away the comparison in ``out`` and begin anew.
        observers: Told of each run, and of its loss every 100 steps.

    Raises:
        UsageError: The comparison in ``out`` is another one, or an argument makes no sense.
        PluginError: A cell is not there.
        BundleError: ``out`` holds other files, or there is nothing to go on with.
    """
    environment.prepare()
    from seqkit.comparing import remembering
    from seqkit.comparing.memory_tasks import TASKS

    if not cells or not distances or min(distances) < 2 or min(steps, seeds) < 1:
        raise UsageError(
            "There is nothing to compare",
            fix="Name a cell, distances of 2 steps or more, and a seed and a step at least",
        )
    for cell in cells:
        registry.find("cell", cell)
    plan = MemoryPlan(
        task=task,
        cells=tuple(dict.fromkeys(cells)),
        distances=tuple(sorted(set(distances))),
        seeds=seeds,
        steps=steps,
        parameters=parameters,
    )
    sizes = {cell: remembering.hidden_size(cell, task, parameters) for cell in plan.cells}
    folder = Path(out)
    records.begin(folder, plan, resume=resume, overwrite=overwrite)
    ended = _run(folder, plan, sizes, observers)
    counted = [(size, remembering.parameters(cell, task, size)) for cell, size in sizes.items()]
    return _save(folder, table.compared(plan, counted, ended, TASKS[task].chance))


class _Run(NamedTuple):
    """A cell, how far back it must remember, its seed, and its size."""

    cell: str
    distance: int
    seed: int
    hidden_size: int


def _run(
    out: Path, plan: MemoryPlan, sizes: Mapping[str, int], observers: Sequence[Observer]
) -> list[MemoryRecord]:
    """Do what is not done yet, short distances first; all records, up to Ctrl-C."""
    from seqkit.comparing.remembering import MemoryRecord

    ended: list[MemoryRecord] = []
    runs = [
        _Run(cell, distance, seed, sizes[cell])
        for seed in range(1, plan.seeds + 1)
        for distance in plan.distances
        for cell in plan.cells
    ]
    try:
        for number, run in enumerate(runs, 1):
            name = f"{run.cell.replace(':', '-')}-{plan.task}{run.distance}-seed{run.seed}"
            path = out / RUNS / f"{name}.json"
            record = records.read(path, MemoryRecord)
            again = record is not None
            if record is None:
                tell(observers, RunStarted(name=name, number=number, of=len(runs)))
                record, kept = _do(plan, run, observers)
                if kept:
                    records.write(path, record)
            ended.append(record)
            tell(observers, RunEnded(name=name, text=_in_words(record), again=again))
    except KeyboardInterrupt:
        pass  # what is done is told, with how many runs are left
    return ended


def _do(plan: MemoryPlan, run: _Run, observers: Sequence[Observer]) -> tuple[MemoryRecord, bool]:
    """What came of a run, and whether it is kept rather than tried again the next time."""
    from seqkit.comparing.remembering import MemoryRecord, remember

    try:
        record = remember(
            run.cell,
            plan.task,
            distance=run.distance,
            hidden_size=run.hidden_size,
            random_seed=run.seed,
            steps=plan.steps,
            tell=lambda step, loss: tell(
                observers, RunStepped(step=step, steps=plan.steps, loss=loss)
            ),
        )
    except (SeqkitError, OSError):
        raise
    except Exception as error:  # noqa: BLE001 -- a bug of one plugin's cell ends its runs alone
        problem = f"{type(error).__name__}: {' '.join(str(error).split())}"
        failed = MemoryRecord(
            cell=run.cell, distance=run.distance, random_seed=run.seed, problem=problem
        )
        return failed, False
    return record, True


def _in_words(record: MemoryRecord) -> str:
    if record.problem:
        return f"failed: {record.problem}"
    return (
        f"accuracy {record.accuracy:.3f}, loss {record.loss:.4f}, "
        f"{record.steps:,} steps in {record.seconds:.1f} s"
    )


def _save(out: Path, comparison: MemoryComparison) -> MemoryComparison:
    """Write the table in all its forms, and its picture where one can be drawn."""
    picture = f"{OWN}png"
    panels = {
        name: {row.cell: getattr(row, name) for row in comparison.rows}
        for name in ("loss", "accuracy")
    }
    try:
        records.write_bytes(out / picture, plots.of_lines(panels, across="distance, steps"))
    except MissingDependency as error:
        picture, note = "", f"There is no picture. {error}"
        comparison = msgspec.structs.replace(comparison, notes=[*comparison.notes, note])
    records.write(out / f"{OWN}json", comparison)
    records.write_bytes(out / f"{OWN}csv", table.as_csv(comparison).encode())
    page = table.markdown(comparison, picture=picture)
    records.write_bytes(out / f"{OWN}md", page.encode())
    return comparison
