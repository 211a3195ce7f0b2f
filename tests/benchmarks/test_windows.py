"""How character models are scored: windows without a state, and with it carried on."""

from __future__ import annotations

import numpy as np
import pytest
import torch

V = 3


class Counter:
    """Knows how many characters it has seen, and is the surer of 0 the more there were."""

    def __init__(self):
        self.begun = []

    def __call__(self, ids, state):
        B, T = ids.shape
        if state is None:
            state = torch.zeros(B)
        self.begun.append(state.tolist())
        seen = state[:, None] + torch.arange(1, T + 1)  # (B, T)
        logits = torch.stack([seen / 100, *[torch.zeros(B, T)] * (V - 1)], dim=-1)
        return logits, state + T


def surprise(seen):
    """Nats that the counter needs for a 0 after so many characters."""
    return np.log(np.exp(seen / 100) + V - 1) - seen / 100


def test_each_window_begins_without_a_state(peer):
    windows = peer("windows")
    scores = windows.losses(Counter(), np.zeros(64 * 5 + 1), carries=False)
    assert scores == {"zero": pytest.approx(surprise(np.arange(1, 65)).mean(), abs=1e-6)}


def test_a_carried_state_goes_on_from_window_to_window(peer, monkeypatch):
    windows = peer("windows")
    monkeypatch.setattr(windows, "_STREAMS", 2)
    counter = Counter()
    scores = windows.losses(counter, np.zeros(64 * 6 + 1))
    assert counter.begun[1:] == [[0, 0], [64, 64], [128, 128]]
    assert scores["carried"] == pytest.approx(surprise(np.arange(1, 193)).mean(), abs=1e-6)


def test_a_target_is_the_character_that_comes_next(peer):
    windows = peer("windows")

    def copies(ids, state):
        following = (ids + 1) % V
        return 50.0 * torch.nn.functional.one_hot(following, V), state

    scores = windows.losses(copies, np.arange(64 * 2 + 1) % V)
    assert scores == {"zero": pytest.approx(0, abs=1e-6), "carried": pytest.approx(0, abs=1e-6)}


def test_scoring_becomes_ever_rarer(peer):
    moments = peer("windows").Moments(1.0, factor=2.0)
    due = [second for second in range(40) if moments.due(second)]
    assert due == [1, 2, 4, 8, 16, 32]
