"""One training step of each cell: torch.nn, seqkit's fused path, and its step-by-step loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

import torch
from torch import Tensor, nn

from benchmarks import machine
from benchmarks.report import Report
from benchmarks.settings import Settings
from benchmarks.timing import Timing, compare, table
from seqkit import registry
from seqkit.cells.base import GatedCell

T, B, INPUT, H = 64, 32, 64, 128
THREADS = 1  # so that the figures do not hang on how many cores are free
PEERS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
#: The cell's parameters and those of torch.nn that mean the same.
TWINS = {
    "W_hx": "weight_ih_l0",
    "W_hh": "weight_hh_l0",
    "b_x": "bias_ih_l0",
    "b_h": "bias_hh_l0",
}

Work = Callable[[], Tensor]


def pair(
    name: str, *, dtype: torch.dtype, input_size: int = INPUT, hidden_size: int = H
) -> tuple[GatedCell, nn.Module]:
    """A cell, and its peer with the same weights."""
    spec = registry.find("cell", name).spec
    cell: GatedCell = registry.load_target("cell", name)(input_size, hidden_size, spec.options())
    cell.reset_parameters(torch.Generator().manual_seed(0))
    peer = PEERS[name](input_size, hidden_size)
    with torch.no_grad():
        for ours, theirs in TWINS.items():
            getattr(peer, theirs).copy_(getattr(cell, ours))
    return cell.to(dtype), peer.to(dtype)


def steps(cell: GatedCell, peer: nn.Module, x: Tensor) -> dict[str, Work]:
    """The same training step three ways: outputs, their sum of squares, and all gradients."""

    def step(module: nn.Module, run: Callable[[], Tensor]) -> Work:
        def work() -> Tensor:
            module.zero_grad()
            y = run()  # (T, B, H)
            y.square().sum().backward()
            return y

        return work

    return {
        "torch.nn": step(peer, lambda: peer(x)[0]),
        "fused": step(cell, lambda: cell(x)[0]),
        "loop": step(cell, lambda: cell.loop(x, cell.initial_state(B))[0]),
    }


def check(name: str) -> None:
    """Make sure, in float64, that all three give the same outputs and gradients."""
    cell, peer = pair(name, dtype=torch.float64)
    x = torch.randn(T, B, INPUT, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    works = steps(cell, peer, x)
    expected = works.pop("torch.nn")()
    for work in works.values():
        torch.testing.assert_close(work(), expected, rtol=1e-9, atol=1e-9)
        for ours, theirs in TWINS.items():
            gradient, wanted = getattr(cell, ours).grad, getattr(peer, theirs).grad
            torch.testing.assert_close(gradient, wanted, rtol=1e-9, atol=1e-9)


def run(settings: Settings) -> Report:
    """Check and time every cell."""
    threads = torch.get_num_threads()
    torch.set_num_threads(THREADS)
    try:
        rows: list[Timing] = []
        for name in PEERS:
            check(name)
            cell, peer = pair(name, dtype=torch.float32)
            x = torch.randn(T, B, INPUT, generator=torch.Generator().manual_seed(1))
            rows += compare(name, steps(cell, peer, x), rounds=settings.rounds)
    finally:
        torch.set_num_threads(threads)
    return Report(
        title="One training step of each cell, forward and backward, by torch.nn and by seqkit",
        conditions={
            **machine.conditions(threads=THREADS, rounds=settings.rounds),
            "torch": str(torch.__version__),
            "sizes": f"{T} steps, batch {B}, input {INPUT}, hidden {H}",
        },
        tables=(table(rows),),
        data=[asdict(row) for row in rows],
    )
