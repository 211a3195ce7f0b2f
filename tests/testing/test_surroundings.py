"""What code shares with all other code of its process."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from seqkit import manager
from seqkit.testing.surroundings import changes, random_states, snapshot


@pytest.mark.parametrize(
    ("owner", "draw"),
    [
        ("random", random.random),
        ("numpy", np.random.rand),
        ("torch", lambda: torch.rand(1)),
    ],
)
def test_a_draw_from_a_global_generator_is_noticed(owner, draw):
    before = random_states()
    draw()
    after = random_states()
    assert [name for name in before if before[name] != after[name]] == [owner]


def test_nothing_differs_where_nothing_happened():
    assert changes(snapshot(), snapshot()) == []


def test_changes_are_told_in_words(monkeypatch, tmp_path):
    before = snapshot()
    monkeypatch.setenv("SEQKIT_KIT_TEST", "new")
    monkeypatch.chdir(tmp_path)
    with manager.isolated():
        found = changes(before, snapshot())
    assert found == [
        "environment variables: SEQKIT_KIT_TEST was None and is 'new'",
        f"working directory: was {before['working directory']} and is {tmp_path}",
        "plugin manager: is another one now",
    ]


def test_what_seqkit_sets_before_it_imports_torch_is_no_change(monkeypatch):
    monkeypatch.delenv("THP_MEM_ALLOC_ENABLE", raising=False)
    before = snapshot()
    monkeypatch.setenv("THP_MEM_ALLOC_ENABLE", "1")
    assert changes(before, snapshot()) == []


def test_a_library_that_was_imported_in_between_is_no_change():
    before = {name: value for name, value in snapshot().items() if "torch" not in name}
    assert changes(before, snapshot()) == []
