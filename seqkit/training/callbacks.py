"""Observers of training, chosen by name in a recipe's ``callbacks``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import msgspec

from seqkit.bundle.manifest import METRICS
from seqkit.errors import TrainingError
from seqkit.training.events import Evaluated, Event, Finished, Started, Transferred


class Observer(Protocol):
    """Whatever wants to know how training goes."""

    def on_event(self, event: Event) -> None:
        """Take note of ``event``."""


class Callback:
    """Is told what happens in training, and ignores events that it does not know.

    Args:
        options: The options class that the callback's spec names.
        directory: The bundle that is being trained; what a callback writes there stays in it.
    """

    def __init__(self, options: Any, directory: Path) -> None:
        self.options = options
        self.directory = directory

    def on_event(self, event: Event) -> None:
        """Take note of ``event``; it runs between two steps, so it should be quick."""


class JsonLines(Callback):
    """Appends each event but single steps to ``metrics.jsonl``, one JSON object a line.

    Of the bundle's path only the last part is written, since the file goes where the bundle goes.

    Where training goes on from a checkpoint, lines of what came after it are taken out, since that
    happens again.
    """

    def on_event(self, event: Event) -> None:
        """Write the line at once, so that nothing is lost with the process.

        Raises:
            TrainingError: The disk is full or can't be written.
        """
        if not isinstance(event, Started | Transferred | Evaluated | Finished):
            return
        if isinstance(event, Started | Finished):
            event = msgspec.structs.replace(event, path=Path(event.path).name)
        if isinstance(event, Transferred):
            event = msgspec.structs.replace(event, source=Path(event.source).name)
        path = self.directory / METRICS
        try:
            if isinstance(event, Started) and event.step and path.is_file():
                path.write_bytes(b"".join(_up_to(event.step, path.read_bytes())))
            with path.open("ab") as file:
                file.write(msgspec.json.encode(event) + b"\n")
        except OSError as error:
            raise TrainingError(
                f"{path} can't be written",
                why=error.strerror or str(error),
                fix="Make room and go on with --resume from the last checkpoint",
            ) from error


class _Line(msgspec.Struct):
    step: int = 0


def _up_to(step: int, content: bytes) -> Iterator[bytes]:
    """The whole lines up to the first that is about a later step, or was cut short."""
    for line in content.splitlines(keepends=True):
        try:
            if msgspec.json.decode(line, type=_Line).step > step or not line.endswith(b"\n"):
                return
        except msgspec.DecodeError:
            return
        yield line
