"""What the processor and the memory can do at most: matrix products and copies."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks import machine
from benchmarks.timing import turns

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16}
_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_UNITS = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
#: Bytes of the caches where the system does not say.
_USUAL = {2: 1 << 20, 3: 32 << 20}
#: How much larger than the last cache what is copied from memory is, and its share at most.
_BEYOND, _SHARE = 4, 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """The shape of a matrix product, ``(M, K)`` by ``(K, N)``.

    Attributes:
        name: Where it occurs.
        m: Rows of the first factor.
        k: Its columns, which are the rows of the second.
        n: Columns of the second.
    """

    name: str
    m: int
    k: int
    n: int

    @property
    def operations(self) -> int:
        """Floating-point operations; a multiplication and an addition are two."""
        return 2 * self.m * self.k * self.n


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How fast something is.

    Attributes:
        name: What.
        threads: Processor threads.
        dtype: The numbers' type; empty for copies.
        rounds: Operations or bytes a second, in thousand millions, by round.
    """

    name: str
    threads: int
    dtype: str
    rounds: list[float]

    @property
    def median(self) -> float:
        """The median of the rounds."""
        return statistics.median(self.rounds)


@contextmanager
def using(threads: int) -> Iterator[None]:
    """Have torch use so many threads for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def products(
    shapes: Sequence[Product], *, threads: Sequence[int], rounds: int, seconds: float
) -> list[Rate]:
    """Thousand millions of operations a second of each product, type and number of threads.

    Args:
        shapes: Which.
        threads: Numbers of threads.
        rounds: How often each is timed, in turns.
        seconds: About how long each is repeated within a round.
    """
    generator = torch.Generator().manual_seed(0)

    def work(shape: Product, dtype: torch.dtype) -> Callable[[], object]:
        a = torch.rand(shape.m, shape.k, generator=generator).to(dtype)
        b = torch.rand(shape.k, shape.n, generator=generator).to(dtype)
        out = a.new_empty(shape.m, shape.n)
        return lambda: torch.mm(a, b, out=out)

    rates = []
    for number in threads:
        with using(number):
            works = {
                (shape, dtype): work(shape, kind)
                for shape in shapes
                for dtype, kind in DTYPES.items()
            }
            named = {f"{shape.name} {dtype}": w for (shape, dtype), w in works.items()}
            times = turns(named, rounds=rounds, seconds=seconds)
        for shape, dtype in works:
            speeds = [shape.operations / t / 1e9 for t in times[f"{shape.name} {dtype}"]]
            rates.append(Rate(name=shape.name, threads=number, dtype=dtype, rounds=speeds))
    return rates


def copies(
    sizes: dict[str, int], *, threads: Sequence[int], rounds: int, seconds: float
) -> list[Rate]:
    """Thousand millions of bytes a second, read and written together, by where they lie.

    Args:
        sizes: Bytes of source and target together, by name.
        threads: Numbers of threads.
        rounds: How often each is timed, in turns.
        seconds: About how long each is repeated within a round.
    """

    def work(size: int) -> Callable[[], object]:
        source = torch.ones(size // 8, dtype=torch.float32)
        target = torch.zeros_like(source)
        return lambda: target.copy_(source)

    works = {name: work(size) for name, size in sizes.items()}
    rates = []
    for number in threads:
        with using(number):
            times = turns(works, rounds=rounds, seconds=seconds)
        for name, size in sizes.items():
            speeds = [size / t / 1e9 for t in times[name]]
            rates.append(Rate(name=name, threads=number, dtype="", rounds=speeds))
    return rates


def sizes_to_copy(*, quick: bool) -> dict[str, int]:
    """How much to copy so that it lies in the second cache, the third, and the memory."""
    second, third = cache(2), cache(3)
    if quick:
        return {"L2": second // 2, "L3": 2 * second}
    memory = int(min(_BEYOND * third, _SHARE * machine.memory() or _BEYOND * third))
    # a quarter of the third cache: it may be shared with others, and larger than it seems useful
    return {"L2": second // 2, "L3": max(2 * second, min(third // 4, 16 * second)), "RAM": memory}


def cache(level: int, folder: Path = _CACHES) -> int:
    """Bytes of the first core's cache of a level."""
    for index in sorted(folder.glob("index*")):
        try:
            said = {
                name: (index / name).read_text(encoding="utf-8").strip()
                for name in ("level", "type", "size")
            }
            if said["level"] == str(level) and said["type"] != "Instruction":
                return int(said["size"][:-1]) * _UNITS[said["size"][-1]]
        except (OSError, KeyError, ValueError):
            continue
    return _USUAL[level]
