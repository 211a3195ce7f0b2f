"""Bins of forecasts and the expected calibration error, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from seqkit.errorpage.calibration import BINS, bins, expected_error


def test_by_hand():
    # 0.65 lies in (9/15, 10/15] and 0.95 in (14/15, 1]
    found = bins(np.array([0.95, 0.95, 0.65, 0.65]), np.array([True, False, True, True]))
    assert len(found) == BINS == 15
    tenth, last = found[9], found[14]
    assert (tenth.count, tenth.accuracy, tenth.confidence) == (2, 1, pytest.approx(0.65))
    assert (last.count, last.accuracy, last.confidence) == (2, 0.5, pytest.approx(0.95))
    # half of 1 - 0.65, and half of 0.95 - 0.5
    assert expected_error(found) == pytest.approx(0.4)


def test_a_bin_has_its_upper_bound_and_the_first_has_both():
    found = bins(np.array([0.0, 0.5, 0.500001, 1.0]), np.ones(4, bool), count=2)
    assert [one.count for one in found] == [2, 2]


def test_who_says_what_comes_true_makes_no_error():
    said = np.repeat([0.25, 0.75], 4)
    came = np.array([1, 0, 0, 0, 1, 1, 1, 0], bool)
    assert expected_error(bins(said, came)) == 0
    assert expected_error(bins(np.zeros(0), np.zeros(0, bool))) == 0
