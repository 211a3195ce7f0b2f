from __future__ import annotations

import os
import sys

import pytest

from seqkit.environment import SPINS, prepare


@pytest.fixture(autouse=True)
def before_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    for name in ("GOMP_SPINCOUNT", "OMP_WAIT_POLICY", "THP_MEM_ALLOC_ENABLE"):
        monkeypatch.setenv(name, "")  # so that it is put back afterwards
        monkeypatch.delenv(name)


def test_threads_are_told_to_sleep_soon() -> None:
    prepare()
    assert os.environ["GOMP_SPINCOUNT"] == SPINS


def test_large_tensors_get_large_pages() -> None:
    prepare()
    assert os.environ["THP_MEM_ALLOC_ENABLE"] == "1"


def test_the_users_own_pages_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THP_MEM_ALLOC_ENABLE", "0")
    prepare()
    assert os.environ["THP_MEM_ALLOC_ENABLE"] == "0"


def test_the_users_own_count_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOMP_SPINCOUNT", "7")
    prepare()
    assert os.environ["GOMP_SPINCOUNT"] == "7"


def test_the_users_own_policy_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    prepare()
    assert "GOMP_SPINCOUNT" not in os.environ


def test_nothing_is_said_once_torch_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", object())
    prepare()
    assert "GOMP_SPINCOUNT" not in os.environ
    assert "THP_MEM_ALLOC_ENABLE" not in os.environ
