"""Bins of forecasts, and that they are those of the expected calibration error."""

from __future__ import annotations

import numpy as np
import pytest

from seqkit.decoding.calibration import calibration_error
from seqkit.errorpage.calibration import BINS, bins


def test_by_hand():
    # 0.65 lies in (9/15, 10/15] and 0.95 in (14/15, 1]
    forecasts = np.array([0.95, 0.95, 0.65, 0.65]), np.array([True, False, True, True])
    found = bins(*forecasts)
    assert len(found) == BINS == 15
    tenth, last = found[9], found[14]
    assert (tenth.count, tenth.accuracy, tenth.confidence) == (2, 1, pytest.approx(0.65))
    assert (last.count, last.accuracy, last.confidence) == (2, 0.5, pytest.approx(0.95))
    # half of 1 - 0.65, and half of 0.95 - 0.5
    gaps = sum(one.count * abs(one.accuracy - one.confidence) for one in found) / 4
    assert calibration_error(*forecasts) == pytest.approx(gaps) == pytest.approx(0.4)


def test_a_bin_has_its_upper_bound_and_the_first_has_both():
    found = bins(np.array([0.0, 0.5, 0.500001, 1.0]), np.ones(4, bool), count=2)
    assert [one.count for one in found] == [2, 2]
