import numpy as np
import pytest
import torch
from seqkit_forecast.windows import windows, with_phase

FEATURES = np.array([[[0], [1], [2], [3], [4]], [[10], [11], [12], [13], [14]]])


def test_a_window_ends_at_its_origin_and_time_comes_first():
    cut = windows(FEATURES, np.array([2, 4]), 3)
    assert len(cut) == 4
    taken = cut.take(torch.tensor([0, 1, 3]))
    assert taken.shape == (3, 3, 1)
    assert taken[:, :, 0].T.tolist() == [[0, 1, 2], [2, 3, 4], [12, 13, 14]]


def test_targets_go_with_their_windows():
    goals = np.array([[[3.0, 4.0], [5.0, 6.0]], [[13.0, 14.0], [15.0, 16.0]]])
    cut = windows(FEATURES, np.array([2, 4]), 3, goals)
    assert cut.goals(torch.tensor([3, 0])).tolist() == [[15, 16], [3, 4]]


def test_batches_are_all_windows_in_order():
    batches = list(windows(FEATURES, np.array([1, 2, 3]), 1).batches(4))
    assert [batch[0, :, 0].tolist() for batch in batches] == [[1, 2, 3, 11], [12, 13]]


def test_the_phase_goes_round_once_a_season_from_where_the_series_begins():
    phased = with_phase(FEATURES, season=4, first=1)
    assert phased.shape == (2, 5, 3)
    assert phased[0, :, 1] == pytest.approx(np.array([1, 0, -1, 0, 1]))
    assert phased[1, :, 2] == pytest.approx(np.array([0, -1, 0, 1, 0]))


def test_without_a_season_there_is_no_phase():
    assert with_phase(FEATURES, season=1, first=0) is FEATURES
