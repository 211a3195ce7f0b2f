"""What every contender's program measures and prints: the same clock, and one line of JSON.

The line has ``versions``, ``threads``, ``began`` (seconds from the command to where training
begins), ``points`` and ``peak_bytes``, and what else the program adds. A point is a moment at which
the model was scored: ``trained``, seconds of training alone until then; ``passed``, seconds since
training began, scoring included; and the scores. Where the benchmark is of prediction, read
predicting for training: the clock runs while answers are made.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from importlib.metadata import version
from pathlib import Path


def arguments(*extra: str) -> argparse.Namespace:
    """What the harness asks for: ``data``, ``seed``, ``quick``, and positional ``extra``.

    Besides, ``save`` is where to keep the model that was trained, and ``model`` where one was kept;
    none unless the benchmark is of prediction.
    """
    parser = argparse.ArgumentParser()
    for name in extra:
        parser.add_argument(name)
    parser.add_argument("--data", type=Path, required=True, help="the prepared corpus")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--quick", action="store_true", help="stop after a few steps")
    parser.add_argument("--save", type=Path, help="keep the trained model here")
    parser.add_argument("--model", type=Path, help="a model that was kept")
    return parser.parse_args()


def threads() -> int:
    """How many threads the harness gives, for libraries that must be told."""
    return int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))


def versions(*packages: str) -> dict[str, str]:
    """The versions of installed distributions."""
    return {name: version(name) for name in packages}


class Clock:
    """Runs while the model trains, and stands still while it is scored."""

    def __init__(self) -> None:
        self.commanded = float(os.environ.get("BENCHMARK_STARTED", time.time()))
        self.began = self.trained = self._since = 0.0
        self.points: list[dict[str, float]] = []

    def start(self) -> None:
        """Training begins or goes on."""
        if not self.began:
            self.began = time.time()
        self._since = time.perf_counter()

    def stop(self) -> None:
        """Training pauses."""
        self.trained += time.perf_counter() - self._since

    def point(self, **scores: float) -> None:
        """Note the scores of the model as it is; the clock must stand still."""
        passed = time.time() - self.began
        self.points.append({"trained": self.trained, "passed": passed, **scores})

    def report(self, versions: dict[str, str], **facts: object) -> None:
        """Print the line.

        Args:
            versions: Of what matters; see :func:`versions`.
            facts: What else there is to say.
        """
        line = {
            "versions": versions,
            "threads": threads(),
            "began": self.began - self.commanded,
            "points": self.points,
            "peak_bytes": peak_bytes(),
            **facts,
        }
        print(json.dumps(line))


def peak_bytes() -> int:
    """The most memory that this process has held."""
    try:
        # unlike getrusage, this leaves out the process that started this one
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return 1024 * int(status.partition("VmHWM:")[2].split()[0])
    except (OSError, IndexError):
        unit = 1 if sys.platform == "darwin" else 1024
        return unit * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
