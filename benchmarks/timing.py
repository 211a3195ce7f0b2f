"""Times functions that do the same work, in turns and in one process."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.report import Table, spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """The times of one contender.

    Attributes:
        case: What was done.
        contender: Who did it.
        median: Milliseconds, the median of all rounds.
        ratio: The median over the rounds of its time to that of the first contender.
        low: The smallest such ratio.
        high: The largest.
    """

    case: str
    contender: str
    median: float
    ratio: float
    low: float
    high: float


def compare(
    case: str,
    contenders: Mapping[str, Callable[[], object]],
    *,
    rounds: int,
    seconds: float = 0.2,
    wait: Callable[[], object] | None = None,
) -> list[Timing]:
    """Time contenders in turns, so that a machine that slows down slows them all.

    Args:
        case: What they do.
        contenders: Each does the same work; the first is what the others are compared with.
        rounds: How often each is timed; the order turns from round to round.
        seconds: About how long each is repeated within a round.
        wait: As for :func:`turns`.

    Returns:
        A row a contender, in the order given.
    """
    times = turns(contenders, rounds=rounds, seconds=seconds, wait=wait)
    first = next(iter(contenders))
    rows = []
    for name in contenders:
        ratios = [mine / its for mine, its in zip(times[name], times[first], strict=True)]
        rows.append(
            Timing(
                case=case,
                contender=name,
                median=1000 * statistics.median(times[name]),
                ratio=statistics.median(ratios),
                low=min(ratios),
                high=max(ratios),
            )
        )
    return rows


def turns(
    contenders: Mapping[str, Callable[[], object]],
    *,
    rounds: int,
    seconds: float = 0.2,
    wait: Callable[[], object] | None = None,
) -> dict[str, list[float]]:
    """Seconds that one call of each contender takes, by round.

    Args:
        contenders: What to call.
        rounds: How often each is timed; the order turns from round to round.
        seconds: About how long each is repeated within a round.
        wait: Returns when all work is done, where a device does it while Python goes on.
    """
    names = list(contenders)
    repeats = {}
    for name, work in contenders.items():
        work()  # the first call pays for what later ones find ready
        repeats[name] = max(1, int(seconds / max(_seconds(work, 1, wait), 1e-9)))
    times: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            times[name].append(_seconds(contenders[name], repeats[name], wait))
    return times


def table(timings: Sequence[Timing]) -> Table:
    """A row a contender."""
    return Table(
        header=("case", "contender", "median ms", "ratio to the first"),
        rows=tuple(
            (t.case, t.contender, f"{t.median:.2f}", spread(t.ratio, t.low, t.high, ".2f"))
            for t in timings
        ),
    )


def _seconds(
    work: Callable[[], object], repeats: int, wait: Callable[[], object] | None = None
) -> float:
    """Seconds that one call takes, the mean of several."""
    if wait is not None:
        wait()
    start = time.perf_counter()
    for _ in range(repeats):
        work()
    if wait is not None:
        wait()
    return (time.perf_counter() - start) / repeats
