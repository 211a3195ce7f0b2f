"""The front in a picture, and that a picture is one."""

from __future__ import annotations

import sys

import pytest

from seqkit.comparing import plots
from seqkit.errors import MissingDependency


def test_the_front_goes_from_the_quickest_to_the_best():
    points = [(3.0, 0.9, 0.0), (1.0, 0.5, 0.0), (2.0, 0.4, 0.0), (4.0, 0.9, 0.0), (1.0, 0.3, 0.0)]
    assert plots.front(points, greater_is_better=True) == [(1.0, 0.5), (3.0, 0.9)]
    assert plots.front(points, greater_is_better=False) == [(1.0, 0.3)]


def test_lines_are_drawn_as_a_png():
    panels = {"loss": {"rnn": {1: 0.5, 10: 1e-9}}, "accuracy": {"rnn": {1: 0.5, 10: 1.0}}}
    picture = plots.of_lines(panels, across="distance", logarithmic=["loss"])
    assert picture.startswith(b"\x89PNG")
    assert picture == plots.of_lines(panels, across="distance", logarithmic=["loss"])


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingDependency, match=r"pip install 'seqkit\[plots\]'"):
        plots.check()
