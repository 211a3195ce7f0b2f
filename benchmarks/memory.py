"""Memory and time of training on a text against the text's size, each in a process of its own."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import machine
from benchmarks.contest import ROOT
from benchmarks.report import Table
from benchmarks.texts import write_text

MB = 1_000_000
#: Bytes of disk that a byte of text may need: itself, and an int32 for each token, twice.
_DISK = 10
#: Share of the main memory that a process may have for itself; beyond it, it fails rather than
#: take the machine along.
_SHARE = 0.6
_LOOK = 0.05  # seconds between looks at a process
_STEPS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What training on a text took.

    Attributes:
        size: Bytes of the text.
        problem: Why there are no more figures; empty where there are.
        documents: Lines of it.
        began: Seconds from the start of the program to the first step.
        seconds: To its end.
        peak: Bytes of memory at most, mapped files included.
        private: Bytes that were not of mapped files, at most; 0 where the system does not say.
    """

    size: int
    problem: str = ""
    documents: int = 0
    began: float = 0.0
    seconds: float = 0.0
    peak: int = 0
    private: int = 0


def measure(sizes: Iterable[int], *, threads: int, say: Callable[[str], None]) -> list[Cost]:
    """Train on a text of each size, once, for a few steps.

    Args:
        sizes: Bytes.
        threads: Processor threads of each.
        say: Is told how it goes.
    """
    costs = []
    for size in sizes:
        with tempfile.TemporaryDirectory(prefix="seqkit-benchmark-") as folder:
            if problem := _crowded(Path(folder), size):
                costs.append(Cost(size=size, problem=problem))
                continue
            text = Path(folder) / "text.txt"
            say(f"writing a text of {size / MB:,.0f} MB")
            write_text(text, size=size)
            costs.append(train(text, threads=threads))
            say(costs[-1].problem or f"training on it began after {costs[-1].began:.1f} s")
    return costs


def _crowded(folder: Path, size: int) -> str:
    """Why there is no room for a text of ``size`` bytes and what is made of it; empty if there."""
    free = shutil.disk_usage(folder).free
    if free >= _DISK * size:
        return ""
    return f"{folder.parent} has {free / 1e9:.0f} GB free, and it may need {_DISK * size / 1e9:.0f}"


def train(text: Path, *, threads: int, most: int | None = None) -> Cost:
    """Train on a text; whatever is kept of it goes to the folder that it is in.

    Args:
        text: A document a line.
        threads: Processor threads.
        most: Bytes that the process may have for itself; a share of the machine's by default.
    """
    most = most or int(_SHARE * machine.memory())
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": str(threads),
        "XDG_CACHE_HOME": str(text.parent / "cache"),
        "TMPDIR": str(text.parent),
    }
    command = [sys.executable, "-m", "benchmarks.trainee", str(text), "--steps", str(_STEPS)]

    def limit() -> None:
        # private memory only, where the system tells it from that of mapped files, as Linux does
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))

    with tempfile.TemporaryFile("w+") as output, tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(
            [*command, "--threads", str(threads)],
            stdout=output,
            stderr=errors,
            env=environment,
            preexec_fn=limit if most and sys.platform == "linux" else None,  # noqa: PLW1509
        )
        private = _watched(process)
        output.seek(0)
        errors.seek(0)
        size = text.stat().st_size
        if process.returncode:
            said = [line.strip() for line in errors if line.strip()]
            why = said[-1] if said else f"it ended with status {process.returncode}"
            if "MemoryError" in why or "can't allocate memory" in why:
                why = f"it needs more memory than the {most / MB:,.0f} MB that it may have"
            return Cost(size=size, problem=why)
        facts = json.loads(output.read())
        assert facts["reason"] == "interrupted", facts
    return Cost(
        size=size,
        documents=facts["documents"],
        began=facts["began"],
        seconds=facts["seconds"],
        peak=facts["peak_bytes"],
        private=private,
    )


def _watched(process: subprocess.Popen[bytes]) -> int:
    """Wait for the end of a process; the most private memory that it was seen with, in bytes."""
    most = 0
    status = Path(f"/proc/{process.pid}/status")
    while process.poll() is None:
        try:
            lines = status.read_text(encoding="utf-8")
            most = max(most, 1024 * int(lines.partition("RssAnon:")[2].split()[0]))
        except (OSError, IndexError):
            pass  # no such system, or it has just ended
        time.sleep(_LOOK)
    return most


def table(costs: Sequence[Cost]) -> Table:
    """A row a size."""
    rows = []
    for cost in costs:
        size = f"{cost.size / MB:,.0f}"
        if cost.problem:
            rows.append((size, *["-"] * 5, cost.problem))
            continue
        rows.append(
            (
                size,
                f"{cost.documents:,}",
                f"{cost.began:.1f}",
                f"{cost.size / MB / cost.began:.1f}",
                f"{cost.seconds:.1f}",
                f"{cost.peak / MB:,.0f}",
                f"{cost.private / MB:,.0f}" if cost.private else "-",
            )
        )
    return Table(
        header=(
            "text, MB",
            "documents",
            "s to first step",
            "MB/s to there",
            "whole s",
            "peak MB",
            "private MB",
        ),
        rows=tuple(rows),
        caption=f"Training on a text of bytes, a document a line, ended after {_STEPS} steps. "
        "The peak counts pages of mapped files, which the system takes back when it needs them; "
        "private memory it can't. Each size ran once.",
    )
