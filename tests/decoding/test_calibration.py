"""Temperature, calibration error and Brier score, by hand and by brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seqkit.decoding.calibration import (
    brier_score,
    calibration_error,
    calibration_of,
    fit_temperature,
    read_temperature,
    write_temperature,
)
from seqkit.errors import BundleError


def test_confidence_is_held_against_how_often_it_is_right():
    # four at 0.9, three right; two at 0.6, one right; in bins of their own
    confidence = np.array([0.9, 0.9, 0.9, 0.9, 0.6, 0.6])
    right = np.array([True, True, True, False, True, False])
    wanted = 4 / 6 * abs(3 / 4 - 0.9) + 2 / 6 * abs(1 / 2 - 0.6)
    assert calibration_error(confidence, right) == pytest.approx(wanted)


def test_a_bin_holds_its_upper_end():
    # 1/15 and a little less stand in the first bin, where one error makes up for the other
    confidence = np.array([1 / 15, 0.05])
    apart = abs((1 - 1 / 15) + (0 - 0.05)) / 2
    assert calibration_error(confidence, np.array([True, False])) == pytest.approx(apart)
    assert calibration_error(np.array([0.0, 1.0]), np.array([False, True])) == 0


def test_brier_score_sums_the_squares_of_a_row():
    probabilities = np.array([[0.7, 0.2, 0.1], [0.0, 0.0, 1.0]])
    truth = np.array([[True, False, False], [False, True, False]])
    wanted = (0.3**2 + 0.2**2 + 0.1**2 + 1 + 1) / 2
    assert brier_score(probabilities, truth) == pytest.approx(wanted)


def test_labels_that_do_not_exclude_each_other_count_by_themselves():
    probabilities = np.array([[0.9, 0.1]])
    found = calibration_of(probabilities, np.array([[True, True]]), exclusive=False)
    assert found["brier_score"] == pytest.approx((0.1**2 + 0.9**2) / 2)
    assert found["calibration_error"] == pytest.approx((0.1 + 0.9) / 2)
    alone = calibration_of(probabilities, np.array([[True, False]]), exclusive=True)
    assert alone["calibration_error"] == pytest.approx(0.1)


def test_the_temperature_of_odds_that_are_known():
    # told 9 to 1 and right in 3 of 4: ln 9 / T = ln 3
    logits = np.tile([math.log(9), 0.0], (4, 1))
    truth = np.array([[True, False]] * 3 + [[False, True]])
    assert fit_temperature(logits, truth, exclusive=True) == pytest.approx(2.0)
    one = fit_temperature(logits[:, :1], truth[:, :1], exclusive=False)
    assert one == pytest.approx(2.0)


@pytest.mark.parametrize("exclusive", [True, False])
def test_no_other_temperature_is_likelier(exclusive):
    rng = np.random.default_rng(0)
    logits = 3 * rng.standard_normal((200, 4))
    truth = np.eye(4, dtype=bool)[(logits + 4 * rng.standard_normal((200, 4))).argmax(axis=1)]

    def loss(T):
        z = logits / T
        if exclusive:
            return -(z[truth] - np.log(np.exp(z).sum(axis=1))).sum()
        return np.log1p(np.exp(np.where(truth, -z, z))).sum()

    found = fit_temperature(logits, truth, exclusive=exclusive)
    grid = np.exp(np.linspace(math.log(0.05), math.log(20), 4001))
    assert loss(found) <= min(map(loss, grid)) + 1e-9


def test_without_a_mistake_the_temperature_stops_at_its_lowest():
    logits, truth = np.array([[3.0, 0.0]]), np.array([[True, False]])
    assert fit_temperature(logits, truth, exclusive=True) == pytest.approx(0.05)
    assert fit_temperature(logits, ~truth, exclusive=True) == pytest.approx(20)
    assert fit_temperature(np.zeros((0, 2)), np.zeros((0, 2), bool), exclusive=True) == 1


def test_a_temperature_is_kept_in_a_file(tmp_path):
    assert read_temperature(tmp_path) == 1
    write_temperature(tmp_path, 1.5)
    assert read_temperature(tmp_path) == 1.5


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b'{"temperature": 0}',
        b'{"temperature": -1}',
        b'{"temperature": 1e999}',
        b'{"temperature": "2"}',
        b'{"temperature": 2, "more": 1}',
        b" " * 2000,
    ],
)
def test_a_damaged_file_is_refused(tmp_path, content):
    (tmp_path / "temperature.json").write_bytes(content)
    with pytest.raises(BundleError, match="damaged"):
        read_temperature(tmp_path)
