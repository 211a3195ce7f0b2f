"""Callbacks that each break the contract in one way."""

from __future__ import annotations

import signal

from seqkit.training.callbacks import Callback
from seqkit.training.events import Evaluated, Event, Stepped


class Quiet(Callback):
    """Does nothing."""


class WantsAStep(Callback):
    """Takes every event for one of those that it knows."""

    def on_event(self, event: Event) -> None:
        assert event.path if not hasattr(event, "step") else event.step >= 0


class Falls(Callback):
    def on_event(self, event: Event) -> None:
        if isinstance(event, Stepped):
            raise ZeroDivisionError("no step is small enough")


class Interrupts(Callback):
    """Ends training after its first epoch."""

    def on_event(self, event: Event) -> None:
        if isinstance(event, Evaluated):
            signal.raise_signal(signal.SIGINT)
