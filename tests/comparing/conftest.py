"""Rows of a table with round numbers."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from seqkit import manager
from seqkit.comparing import speed
from seqkit.comparing.rows import Row


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave out this machine's plugins, let Ctrl-C interrupt, and measure no longer than needed."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(speed, "_SECONDS", 0.0)
    with manager.isolated():
        yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture
def row() -> Callable[..., Row]:
    """``row("gru", 0.9, speed=100, size=1000)``."""

    def make(
        name: str, score: float | None, *, speed: float = 100, size: float = 1000, **facts: Any
    ) -> Row:
        return Row(
            candidate=name,
            cell=name,
            tokenizer="word",
            hidden_size=8,
            parameters=100,
            score=score,
            items_per_second=speed,
            bytes=size,
            runs=1,
            **facts,
        )

    return make
