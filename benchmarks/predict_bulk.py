"""Labels for a large file: memory over time, and a run that is killed and resumed."""

from __future__ import annotations

import contextlib
import filecmp
import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import curve, machine, picture
from benchmarks.progress import say
from benchmarks.report import Absent, Report, Table
from benchmarks.settings import Settings
from benchmarks.texts import write_text
from seqkit.errors import DataError

MB = 1_000_000
SIZE, KILLED_SIZE = 2_000_000_000, 40_000_000  # bytes
QUICK_SIZE, QUICK_KILLED_SIZE = 4_000_000, 2_000_000
#: Bytes of disk that a byte of text may need: itself, its labels, and room.
_DISK = 3
_LOOK = 0.2  # seconds between looks
NOTES = (
    (
        "Memory is what the command and its worker processes have for themselves together; pages "
        "that they share are counted once a process."
    ),
    (
        "The killed run is ended by SIGKILL, all its processes at once, when half of the "
        "uninterrupted run's time has passed, and then begun again with --resume."
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """One run of the command.

    Attributes:
        seconds: From its start to its end.
        points: Seconds since its start, and bytes of memory then.
    """

    seconds: float
    points: list[tuple[float, int]]


def run(settings: Settings) -> Report:
    """Label a large text, and label a smaller one with an interruption."""
    tell = functools.partial(say, "predict-bulk")
    picture.check()
    size, killed = (QUICK_SIZE, QUICK_KILLED_SIZE) if settings.quick else (SIZE, KILLED_SIZE)
    with tempfile.TemporaryDirectory(prefix="seqkit-benchmark-") as name:
        folder = Path(name)
        if shutil.disk_usage(folder).free < _DISK * size:
            raise Absent(f"{folder.parent} has less than {_DISK * size / 1e9:.0f} GB free")
        text = folder / "large.txt"
        tell(f"writing a text of {size / MB:,.0f} MB")
        documents = write_text(text, size=size)
        tell(f"labelling its {documents:,} documents")
        watched = label(text, folder / "large.jsonl", threads=settings.threads)
        rows = _lines(folder / "large.jsonl")
        text.unlink()
        tell("labelling a smaller text, with a kill in the middle and without")
        small = folder / "small.txt"
        write_text(small, size=killed)
        identical = survives(small, folder, threads=settings.threads)
    if rows != documents:
        raise DataError(f"{documents:,} documents got {rows:,} labels")
    conditions = machine.conditions(threads=settings.threads, rounds=1)
    if settings.quick:
        conditions["quick"] = "a small text: the numbers mean nothing"
    return Report(
        title="Labels for a large file",
        conditions=conditions,
        tables=(table(watched, size=size, documents=documents, identical=identical),),
        data={"run": asdict(watched), "identical": identical},
        notes=NOTES,
        picture=curve.draw(
            [(seconds, held / MB) for seconds, held in watched.points],
            title=f"Memory while {size / MB:,.0f} MB of text are labelled",
            x="seconds",
            y="MB",
        ),
    )


def table(watched: Watched, *, size: int, documents: int, identical: bool) -> Table:
    """One row: how fast, how much memory early and late, and what came of the kill."""
    early, late = halves(watched)
    return Table(
        header=(
            *("text, MB", "documents", "s", "documents/s", "MB/s"),
            *("peak MB, first half", "second half", "resumed after a kill"),
        ),
        rows=(
            (
                f"{size / MB:,.0f}",
                f"{documents:,}",
                f"{watched.seconds:.1f}",
                f"{documents / watched.seconds:,.0f}",
                f"{size / MB / watched.seconds:.1f}",
                f"{early / MB:,.0f}",
                f"{late / MB:,.0f}",
                "byte for byte the same" if identical else "DIFFERENT",
            ),
        ),
        caption="'seqkit classify --lines' with the default model, a document a line.",
    )


def halves(watched: Watched) -> tuple[int, int]:
    """The most memory in the first and in the second half of the time."""
    middle = watched.seconds / 2
    early = max((held for seconds, held in watched.points if seconds < middle), default=0)
    late = max((held for seconds, held in watched.points if seconds >= middle), default=0)
    return early, late


def label(text: Path, output: Path, *, threads: int) -> Watched:
    """Label each line of a text, and look at the memory meanwhile.

    Raises:
        DataError: The command failed.
    """
    points: list[tuple[float, int]] = []
    started = time.perf_counter()

    def look(process: subprocess.Popen[str]) -> None:
        points.append((time.perf_counter() - started, held(process.pid)))

    _finish(_start(text, output, threads=threads), look)
    return Watched(seconds=time.perf_counter() - started, points=points)


def survives(text: Path, folder: Path, *, threads: int) -> bool:
    """Whether a run that was killed and resumed gives the same bytes as one that was not."""
    whole, resumed = folder / "whole.jsonl", folder / "resumed.jsonl"
    seconds = label(text, whole, threads=threads).seconds
    with _start(text, resumed, threads=threads) as process:
        time.sleep(seconds / 2)
        for pid in [process.pid, *descendants(process.pid)]:
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                os.kill(pid, signal.SIGKILL)
    if resumed.exists():
        raise DataError("the run ended before it could be killed", fix="Take a larger text")
    _finish(_start(text, resumed, "--resume", threads=threads))
    return filecmp.cmp(whole, resumed, shallow=False)


def _start(text: Path, output: Path, *options: str, threads: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "seqkit", "classify", "--lines", str(text)]
    return subprocess.Popen(
        [*command, "--output", str(output), "--threads", str(threads), *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )


def _finish(
    process: subprocess.Popen[str],
    look: Callable[[subprocess.Popen[str]], None] = lambda _: None,
) -> None:
    with process:
        while process.poll() is None:
            look(process)
            time.sleep(_LOOK)
        if process.returncode:
            assert process.stderr is not None
            raise DataError(f"seqkit ended with {process.returncode}", why=process.stderr.read())


def held(pid: int) -> int:
    """Bytes of memory that a process and those that it started have for themselves."""
    total = 0
    for each in [pid, *descendants(pid)]:
        try:
            status = Path(f"/proc/{each}/status").read_text(encoding="utf-8")
            total += 1024 * int(status.partition("RssAnon:")[2].split()[0])
        except (OSError, IndexError):
            continue  # it has just ended
    return total


def descendants(pid: int) -> list[int]:
    """The processes that a process started, those that they started, and so on."""
    children: dict[int, list[int]] = {}
    for child, parent in _parents():
        children.setdefault(parent, []).append(child)
    found = [pid]
    for each in found:  # grows on the way
        found += children.get(each, [])
    return found[1:]


def _parents() -> Iterator[tuple[int, int]]:
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            # the name of the command comes before, in brackets, and may hold anything
            fields = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        yield int(stat.parent.name), int(fields[1])


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))
