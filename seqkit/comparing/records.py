"""What is kept of each run, in a file that is either whole or not there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from seqkit.comparing.speed import Speed
from seqkit.errors import BundleError, UsageError
from seqkit.training.events import Event

if TYPE_CHECKING:
    from seqkit.training.callbacks import Observer

_T = TypeVar("_T")
_PlanT = TypeVar("_PlanT", bound="AnyPlan")


class AnyPlan(Protocol):
    """All that decides what a comparison does, so that only the same one goes on."""

    def differences(self, other: Any) -> list[str]:
        """In what another plan is not the same, in words."""


#: What a comparison's folder holds.
PLAN = "comparison.plan.json"
RUNS = "runs"
#: What the names of all files beside the runs begin with.
OWN = "comparison."

_DELETE = "Delete that file; the same command then does again what it told of"
_ANEW = "Name another folder, or begin anew with --overwrite"


class RunRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What came of training one candidate with one seed.

    Attributes:
        candidate: Its name.
        random_seed: The seed.
        score: The decoder's metric on the development data, of the best epoch; none for a run
            that failed.
        scores: All of its scores.
        seconds: Wall time of training, scoring included.
        epochs: Passes over the corpus, the last one perhaps in part.
        tokens_per_second: Training throughput, scoring left out.
        speed: How fast it predicts; none for a run that failed.
        bytes: Size of the bundle.
        problem: Why it failed; empty for one that did not.
    """

    candidate: str
    random_seed: int
    score: float | None = None
    scores: dict[str, float] = {}
    seconds: float = 0.0
    epochs: int = 0
    tokens_per_second: float = 0.0
    speed: Speed | None = None
    bytes: int = 0
    problem: str = ""


class RunStarted(Event, frozen=True, kw_only=True):
    """A comparison begins a run, or goes on with one.

    Attributes:
        name: The candidate and the seed.
        number: Which run it is, from 1.
        of: How many there are.
    """

    name: str
    number: int
    of: int


class RunStepped(Event, frozen=True, kw_only=True):
    """Some steps of a run on made-up data are done.

    Attributes:
        step: Steps done.
        steps: Steps that there are at most.
        loss: Of the last one.
    """

    step: int
    steps: int
    loss: float


class RunEnded(Event, frozen=True, kw_only=True):
    """A run has ended, or was found to have.

    Attributes:
        name: The candidate and the seed.
        text: What came of it, in words.
        again: Whether it had ended before this comparison was gone on with.
    """

    name: str
    text: str
    again: bool


def write(path: Path, value: Any) -> None:
    """Write a value as JSON; the file is the old one or the new one whole.

    Raises:
        UsageError: It can't be written.
    """
    write_bytes(path, msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file whole.

    Raises:
        UsageError: It can't be written.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise UsageError(
            f"{path} can't be written",
            why=error.strerror or str(error),
            fix="Make room; the same command goes on from there",
        ) from error


def read(path: Path, kind: type[_T], *, fix: str = _DELETE) -> _T | None:
    """Read what :func:`write` wrote; nothing where there is no such file.

    Args:
        path: The file.
        kind: The type of what is in it.
        fix: What to do if it is damaged.

    Raises:
        BundleError: The file holds something else.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError as error:
        raise BundleError(
            f"{path} is not what a comparison of this kind left there",
            why=str(error),
            fix=fix,
        ) from error


def tell(observers: Sequence[Observer], event: Event) -> None:
    """Tell observers of what happened."""
    for observer in observers:
        observer.on_event(event)


def begin(out: Path, plan: _PlanT, *, resume: bool, overwrite: bool) -> None:
    """Open a comparison's folder: write the plan, or see that it is the one that is there.

    Args:
        out: The folder.
        plan: What is to be compared now.
        resume: Refuse to begin a new one.
        overwrite: Throw away what another one left.

    Raises:
        UsageError: It holds another comparison.
        BundleError: It holds no comparison but other files, or nothing to go on with.
    """
    before = None if overwrite else read(out / PLAN, type(plan), fix=_ANEW)
    if before is None:
        if resume:
            raise BundleError(
                f"There is nothing to go on with in {out}",
                why=f"it has no {PLAN}",
                fix="Leave out --resume to begin, or name another folder",
            )
        _clear(out)
        write(out / PLAN, plan)
    elif found := before.differences(plan):
        raise UsageError(
            f"{out} holds another comparison",
            why="; ".join(found),
            fix="Give the same arguments to go on with it, name another folder, or begin anew with "
            "--overwrite",
        )


def _clear(out: Path) -> None:
    """Remove what a comparison left; refuse a folder that holds anybody's other work."""
    if out.is_file():
        raise BundleError(f"{out} is a file", fix="Name a folder for the comparison")
    if not out.is_dir():
        return
    strange = sorted(
        entry.name
        for entry in out.iterdir()
        if entry.name != RUNS and not entry.name.startswith(OWN)
    )
    own = (out / PLAN).is_file()
    if strange or (not own and any(out.iterdir())):
        raise BundleError(
            f"{out} can't hold a comparison",
            why=f"it holds '{[*strange, RUNS][0]}', which no comparison has left there",
            fix="Name another folder",
        )
    if (out / RUNS).is_dir():
        shutil.rmtree(out / RUNS)
    for entry in out.glob(f"{OWN}*"):
        entry.unlink()
