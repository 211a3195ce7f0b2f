"""What all built-in cells share, each held against torch.nn with the same weights."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F

from seqkit.cells import CELLS, GRUOptions, LSTMOptions, RNNOptions
from seqkit.cells.base import Cell
from seqkit.cells.gru import GRU
from seqkit.cells.lstm import LSTM
from seqkit.cells.rnn import RNN
from seqkit.lazy import load

T, B, IN, H = 7, 3, 5, 4

KINDS = {
    "rnn-tanh": (RNN, RNNOptions(), lambda: torch.nn.RNN(IN, H)),
    "rnn-relu": (
        RNN,
        RNNOptions(activation="relu"),
        lambda: torch.nn.RNN(IN, H, nonlinearity="relu"),
    ),
    "gru": (GRU, GRUOptions(), lambda: torch.nn.GRU(IN, H)),
    "gru-before": (GRU, GRUOptions(reset="before"), None),
    "lstm": (LSTM, LSTMOptions(), lambda: torch.nn.LSTM(IN, H)),
}
IN_TORCH = [kind for kind, (_, _, reference) in KINDS.items() if reference]
exact = {"rtol": 1e-9, "atol": 1e-9}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def make(kind: str, input_size: int = IN, dtype: torch.dtype = torch.float64) -> Cell:
    """A cell with random biases too, so that none can hide."""
    cls, options, _ = KINDS[kind]
    cell = cls(input_size, H, options)
    g = generator(1)
    cell.reset_parameters(g)
    with torch.no_grad():
        for b in (cell.b_x, cell.b_h):
            b.add_(torch.empty_like(b).uniform_(-0.5, 0.5, generator=g))
    return cell.to(dtype)


def draw(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=generator(sum(shape)))


def state_of(cell: Cell) -> tuple[torch.Tensor, ...]:
    return tuple(draw(B, H) * (i + 1) / 2 for i in range(len(cell.states)))


def weighted_sum(y: torch.Tensor, state: tuple[torch.Tensor, ...]) -> torch.Tensor:
    """A scalar whose gradient reaches each output and state with a weight of its own."""
    return sum((draw(*t.shape).to(t.dtype) * t).sum() for t in (y, *state))


def gradients(loss: torch.Tensor, tensors) -> list[torch.Tensor]:
    return torch.autograd.grad(loss, list(tensors))


def copy_weights(cell: Cell, reference: torch.nn.RNNBase) -> torch.nn.RNNBase:
    with torch.no_grad():
        for name in ("W_hx", "W_hh", "b_x", "b_h"):
            theirs = {"W_hx": "weight_ih", "W_hh": "weight_hh", "b_x": "bias_ih", "b_h": "bias_hh"}
            getattr(reference, f"{theirs[name]}_l0").copy_(getattr(cell, name))
    return reference


@pytest.mark.parametrize("kind", IN_TORCH)
class TestAgainstTorch:
    def compare(self, kind: str, dtype: torch.dtype, tolerance: dict[str, float]) -> None:
        cell = make(kind, dtype=dtype)
        reference = copy_weights(cell, KINDS[kind][2]().to(dtype))
        x = draw(T, B, IN).to(dtype).requires_grad_()
        start = [s.to(dtype).requires_grad_() for s in state_of(cell)]
        stacked = [s.unsqueeze(0) for s in start]
        y, state = cell(x, tuple(start))
        y_ref, state_ref = reference(x, tuple(stacked) if len(start) == 2 else stacked[0])
        state_ref = state_ref if len(start) == 2 else (state_ref,)
        state_ref = tuple(s.squeeze(0) for s in state_ref)
        torch.testing.assert_close((y, state), (y_ref, state_ref), **tolerance)
        torch.testing.assert_close(
            gradients(weighted_sum(y, state), [x, *start, *cell.parameters()]),
            gradients(weighted_sum(y_ref, state_ref), [x, *start, *reference.parameters()]),
            **tolerance,
        )

    def test_outputs_states_and_gradients(self, kind: str) -> None:
        self.compare(kind, torch.float64, exact)

    def test_single_precision(self, kind: str) -> None:
        self.compare(kind, torch.float32, {"rtol": 1e-4, "atol": 1e-5})


@pytest.mark.parametrize("kind", KINDS)
class TestWholeSequence:
    @pytest.mark.parametrize("steps", [1, T])
    def test_equals_repeated_steps(self, kind: str, steps: int) -> None:
        cell = make(kind)
        x = draw(steps, B, IN).requires_grad_()
        start = tuple(s.requires_grad_() for s in state_of(cell))
        fast, slow = cell(x, start), Cell.forward(cell, x, start)
        torch.testing.assert_close(fast, slow, **exact)
        inputs = [x, *start, *cell.parameters()]
        torch.testing.assert_close(
            gradients(weighted_sum(*fast), inputs), gradients(weighted_sum(*slow), inputs), **exact
        )

    def test_single_precision_equals_repeated_steps(self, kind: str) -> None:
        cell = make(kind, dtype=torch.float32)
        x = draw(T, B, IN).float()
        torch.testing.assert_close(cell(x), Cell.forward(cell, x), rtol=1e-4, atol=1e-5)

    def test_without_gradient_equals_with(self, kind: str) -> None:
        cell = make(kind)
        x = draw(T, B, IN)
        with torch.no_grad():
            quiet = cell.eval()(x)
        torch.testing.assert_close(quiet, cell.train()(x), **exact)

    def test_starts_from_zeros(self, kind: str) -> None:
        cell = make(kind)
        x = draw(T, B, IN)
        zeros = tuple(torch.zeros(B, H, dtype=torch.float64) for _ in cell.states)
        torch.testing.assert_close(cell.initial_state(B), zeros, rtol=0, atol=0)
        torch.testing.assert_close(cell(x), cell(x, zeros), rtol=0, atol=0)

    @pytest.mark.parametrize("cut", [1, 3, T - 1])
    def test_split_with_carried_state_equals_whole(self, kind: str, cut: int) -> None:
        cell = make(kind)
        x = draw(T, B, IN)
        y, state = cell(x)
        y_first, carried = cell(x[:cut])
        y_second, carried = cell(x[cut:], carried)
        torch.testing.assert_close((torch.cat([y_first, y_second]), carried), (y, state), **exact)

    def test_batch_equals_singles(self, kind: str) -> None:
        cell = make(kind)
        x = draw(T, B, IN)
        y, state = cell(x)
        for b in range(B):
            y_one, state_one = cell(x[:, b : b + 1])
            torch.testing.assert_close(y_one, y[:, b : b + 1], **exact)
            torch.testing.assert_close(state_one, tuple(s[b : b + 1] for s in state), **exact)

    def test_numerical_gradient_of_the_fast_path(self, kind: str) -> None:
        cell = make(kind)
        x = draw(3, 2, IN).requires_grad_()
        start = tuple(s[:2].clone().requires_grad_() for s in state_of(cell))
        weights = [p.detach().clone().requires_grad_() for p in cell.parameters()]
        names = [name for name, _ in cell.named_parameters()]

        def run(x, *rest):
            state, given = rest[: len(start)], dict(zip(names, rest[len(start) :], strict=True))
            y, end = torch.func.functional_call(cell, given, (x, state))
            return (y, *end)

        assert torch.autograd.gradcheck(run, (x, *start, *weights))

    def test_every_parameter_gets_a_gradient(self, kind: str) -> None:
        cell = make(kind)
        cell(draw(T, B, IN))[0].square().sum().backward()
        assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in cell.parameters())


@pytest.mark.parametrize("kind", KINDS)
class TestIds:
    def test_equal_the_product_with_one_hot_vectors(self, kind: str) -> None:
        cell = make(kind, input_size=11)
        ids = torch.randint(11, (T, B), generator=generator())
        vectors = F.one_hot(ids, 11).double()
        looked_up, multiplied = cell(ids), cell(vectors)
        torch.testing.assert_close(looked_up, multiplied, **exact)
        torch.testing.assert_close(
            gradients(weighted_sum(*looked_up), cell.parameters()),
            gradients(weighted_sum(*multiplied), cell.parameters()),
            **exact,
        )

    def test_step_takes_them_too(self, kind: str) -> None:
        cell = make(kind, input_size=11)
        ids = torch.randint(11, (T, B), generator=generator())
        torch.testing.assert_close(Cell.forward(cell, ids), cell(ids), **exact)

    def test_makes_nothing_as_large_as_the_vocabulary(self, kind: str) -> None:
        V = 5000
        cell = make(kind, input_size=V)
        sizes = []

        class Watch(torch.overrides.TorchFunctionMode):
            def __torch_function__(self, func, types, args=(), kwargs=None):
                result = func(*args, **(kwargs or {}))
                if isinstance(result, torch.Tensor):
                    # A transposed view of the weights has their storage.
                    view = result.untyped_storage().data_ptr() == cell.W_hx.data_ptr()
                    sizes.append(0 if view else result.numel())
                return result

        with Watch():
            cell(torch.randint(V, (T, B), generator=generator()))
        assert 0 < max(sizes) < V


@pytest.mark.parametrize("kind", KINDS)
class TestInitialisation:
    def fresh(self, kind: str, seed: int) -> Cell:
        cls, options, _ = KINDS[kind]
        cell = cls(IN, H, options)
        cell.reset_parameters(generator(seed))
        return cell

    def test_same_seed_same_weights(self, kind: str) -> None:
        first, second = self.fresh(kind, 5), self.fresh(kind, 5)
        torch.testing.assert_close(first.state_dict(), second.state_dict(), rtol=0, atol=0)
        assert not torch.equal(first.W_hx, self.fresh(kind, 6).W_hx)

    def test_global_generator_is_left_alone(self, kind: str) -> None:
        before = torch.get_rng_state()
        cell = self.fresh(kind, 5)
        cell(torch.zeros(T, B, IN))
        assert torch.equal(before, torch.get_rng_state())

    def test_drawing_again_replaces_what_was_there(self, kind: str) -> None:
        cell = make(kind, dtype=torch.float32)
        cell.reset_parameters(generator(5))
        expected = self.fresh(kind, 5).state_dict()
        torch.testing.assert_close(cell.state_dict(), expected, rtol=0, atol=0)

    def test_input_weights_are_glorot_uniform_over_all_gates(self, kind: str) -> None:
        cls, options, _ = KINDS[kind]
        cell = cls(300, 200, options)
        cell.reset_parameters(generator())
        bound = (6 / (300 + cell.gates * 200)) ** 0.5
        assert 0.999 * bound < cell.W_hx.abs().max() <= bound
        assert cell.W_hx.std().item() == pytest.approx(bound / 3**0.5, rel=0.02)

    def test_recurrent_weights_have_orthonormal_columns(self, kind: str) -> None:
        W = self.fresh(kind, 5).W_hh
        torch.testing.assert_close(W.t() @ W, torch.eye(H), rtol=0, atol=1e-5)


def test_relu_begins_as_the_identity() -> None:
    cell = RNN(IN, H, RNNOptions(activation="relu"))
    cell.reset_parameters(generator())
    assert torch.equal(cell.W_hh, torch.eye(H))


@pytest.mark.parametrize("forget_bias", [0.0, 1.0, 2.5])
def test_forget_bias_counts_once(forget_bias: float) -> None:
    cell = LSTM(IN, H, LSTMOptions(forget_bias=forget_bias))
    cell.reset_parameters(generator())
    expected = torch.zeros(4 * H)
    expected[H : 2 * H] = forget_bias
    assert torch.equal(cell.b_x + cell.b_h, expected)


@pytest.mark.parametrize("spec", CELLS, ids=lambda spec: spec.name)
def test_spec_says_what_the_cell_has(spec) -> None:
    cell = load(spec.target)(IN, H, spec.options())
    assert (cell.gates, cell.states) == (spec.gates, spec.states)
    assert {name: tuple(p.shape) for name, p in cell.named_parameters()} == {
        "W_hx": (spec.gates * H, IN),
        "W_hh": (spec.gates * H, H),
        "b_x": (spec.gates * H,),
        "b_h": (spec.gates * H,),
    }
