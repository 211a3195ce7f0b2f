"""Whole programs in turns, each in a process and an environment of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.environments import Environment, NotInstalled
from benchmarks.settings import Settings
from seqkit.environment import NAMES

PEERS = Path(__file__).parent / "peers"
ROOT = Path(__file__).parents[1]
#: What the numerical libraries take their number of threads from.
_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "BLIS_NUM_THREADS")

Say = Callable[[str], None]


class Failed(Exception):  # noqa: N818 -- a finding to report, not a fault
    """How a contender's program ended without a result."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contender:
    """A program that takes part.

    Attributes:
        name: What tables call it.
        script: Its file in ``peers/``.
        about: Its model and settings, in one line.
        arguments: Given to it before those that all get.
        environment: Where it runs; none for this interpreter, which has seqkit.
        folder: Where the script is.
    """

    name: str
    script: str
    about: str
    arguments: tuple[str, ...] = ()
    environment: Environment | None = None
    folder: Path = PEERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of one run of one contender.

    Attributes:
        seconds: Wall time of the whole command, from its start to its end.
        said: The JSON object that it printed; see ``peers/record.py``.
    """

    seconds: float
    said: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contest:
    """What came of all runs.

    Attributes:
        rounds: For each round, the result of each contender that took part.
        absent: Why each of the others did not.
    """

    rounds: list[dict[str, Result]] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)


def hold(
    contenders: Sequence[Contender],
    settings: Settings,
    *,
    data: Path,
    small: Path,
    absent: Mapping[str, str] | None = None,
    say: Say = lambda _: None,
) -> Contest:
    """Run all contenders in turns; the order turns from round to round.

    Before the rounds, unless they are quick, each runs once on little data: what is read from the
    disk for the first time and what is compiled then is paid for by nobody. A contender that can't
    be installed, or fails at any time, is absent from then on, with the reason. Ctrl-C ends the
    contest; the rounds that are over count.

    Args:
        contenders: Each does the same work.
        settings: How much to measure.
        data: The prepared corpus.
        small: The same cut short, for the warm-up.
        absent: Why some are known not to take part, by their names.
        say: Is told how it goes.
    """
    contest = Contest(absent=dict(absent or {}))
    pythons = {
        c.name: python
        for c in contenders
        if c.name not in contest.absent and (python := interpreter(c, settings, contest, say))
    }

    def turn(contender: Contender, where: str, number: int, *, quick: bool) -> Result | None:
        if contender.name in contest.absent:
            return None
        try:
            result = execute(
                contender,
                pythons[contender.name],
                data=small if quick else data,
                seed=settings.seed(number),
                threads=settings.threads,
                quick=quick,
            )
        except Failed as error:
            contest.absent[contender.name] = str(error)
            say(f"{where}: {contender.name} failed: {error}")
            return None
        say(f"{where}: {contender.name} took {result.seconds:.1f} s")
        return result

    if not settings.quick:
        for contender in contenders:
            turn(contender, "warm-up", 0, quick=True)
    for number in range(settings.rounds):
        first = number % len(contenders)
        where = f"round {number + 1} of {settings.rounds}"
        try:
            results = {
                contender.name: result
                for contender in [*contenders[first:], *contenders[:first]]
                if (result := turn(contender, where, number, quick=settings.quick))
            }
        except KeyboardInterrupt:
            if not contest.rounds:
                raise
            say(f"{where} was interrupted; those before it count")
            break
        contest.rounds.append(results)
    return contest


def interpreter(
    contender: Contender, settings: Settings, contest: Contest, say: Say
) -> Path | None:
    """The interpreter of a contender; none if it is absent, which the contest then says."""
    environment = contender.environment
    if environment is None:
        return Path(sys.executable)
    if not environment.ready():
        if settings.quick and not environment.light:
            contest.absent[contender.name] = (
                "its environment is not made yet, which takes too long for a quick run"
            )
            return None
        say(f"making the environment of {contender.name}")
    try:
        return environment.make()
    except NotInstalled as error:
        contest.absent[contender.name] = f"it can't be installed: {error}"
        say(f"{contender.name} can't be installed: {error}")
        return None


def execute(
    contender: Contender, python: Path, *, data: Path, seed: int, threads: int, quick: bool
) -> Result:
    """Run one contender once.

    Raises:
        Failed: It ended with an error, or without a result.
    """
    command = [str(python), str(contender.folder / contender.script), *contender.arguments]
    command += ["--data", str(data), "--seed", str(seed), *(["--quick"] if quick else [])]
    # what seqkit sets for itself is no business of the others
    own = ("PYTHONPATH", "VIRTUAL_ENV", *NAMES)
    environment = {k: v for k, v in os.environ.items() if k not in own}
    environment |= dict.fromkeys(_THREADS, str(threads))
    if contender.environment is None:
        environment["PYTHONPATH"] = str(ROOT)
    # on the wall clock, which both processes share
    environment["BENCHMARK_STARTED"] = repr(time.time())
    started = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    seconds = time.perf_counter() - started
    if done.returncode < 0:
        raise Failed(f"signal {-done.returncode} ended it")
    if done.returncode:
        raise Failed(_last_line(done.stderr) or f"it ended with status {done.returncode}")
    try:
        said = json.loads(_last_line(done.stdout))
    except json.JSONDecodeError:
        raise Failed("it printed no result") from None
    return Result(seconds=seconds, said=said)


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")
