"""Runs contracts on parts that are written in ``parts/``."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch  # noqa: F401 -- so that what is imported later can't be its stand-in

from seqkit import manager
from seqkit.specs import AnySpec
from seqkit.testing import Contract, checks, inline

Failures = Callable[..., dict[str, str]]


@pytest.fixture(scope="session", autouse=True)
def _parts() -> Iterator[None]:
    """The modules in ``parts/`` can be imported, in fresh processes too."""
    folder = str(Path(__file__).parent / "parts")
    sys.path.insert(0, folder)
    yield
    sys.path.remove(folder)


@pytest.fixture(autouse=True)
def _alone() -> Iterator[None]:
    """Leave out the plugins that happen to be on this machine."""
    with manager.isolated():
        yield


@pytest.fixture
def failures() -> Failures:
    """The checks that a part of its own does not pass, each with what it says."""

    def run(contract: type[Contract], spec: AnySpec, **attributes: Any) -> dict[str, str]:
        with manager.isolated([inline.plugin([spec])]):
            results = list(checks(contract, name=spec.name, **attributes))
        assert len(results) > 2
        return {result.name: result.reason for result in results if result.status == "failed"}

    return run


@pytest.fixture
def _light_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fresh processes find a module ``torch`` that costs nothing; this one has the real one."""
    assert "torch" in sys.modules
    monkeypatch.syspath_prepend(str(Path(__file__).parent / "parts" / "stub"))


@pytest.fixture
def _interruptible() -> Iterator[None]:
    """SIGINT interrupts even where the tests themselves run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
