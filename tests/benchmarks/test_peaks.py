"""What the processor and the memory can do: the rates, and the caches' sizes."""

from __future__ import annotations

import pytest
import torch

from benchmarks import peaks
from benchmarks.peaks import Product, cache, copies, products, sizes_to_copy


def test_a_product_counts_two_operations_a_multiply_add():
    assert Product(name="x", m=3, k=5, n=7).operations == 2 * 3 * 5 * 7


def test_rates_follow_from_the_times(monkeypatch):
    def timed(works, **_):
        for work in works.values():
            work()
        return {name: [0.5, 0.25, 1.0] for name in works}

    monkeypatch.setattr(peaks, "turns", timed)
    shape = Product(name="x", m=100, k=50, n=20)
    before = torch.get_num_threads()
    rates = products([shape], threads=[1, 2], rounds=3, seconds=0)
    assert [(r.threads, r.dtype) for r in rates] == [
        (1, "float32"),
        (1, "bfloat16"),
        (2, "float32"),
        (2, "bfloat16"),
    ]
    assert rates[0].rounds == [0.0004, 0.0008, 0.0002]  # 200,000 operations
    assert rates[0].median == 0.0004
    (rate,) = copies({"L2": 8_000_000}, threads=[1], rounds=3, seconds=0)
    assert rate.rounds == [0.016, 0.032, 0.008]
    assert torch.get_num_threads() == before


def test_caches_are_as_large_as_the_system_says(tmp_path):
    known = (("1", "Instruction", "32K"), ("2", "Unified", "2048K"), ("3", "Unified", "260M"))
    for number, values in enumerate(known):
        folder = tmp_path / f"index{number}"
        folder.mkdir()
        for name, value in zip(("level", "type", "size"), values, strict=True):
            (folder / name).write_text(f"{value}\n")
    assert cache(2, tmp_path) == 2 << 20
    assert cache(3, tmp_path) == 260 << 20


def test_caches_have_a_usual_size_where_the_system_is_silent(tmp_path):
    assert cache(2, tmp_path) == 1 << 20


@pytest.mark.parametrize("quick", [True, False])
def test_what_is_copied_lies_in_one_place_after_the_other(monkeypatch, quick):
    monkeypatch.setattr(peaks, "cache", lambda level: {2: 2 << 20, 3: 260 << 20}[level])
    monkeypatch.setattr(peaks.machine, "memory", lambda: 24 << 30)
    sizes = sizes_to_copy(quick=quick)
    assert sizes["L2"] == 1 << 20
    assert 2 << 20 < sizes["L3"] < 260 << 20
    if not quick:
        assert sizes["RAM"] == 1040 << 20
