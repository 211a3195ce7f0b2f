"""The contenders of the cells' benchmark do the same work."""

from __future__ import annotations

import pytest

from benchmarks import cells


@pytest.mark.parametrize("name", cells.PEERS)
def test_the_contenders_give_the_same_numbers(name):
    cells.check(name)


def test_a_contender_with_another_result_is_found_out(monkeypatch):
    fused = cells.GatedCell.forward
    monkeypatch.setattr(cells.GatedCell, "loop", lambda self, x, _: (fused(self, x)[0] + 1, ()))
    with pytest.raises(AssertionError, match="not close"):
        cells.check("gru")
