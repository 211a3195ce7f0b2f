"""Observers that interrupt training, and a comparison of weights."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from seqkit.training.events import Event, Stepped


class At:
    """Does something once so many steps are done; and remembers all events."""

    def __init__(self, step: int, act: Callable[[], object]) -> None:
        self.step, self.act = step, act
        self.events: list[Event] = []

    def on_event(self, event: Event) -> None:
        self.events.append(event)
        if isinstance(event, Stepped) and event.step == self.step:
            self.act()


@pytest.fixture
def at() -> type[At]:
    """``at(step, act)``, an observer."""
    return At


@pytest.fixture
def ctrl_c() -> Iterator[Callable[[], None]]:
    """Press Ctrl-C, which Python handles even where tests run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield lambda: signal.raise_signal(signal.SIGINT)
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def weights() -> Callable[[Path], bytes]:
    """The weights of a bundle, bit for bit."""
    return lambda bundle: (bundle / "weights.safetensors").read_bytes()
