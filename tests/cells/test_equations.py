"""Each cell's step and sequence against its equations written out with numpy, unit by unit."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from seqkit.cells import GRUOptions, LSTMOptions, RNNOptions
from seqkit.cells.gru import GRU
from seqkit.cells.lstm import LSTM
from seqkit.cells.rnn import RNN

IN, H = 3, 2


def double(rows: list[list[float]]) -> torch.Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def sigmoid(a: float) -> float:
    return 1 / (1 + math.exp(-a))


def weights(gates: int) -> dict[str, np.ndarray]:
    """Numbers that differ everywhere and need no generator."""
    shapes = {"W_hx": (gates * H, IN), "W_hh": (gates * H, H), "b_x": gates * H, "b_h": gates * H}
    return {
        name: np.sin(np.arange(np.prod(shape)) * (i + 1.7) + i).reshape(shape)
        for i, (name, shape) in enumerate(shapes.items())
    }


def sums(w: dict[str, np.ndarray], gate: int, unit: int, x, h) -> tuple[float, float]:
    """The input's and the state's share of one gate of one unit."""
    row = gate * H + unit
    share_x = sum(w["W_hx"][row, k] * x[k] for k in range(IN)) + w["b_x"][row]
    share_h = sum(w["W_hh"][row, k] * h[k] for k in range(H)) + w["b_h"][row]
    return share_x, share_h


def rnn(w, x, h, activation):
    return [activation(sum(sums(w, 0, j, x, h))) for j in range(H)]


def gru_after(w, x, h):
    new = []
    for j in range(H):
        r, z = (sigmoid(sum(sums(w, gate, j, x, h))) for gate in (0, 1))
        n_x, n_h = sums(w, 2, j, x, h)
        n = math.tanh(n_x + r * n_h)
        new.append((1 - z) * n + z * h[j])
    return new


def gru_before(w, x, h):
    r = [sigmoid(sum(sums(w, 0, j, x, h))) for j in range(H)]
    reset = [r[j] * h[j] for j in range(H)]
    new = []
    for j in range(H):
        z = sigmoid(sum(sums(w, 1, j, x, h)))
        n = math.tanh(sum(sums(w, 2, j, x, reset)))
        new.append((1 - z) * n + z * h[j])
    return new


def lstm(w, x, h, c):
    new_h, new_c = [], []
    for j in range(H):
        i, f, o = (sigmoid(sum(sums(w, gate, j, x, h))) for gate in (0, 1, 3))
        g = math.tanh(sum(sums(w, 2, j, x, h)))
        new_c.append(f * c[j] + i * g)
        new_h.append(o * math.tanh(new_c[-1]))
    return new_h, new_c


REFERENCES = {
    "rnn-tanh": (RNN, RNNOptions(), lambda w, x, h: (rnn(w, x, h, math.tanh),)),
    "rnn-relu": (
        RNN,
        RNNOptions(activation="relu"),
        lambda w, x, h: (rnn(w, x, h, lambda a: max(a, 0.0)),),
    ),
    "gru-after": (GRU, GRUOptions(), lambda w, x, h: (gru_after(w, x, h),)),
    "gru-before": (GRU, GRUOptions(reset="before"), lambda w, x, h: (gru_before(w, x, h),)),
    "lstm": (LSTM, LSTMOptions(), lstm),
}


@pytest.fixture(params=REFERENCES)
def pair(request):
    """A cell, and its equations with the same weights."""
    cls, options, reference = REFERENCES[request.param]
    cell = cls(IN, H, options).double()
    w = weights(cls.gates)
    cell.load_state_dict({name: torch.from_numpy(value) for name, value in w.items()})
    return cell, lambda x, *state: reference(w, x, *state)


def test_one_step(pair) -> None:
    cell, reference = pair
    x, state = [0.3, -1.2, 0.8], [[0.5, -0.7], [1.5, -0.4]][: len(cell.states)]
    y, new = cell.step(double([x]), tuple(double([s]) for s in state))
    expected = reference(x, *state)
    np.testing.assert_allclose([s[0].tolist() for s in new], expected, rtol=1e-12)
    np.testing.assert_allclose(y[0].tolist(), expected[0], rtol=1e-12)


def test_whole_sequence(pair) -> None:
    cell, reference = pair
    x = np.cos(np.arange(6 * IN) * 2.3).reshape(6, IN)
    y, end = cell(torch.from_numpy(x).unsqueeze(1))
    state = tuple([0.0] * H for _ in cell.states)
    for x_t, y_t in zip(x, y[:, 0].tolist(), strict=True):
        state = reference(x_t, *state)
        np.testing.assert_allclose(y_t, state[0], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose([s[0].tolist() for s in end], state, rtol=1e-9, atol=1e-9)


def test_lstm_by_hand() -> None:
    """All sums are zero: each sigmoid is 1/2, so half of the old memory stays and half shows."""
    cell = LSTM(1, 1, LSTMOptions()).double()
    y, (h, c) = cell.step(double([[1]]), (double([[0]]), double([[2]])))
    assert c.item() == 1.0
    assert y.item() == h.item() == pytest.approx(0.5 * math.tanh(1.0), abs=1e-12)


def test_gru_by_hand() -> None:
    """All sums are zero: the new value is 0, the update gate 1/2, so half of the state stays."""
    cell = GRU(1, 1, GRUOptions()).double()
    _, (h,) = cell.step(double([[1]]), (double([[3]]),))
    assert h.item() == 1.5
