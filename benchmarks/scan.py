"""Cells that run as a parallel scan, by sequence length, beside loops over time and a GRU."""

from __future__ import annotations

import functools
import statistics
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from benchmarks import machine
from benchmarks.progress import say
from benchmarks.report import Absent, Report, Table, spread
from benchmarks.settings import Settings
from benchmarks.timing import turns
from seqkit import registry
from seqkit.cells.base import Cell, State
from seqkit.errors import PluginError
from seqkit.training.memory import keep_large_buffers

if TYPE_CHECKING:
    from seqkit_cells.base import LinearCell

CELLS = ("mingru", "minlstm", "qrnn", "sru")
LENGTHS = (64, 256, 1024, 4096, 8192)
QUICK_LENGTHS = (16, 64)
B, INPUT, H = 8, 128, 128
CHECKED = 200  # steps; long enough that the scan goes by chunks and leaves some over
THREADS = 1  # so that the figures do not hang on how many cores are free
GRU, SCAN, LOOP, STEPS = "torch.nn.GRU", "scan", "loop", "steps"
NOTES = (
    (
        f"{SCAN} is the cell as seqkit runs it. {LOOP} computes all gates at once too, "
        f"then the state one step after the other. {STEPS} calls the cell's step for each step, as "
        "must a cell whose gates see the state."
    ),
    (
        "A training step is the outputs, the sum of their squares, and the gradients of the input "
        "and of all weights. Before it is timed, outputs, states and gradients of all three are "
        "compared in float64."
    ),
    "All contenders of a length take turns within a round; ratios are those within a round.",
)

Run = Callable[[Tensor], tuple[Tensor, State]]


def make(name: str, dtype: torch.dtype = torch.float32) -> LinearCell:
    """A cell as training begins with it.

    Raises:
        Absent: Its package is not installed.
    """
    try:
        spec = registry.find("cell", name).spec
    except PluginError as error:
        raise Absent(f"there is no cell {name}: pip install plugins/seqkit-cells") from error
    cell: LinearCell = registry.load_target("cell", name)(INPUT, H, spec.options())
    cell.reset_parameters(torch.Generator().manual_seed(0))
    return cell.to(dtype)


def draw(length: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Features ``(T, B, I)`` that want a gradient."""
    generator = torch.Generator().manual_seed(1)
    return torch.randn(length, B, INPUT, dtype=dtype, generator=generator).requires_grad_()


def loop(cell: LinearCell, x: Tensor) -> tuple[Tensor, State]:
    """The cell's ``forward`` with the states one after the other."""
    c, *past = cell.initial_state(x.shape[1])
    a, b, output, carry = cell.recurrence(x, tuple(past))
    states = []
    for a_t, b_t in zip(a.unbind(), b.unbind(), strict=True):
        c = a_t * c + b_t
        states.append(c)
    return output(torch.stack(states)), (c, *carry)


def ways(cell: LinearCell) -> dict[str, Run]:
    """The same cell three ways, each from a sequence to its outputs and state."""
    return {
        SCAN: cell,
        LOOP: functools.partial(loop, cell),
        STEPS: functools.partial(Cell.forward, cell),
    }


def training_step(module: nn.Module, run: Run, x: Tensor) -> Callable[[], Tensor]:
    """Outputs, the sum of their squares, and all gradients."""

    def work() -> Tensor:
        module.zero_grad()
        x.grad = None
        y, _ = run(x)
        torch.autograd.backward(y.square().sum())
        return y

    return work


def check(name: str) -> None:
    """Make sure, in float64, that all three ways give the same outputs, states and gradients."""
    cell = make(name, torch.float64)
    x = draw(CHECKED, torch.float64)
    runs = ways(cell)
    expected, wanted = _results(runs.pop(STEPS), cell, x)
    for run in runs.values():
        found, gradients = _results(run, cell, x)
        torch.testing.assert_close(found, expected, rtol=1e-10, atol=1e-10)
        torch.testing.assert_close(gradients, wanted, rtol=1e-9, atol=1e-9)


def _results(run: Run, cell: nn.Module, x: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """Outputs and states, and the gradients of the input and the weights."""
    y, state = run(x)
    gradients = torch.autograd.grad(y.square().sum(), [x, *cell.parameters()])
    return [y, *state], list(gradients)


def measure(
    names: Sequence[str], lengths: Sequence[int], *, rounds: int, seconds: float = 0.2
) -> dict[int, dict[str, list[float]]]:
    """Seconds of a training step in each round, by length and by ``CELL WAY`` or the GRU."""
    found = {}
    gru = nn.GRU(INPUT, H)
    cells = {name: make(name) for name in names}
    for length in lengths:
        say("scan", f"timing {length} steps")
        x = draw(length)
        works = {GRU: training_step(gru, gru, x)}
        for name, cell in cells.items():
            works |= {f"{name} {way}": training_step(cell, r, x) for way, r in ways(cell).items()}
        found[length] = turns(works, rounds=rounds, seconds=seconds)
    return found


def tables(times: Mapping[int, Mapping[str, Sequence[float]]], names: Sequence[str]) -> list[Table]:
    """One table a cell, a row a length."""
    made = []
    for name in names:
        rows = []
        for length, mine in times.items():
            of = {GRU: mine[GRU], **{way: mine[f"{name} {way}"] for way in (SCAN, LOOP, STEPS)}}
            medians = (f"{1000 * statistics.median(of[c]):.1f}" for c in (SCAN, LOOP, STEPS, GRU))
            ratios = (_ratio(of[contender], of[SCAN]) for contender in (LOOP, STEPS, GRU))
            rows.append((str(length), *medians, *ratios))
        header = ("steps of time", *(f"{c}, ms" for c in (SCAN, LOOP, STEPS, GRU)))
        made.append(
            Table(
                header=(*header, *(f"{c} to {SCAN}" for c in (LOOP, STEPS, GRU))),
                rows=tuple(rows),
                caption=f"A training step of `{name}`.",
            )
        )
    return made


def _ratio(mine: Sequence[float], its: Sequence[float]) -> str:
    ratios = [one / other for one, other in zip(mine, its, strict=True)]
    return spread(statistics.median(ratios), min(ratios), max(ratios), ".1f")


def run(settings: Settings) -> Report:
    """Check and time every cell.

    Raises:
        Absent: The package of the cells is not installed.
    """
    keep_large_buffers()
    lengths = QUICK_LENGTHS if settings.quick else LENGTHS
    threads = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        for name in CELLS:
            check(name)
        seconds = 0.0 if settings.quick else 0.2
        times = measure(CELLS, lengths, rounds=settings.rounds, seconds=seconds)
    finally:
        torch.set_num_threads(threads)
    conditions = machine.conditions(threads=THREADS, rounds=settings.rounds)
    conditions |= {
        "torch": str(torch.__version__),
        "sizes": f"batch {B}, input {INPUT}, hidden {H}, one layer, one direction",
    }
    if settings.quick:
        conditions["quick"] = "short sequences and one round: the numbers mean nothing"
    return Report(
        title="Cells that run as a parallel scan, by sequence length",
        conditions=conditions,
        tables=tuple(tables(times, CELLS)),
        data=times,
        notes=NOTES,
    )
