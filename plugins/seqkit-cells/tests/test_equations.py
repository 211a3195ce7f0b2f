"""Each cell against its equations written out with numpy, unit by unit, in double precision."""

import math

import numpy as np
import pytest
import torch

from seqkit import registry

IN, H, T = 3, 2, 6


def sigmoid(a):
    return 1 / (1 + math.exp(-a))


def rows(w, gate, x, h=None):
    """The sums of one gate, a number a unit, from the input and, where there is one, the state."""
    sums = []
    for j in range(gate * H, (gate + 1) * H):
        total = w["b_x"][j] + sum(w["W_hx"][j, k] * x[k] for k in range(IN))
        if h is not None:
            total += w["b_h"][j] + sum(w["W_hh"][j, k] * h[k] for k in range(H))
        sums.append(total)
    return sums


def mgu(w, x, h):
    f = [sigmoid(a) for a in rows(w, 0, x, h)]
    n = [math.tanh(a) for a in rows(w, 1, x, [f[j] * h[j] for j in range(H)])]
    new = [(1 - f[j]) * h[j] + f[j] * n[j] for j in range(H)]
    return new, (new,)


def gru_update(w, x, h):
    z = [sigmoid(a) for a in rows(w, 0, x, h)]
    n = [math.tanh(a) for a in rows(w, 1, x, h)]
    new = [(1 - z[j]) * h[j] + z[j] * n[j] for j in range(H)]
    return new, (new,)


def lstm_peephole(w, x, h, c):
    a_i, a_f, a_g, a_o = (rows(w, gate, x, h) for gate in range(4))
    p_i, p_f, p_o = w["p"]
    new_h, new_c = [], []
    for j in range(H):
        i, f = sigmoid(a_i[j] + p_i[j] * c[j]), sigmoid(a_f[j] + p_f[j] * c[j])
        new_c.append(f * c[j] + i * math.tanh(a_g[j]))
        new_h.append(sigmoid(a_o[j] + p_o[j] * new_c[j]) * math.tanh(new_c[j]))
    return new_h, (new_h, new_c)


def normalised(numbers, gain, bias):
    mean = sum(numbers) / len(numbers)
    variance = sum((n - mean) ** 2 for n in numbers) / len(numbers)
    scale = math.sqrt(variance + 1e-5)
    return [(n - mean) / scale * g + b for n, g, b in zip(numbers, gain, bias, strict=True)]


def lstm_layernorm(w, x, h, c):
    from_x = [sum(w["W_hx"][j, k] * x[k] for k in range(IN)) for j in range(4 * H)]
    from_h = [sum(w["W_hh"][j, k] * h[k] for k in range(H)) for j in range(4 * H)]
    from_x = normalised(from_x, w["gain_x"], w["b_x"])
    from_h = normalised(from_h, w["gain_h"], w["b_h"])
    i, f, g, o = np.array([from_x, from_h]).sum(axis=0).reshape(4, H)
    new_c = [sigmoid(f[j]) * c[j] + sigmoid(i[j]) * math.tanh(g[j]) for j in range(H)]
    shown = normalised(new_c, w["gain_c"], w["b_c"])
    new_h = [sigmoid(o[j]) * math.tanh(shown[j]) for j in range(H)]
    return new_h, (new_h, new_c)


def indrnn(activation, bound=1.0):
    def step(w, x, h):
        a = rows(w, 0, x)
        u = [bound * math.tanh(v) for v in w["v"]]
        new = [activation(a[j] + u[j] * h[j]) for j in range(H)]
        return new, (new,)

    return step


def mingru(w, x, h):
    z, n = [sigmoid(a) for a in rows(w, 0, x)], rows(w, 1, x)
    new = [(1 - z[j]) * h[j] + z[j] * n[j] for j in range(H)]
    return new, (new,)


def minlstm(w, x, h):
    i, f = ([sigmoid(a) for a in rows(w, gate, x)] for gate in (0, 1))
    n = rows(w, 2, x)
    new = [f[j] / (f[j] + i[j]) * h[j] + i[j] / (f[j] + i[j]) * n[j] for j in range(H)]
    return new, (new,)


def qrnn(window, pooling):
    def step(w, x, c, *lent):
        sums = [rows(w, gate, x) for gate in range(len(pooling) + 1)]
        if window == 2:
            used, unused = lent[: len(sums)], lent[len(sums) :]
            sums = np.add(sums, used).tolist()
            lent = (*(w["W_before"] @ x).reshape(-1, H), *unused)
        z, f, *o = sums
        new = [sigmoid(f[j]) * c[j] + (1 - sigmoid(f[j])) * math.tanh(z[j]) for j in range(H)]
        y = [sigmoid(o[0][j]) * new[j] for j in range(H)] if o else new
        return y, (new, *lent)

    return step


def sru(w, x, c):
    n, f, r = rows(w, 0, x), rows(w, 1, x), rows(w, 2, x)
    skip = math.sqrt(1 + 2 * math.exp(-1.5)) * (w["W_skip"] @ x)
    new = [sigmoid(f[j]) * c[j] + (1 - sigmoid(f[j])) * n[j] for j in range(H)]
    return [sigmoid(r[j]) * new[j] + (1 - sigmoid(r[j])) * skip[j] for j in range(H)], (new,)


CASES = {
    "mgu": ("mgu", {}, mgu),
    "gru-update": ("gru-update", {}, gru_update),
    "lstm-peephole": ("lstm-peephole", {}, lstm_peephole),
    "lstm-layernorm": ("lstm-layernorm", {}, lstm_layernorm),
    "indrnn-relu": ("indrnn", {}, indrnn(lambda a: max(a, 0.0))),
    "indrnn-tanh": ("indrnn", {"activation": "tanh", "bound": 1.5}, indrnn(math.tanh, 1.5)),
    "mingru": ("mingru", {}, mingru),
    "minlstm": ("minlstm", {}, minlstm),
    "qrnn-fo-2": ("qrnn", {}, qrnn(2, "fo")),
    "qrnn-f-2": ("qrnn", {"pooling": "f"}, qrnn(2, "f")),
    "qrnn-fo-1": ("qrnn", {"window": 1}, qrnn(1, "fo")),
    "qrnn-f-1": ("qrnn", {"window": 1, "pooling": "f"}, qrnn(1, "f")),
    "sru": ("sru", {"highway_bias": -1.5}, sru),
}
SCANNED = [name for name in CASES if name.startswith(("min", "qrnn", "sru"))]


def make(case, input_size=IN, hidden_size=H):
    name, options, _ = CASES[case]
    spec = registry.find("cell", name).spec
    return registry.load_target("cell", name)(input_size, hidden_size, spec.options(**options))


def with_weights(case):
    """A cell whose weights differ everywhere, and need no generator; and the weights."""
    cell = make(case).double()
    w = {
        name: np.sin(np.arange(tensor.numel()) * (i + 1.7) + i).reshape(tensor.shape)
        for i, (name, tensor) in enumerate(cell.state_dict().items())
    }
    cell.load_state_dict({name: torch.from_numpy(value) for name, value in w.items()})
    return cell, w


@pytest.mark.parametrize("case", CASES)
def test_a_sequence(case):
    cell, w = with_weights(case)
    x = np.cos(np.arange(T * IN) * 2.3).reshape(T, IN)
    state = [np.sin(np.arange(H) + 3.0 * i) for i in range(len(cell.states))]
    y, end = cell(
        torch.from_numpy(x).unsqueeze(1),
        tuple(torch.from_numpy(s).unsqueeze(0) for s in state),
    )
    outputs = []
    for x_t in x:
        y_t, state = CASES[case][2](w, x_t, *state)
        outputs.append(y_t)
    np.testing.assert_allclose(y[:, 0].detach(), outputs, rtol=1e-12, atol=1e-14)
    for got, wanted in zip(end, state, strict=True):
        np.testing.assert_allclose(got[0].detach(), wanted, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("case", SCANNED)
def test_a_long_sequence_equals_steps(case):
    cell, _ = with_weights(case)
    g = torch.Generator().manual_seed(0)
    x = torch.randn(200, 2, IN, dtype=torch.float64, generator=g)
    y, end = cell(x)
    state, outputs = cell.initial_state(2), []
    for x_t in x:
        y_t, state = cell.step(x_t, state)
        outputs.append(y_t)
    torch.testing.assert_close((y, end), (torch.stack(outputs), state), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("case", SCANNED)
def test_gates_that_are_shut_or_open_stay_numbers(case):
    cell, _ = with_weights(case)
    cell = cell.float()
    x = torch.tensor([1e4, -1e4, 0.0]).view(3, 1, 1).expand(3, 2, IN).clone().requires_grad_()
    y, _ = cell(x)
    (gradient,) = torch.autograd.grad(y.sum(), x)
    assert y.isfinite().all()
    assert gradient.isfinite().all()


def fresh(case, input_size=IN, hidden_size=H):
    cell = make(case, input_size, hidden_size)
    cell.reset_parameters(torch.Generator().manual_seed(0))
    return cell


@pytest.mark.parametrize(
    ("case", "gate", "of"), [("lstm-peephole", 1, 4), ("lstm-layernorm", 1, 4), ("minlstm", 1, 3)]
)
def test_the_forget_gate_begins_open(case, gate, of):
    biases = fresh(case).b_x.detach().chunk(of)
    assert [b.tolist() for b in biases] == [[float(i == gate)] * H for i in range(of)]


def test_peepholes_begin_shut_so_that_it_is_seqkits_lstm():
    cell = fresh("lstm-peephole")
    spec = registry.find("cell", "lstm").spec
    lstm = registry.load_target("cell", "lstm")(IN, H, spec.options())
    weights = cell.state_dict()
    assert not weights.pop("p").any()
    lstm.load_state_dict(weights)
    x = torch.randn(T, 2, IN, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(cell(x), lstm(x))


@pytest.mark.parametrize(("case", "bound"), [("indrnn-relu", 1.0), ("indrnn-tanh", 1.5)])
def test_recurrent_weights_begin_anywhere_up_to_the_bound_and_never_pass_it(case, bound):
    cell = fresh(case, hidden_size=1000)
    assert cell.u.min() >= 0
    assert cell.u.max().item() == pytest.approx(0.99 * bound, rel=0.02)
    assert cell.u.mean().item() == pytest.approx(bound / 2, rel=0.1)
    with torch.no_grad():
        cell.v.add_(torch.linspace(-100, 100, 1000))
    assert cell.u.abs().max() == bound


def test_both_steps_of_a_window_are_drawn_as_one_matrix():
    cell = fresh("qrnn-fo-2", input_size=300, hidden_size=200)
    bound = math.sqrt(6 / (2 * 300 + 3 * 200))
    for W in (cell.W_hx, cell.W_before):
        assert 0.999 * bound < W.detach().abs().max() <= bound
    assert not torch.equal(cell.W_hx, cell.W_before)


def test_the_highways_input_is_scaled_to_keep_its_variance():
    cell = fresh("sru", input_size=400, hidden_size=400)
    assert "W_skip" not in cell.state_dict()
    x = torch.randn(1, 50, 400, generator=torch.Generator().manual_seed(1))
    y, _ = cell(x)
    # the square of a gate is 0.293 on average: twice that of the candidate, once of the input
    assert y.var().item() == pytest.approx(0.293**2 + 0.293 * 3, rel=0.05)
