"""One training step of each cell on a GPU: torch.nn, which is cuDNN there, and seqkit."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import torch
from torch import Tensor, nn

from benchmarks import machine
from benchmarks.cells import PEERS, TWINS, pair
from benchmarks.report import Absent, Report, Table, spread
from benchmarks.settings import Settings
from benchmarks.timing import Timing, compare
from seqkit.cells.base import GatedCell
from seqkit.nn.encoder import Encoder

#: How much longer than torch.nn seqkit's step may take.
MOST = 1.15
NN, CELL, ENCODER = "torch.nn", "seqkit's cell", "seqkit's encoder"
NOTES = (
    (
        f"{CELL} is the cell alone, {ENCODER} the layer as networks use it, with its masks for "
        "padding, on sequences of full length. Weights are the same."
    ),
    (
        "A step is the outputs, the sum of their squares, and the gradients of the input and of "
        "all weights. Before it is timed, outputs and gradients are compared in float64."
    ),
    f"A ratio up to {MOST} is within what is allowed.",
)

Work = Callable[[], Tensor]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Sizes of a step.

    Attributes:
        length: Steps of time.
        batch: Sequences.
        features: Of the input.
        hidden: Of the output.
    """

    length: int
    batch: int
    features: int = 512
    hidden: int = 512

    def __str__(self) -> str:
        return f"T={self.length}, B={self.batch}, I={self.features}, H={self.hidden}"


SHAPES = (
    Shape(length=128, batch=64),
    Shape(length=128, batch=16),
    Shape(length=128, batch=256),
    Shape(length=32, batch=64),
    Shape(length=512, batch=64),
    Shape(length=128, batch=64, features=64),
)
QUICK_SHAPES = (Shape(length=16, batch=8, features=64),)


def run(settings: Settings) -> Report:
    """Check and time every cell.

    Raises:
        Absent: torch finds no GPU.
    """
    if not torch.cuda.is_available():
        raise Absent("torch finds no CUDA GPU here")
    shapes = QUICK_SHAPES if settings.quick else SHAPES
    return measure(settings, device=torch.device("cuda"), shapes=shapes)


def measure(settings: Settings, *, device: torch.device, shapes: Sequence[Shape]) -> Report:
    """Check and time every cell on a device, the CPU too.

    Args:
        settings: How much to measure.
        device: Where.
        shapes: Each is timed for each cell.
    """
    said: list[str] = []
    rows: list[Timing] = []
    seconds = 0.02 if settings.quick else 0.3
    for shape in shapes:
        for name in PEERS:
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                check(name, shape, device)
                works = steps(name, shape, device, dtype=torch.float32)
                rows += compare(
                    f"{name}, {shape}",
                    works,
                    rounds=settings.rounds,
                    seconds=seconds,
                    wait=_wait(device),
                )
            said += [str(w.message) for w in caught]
    conditions = machine.conditions(threads=settings.threads, rounds=settings.rounds)
    conditions |= {"torch": str(torch.__version__), **_device(device)}
    if settings.quick:
        conditions["quick"] = "small sizes and one round: the numbers mean nothing"
    warned = [f"torch warned: {message.strip()}" for message in dict.fromkeys(said)]
    return Report(
        title="One training step of each cell on a GPU, by torch.nn and by seqkit",
        conditions=conditions,
        tables=(table(rows),),
        data=[asdict(row) for row in rows],
        notes=(*NOTES, *warned),
    )


def steps(name: str, shape: Shape, device: torch.device, *, dtype: torch.dtype) -> dict[str, Work]:
    """The same training step three ways; what it returns is the output.

    Args:
        name: The cell's.
        shape: Its sizes.
        device: Where it runs.
        dtype: Of weights and numbers.
    """
    cell, peer = _modules(name, shape, device, dtype)
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(shape.length, shape.batch, shape.features, generator=generator, dtype=dtype)
    x = x.to(device).requires_grad_()
    encoder = _encoder(cell, shape)
    lengths = torch.full((shape.batch,), shape.length)

    def step(module: nn.Module, forward: Callable[[], Tensor]) -> Work:
        def work() -> Tensor:
            module.zero_grad()
            x.grad = None
            y = forward()  # (T, B, H)
            torch.autograd.backward(y.square().sum())
            return y

        return work

    return {
        NN: step(peer, lambda: peer(x)[0]),
        CELL: step(cell, lambda: cell(x)[0]),
        ENCODER: step(encoder, lambda: encoder(x, lengths)),
    }


def _modules(
    name: str, shape: Shape, device: torch.device, dtype: torch.dtype
) -> tuple[GatedCell, nn.Module]:
    cell, peer = pair(name, dtype=dtype, input_size=shape.features, hidden_size=shape.hidden)
    # moved as a network is; torch.nn puts its weights in one piece of memory meanwhile
    return cell.to(device), peer.to(device)


def _encoder(cell: GatedCell, shape: Shape) -> Encoder:
    """A layer of a cell that is already there."""
    return Encoder(lambda *_: cell, shape.features, shape.hidden)


def check(name: str, shape: Shape, device: torch.device) -> None:
    """Make sure, in float64, that all three give the same outputs and gradients.

    Raises:
        AssertionError: One does not.
    """
    cell, peer = _modules(name, shape, device, torch.float64)
    encoder = _encoder(cell, shape)
    lengths = torch.full((shape.batch,), shape.length)
    generator = torch.Generator().manual_seed(1)
    given = torch.randn(
        shape.length, shape.batch, shape.features, generator=generator, dtype=torch.float64
    ).to(device)

    def outcome(
        module: nn.Module, forward: Callable[[Tensor], Tensor], names: Sequence[str]
    ) -> dict[str, Tensor]:
        module.zero_grad()
        x = given.clone().requires_grad_()
        y = forward(x)
        torch.autograd.backward(y.square().mean())
        found = {"output": y.detach(), "x": x.grad}
        return found | dict(zip(TWINS, (getattr(module, n).grad for n in names), strict=True))

    expected = outcome(peer, lambda x: peer(x)[0], list(TWINS.values()))
    ways = {CELL: lambda x: cell(x)[0], ENCODER: lambda x: encoder(x, lengths)}
    for way, forward in ways.items():
        for part, tensor in outcome(cell, forward, list(TWINS)).items():
            torch.testing.assert_close(
                tensor,
                expected[part],
                rtol=1e-8,
                atol=1e-10,
                msg=lambda text, way=way, part=part: f"{part} of {way}, {name}: {text}",
            )


def table(timings: Sequence[Timing]) -> Table:
    """A row a contender, and whether it is near enough to torch.nn."""
    return Table(
        header=("case", "contender", "median ms", "ratio to torch.nn", f"within {MOST}"),
        rows=tuple(
            (
                t.case,
                t.contender,
                f"{t.median:.3f}",
                spread(t.ratio, t.low, t.high, ".2f"),
                "-" if t.contender == NN else "yes" if t.ratio <= MOST else "no",
            )
            for t in timings
        ),
    )


def _wait(device: torch.device) -> Callable[[], object] | None:
    """What returns when the device has done its work; a CPU has by the time a call returns."""
    return torch.cuda.synchronize if device.type == "cuda" else None


def _device(device: torch.device) -> dict[str, str]:
    if device.type != "cuda":
        return {"device": device.type}
    return {
        "device": torch.cuda.get_device_name(device),
        "CUDA": str(torch.version.cuda),
        "cuDNN": str(torch.backends.cudnn.version()),
        "TF32 in cuDNN": str(torch.backends.cudnn.allow_tf32),
    }
