"""Observers of training, chosen by name in a recipe's ``callbacks``."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import msgspec

from seqkit.training.events import Evaluated, Event, Finished, Started


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
    """Appends each event but single steps to ``metrics.jsonl``, one JSON object a line."""

    def on_event(self, event: Event) -> None:
        """Write the line at once, so that nothing is lost with the process."""
        if isinstance(event, Started | Evaluated | Finished):
            with (self.directory / "metrics.jsonl").open("ab") as file:
                file.write(msgspec.json.encode(event) + b"\n")
