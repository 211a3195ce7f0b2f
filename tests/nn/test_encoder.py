"""Layers, directions, lengths and padding: each sequence as if it were alone."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from seqkit.cells import GRUOptions, LSTMOptions, RNNOptions
from seqkit.cells.base import Cell
from seqkit.cells.gru import GRU
from seqkit.cells.lstm import LSTM
from seqkit.cells.rnn import RNN
from seqkit.errors import UsageError
from seqkit.nn.dropout import set_generator
from seqkit.nn.encoder import Encoder, reorder

T, B, IN, H = 6, 5, 3, 4
LENGTHS = torch.tensor([4, 6, 1, 0, 4])
FULL = torch.full((B,), T)
PADDING = torch.arange(T).unsqueeze(1) >= LENGTHS  # (T, B)
exact = {"rtol": 1e-9, "atol": 1e-9}


class Foreign(Cell):
    """A cell as a plugin might bring it: no kernel, no ids, an output that is not its state."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__(input_size, hidden_size, None)
        self.W = torch.nn.Parameter(torch.zeros(hidden_size, input_size))
        self.a = torch.nn.Parameter(torch.zeros(hidden_size))

    def reset_parameters(self, generator):
        for p in self.parameters():
            torch.nn.init.uniform_(p, 0.2, 0.9, generator=generator)

    def initial_state(self, batch_size):
        return (self.a.new_zeros(batch_size, self.hidden_size),) * 2

    def step(self, x, state):
        total, count = state
        total = self.a * total + x @ self.W.t()
        return torch.tanh(total) / (count + 1), (total, count + 1)


KINDS = {
    "rnn": lambda i, h: RNN(i, h, RNNOptions()),
    "relu": lambda i, h: RNN(i, h, RNNOptions(activation="relu")),
    "gru": lambda i, h: GRU(i, h, GRUOptions()),
    "gru-before": lambda i, h: GRU(i, h, GRUOptions(reset="before")),
    "lstm": lambda i, h: LSTM(i, h, LSTMOptions()),
    "foreign": Foreign,
}


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def draw(*shape: int) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=generator(sum(shape)))


def make(kind: str, *, layers: int = 2, bidirectional: bool = True, **options) -> Encoder:
    options.setdefault("input_size", IN)
    encoder = Encoder(
        KINDS[kind], hidden_size=H, layers=layers, bidirectional=bidirectional, **options
    )
    g = generator()
    encoder.reset_parameters(g)
    with torch.no_grad():
        for p in encoder.parameters():
            p.add_(torch.empty_like(p).uniform_(-0.2, 0.2, generator=g))
    return encoder.double()


def states(encoder: Encoder, batch_size: int = B):
    return tuple(
        tuple(draw(*s.shape) * (i + 1) / 4 for s in cell)
        for i, cell in enumerate(encoder.initial_state(batch_size))
    )


def flat(state) -> list[Tensor]:
    return [s for cell in state for s in cell]


def by_hand(encoder: Encoder, x: Tensor, state):
    """One sequence ``(t, 1, I)``, step by step, each direction written out."""
    final = []
    for first in range(0, len(encoder.cells), encoder.directions):
        directions = []
        for d in range(encoder.directions):
            cell, s = encoder.cells[first + d], state[first + d]
            order = range(len(x)) if d == 0 else reversed(range(len(x)))
            outputs = {}
            for t in order:
                outputs[t], s = cell.step(x[t], s)
            directions.append(torch.stack([outputs[t] for t in range(len(x))]))
            final.append(s)
        x = torch.cat(directions, dim=-1)
    return x, tuple(final)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", KINDS)
class TestEachSequenceAlone:
    def test_outputs_and_final_states_equal_steps_by_hand(self, kind, bidirectional) -> None:
        encoder = make(kind, bidirectional=bidirectional)
        x, start = draw(T, B, IN), states(encoder)
        y, final = encoder.run(x, LENGTHS, start)
        assert y.shape == (T, B, encoder.output_size)
        for b, length in enumerate(LENGTHS.tolist()):
            alone = tuple(tuple(s[b : b + 1] for s in cell) for cell in start)
            y_one, final_one = (
                by_hand(encoder, x[:length, b : b + 1], alone) if length else (y[:0, :1], alone)
            )
            torch.testing.assert_close(y[:length, b : b + 1], y_one, **exact)
            torch.testing.assert_close(
                [s[b : b + 1] for s in flat(final)], flat(final_one), **exact
            )
            assert not y[length:, b].any()

    def test_forward_equals_run(self, kind, bidirectional) -> None:
        encoder = make(kind, bidirectional=bidirectional)
        x, start = draw(T, B, IN).requires_grad_(), states(encoder)
        weight = draw(T, B, encoder.output_size)
        results = []
        for y in (encoder(x, LENGTHS, start), encoder.run(x, LENGTHS, start)[0]):
            inputs = [x, *encoder.parameters()]
            results.append([y, *torch.autograd.grad((y * weight).sum(), inputs)])
        torch.testing.assert_close(*results, **exact)

    @pytest.mark.parametrize("garbage", [torch.nan, torch.inf, 1e300])
    def test_padding_changes_nothing(self, kind, bidirectional, garbage) -> None:
        encoder = make(kind, bidirectional=bidirectional)
        results = []
        for filler in (0.0, garbage):
            x = draw(T, B, IN).masked_fill(PADDING.unsqueeze(-1), filler).requires_grad_()
            fast = encoder(x, LENGTHS)
            y, final = encoder.run(x, LENGTHS)
            loss = fast.square().sum() + y.sum() + sum(s.square().sum() for s in flat(final))
            grads = torch.autograd.grad(loss, [x, *encoder.parameters()])
            results.append([fast, y, *flat(final), *grads])
        torch.testing.assert_close(*results, rtol=0, atol=0)

    def test_every_parameter_gets_a_gradient(self, kind, bidirectional) -> None:
        encoder = make(kind, bidirectional=bidirectional)
        encoder(draw(T, B, IN), LENGTHS).square().sum().backward()
        assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in encoder.parameters())


@pytest.mark.parametrize("kind", KINDS)
def test_split_with_carried_state_equals_whole(kind: str) -> None:
    encoder = make(kind, bidirectional=False)
    x = draw(T, B, IN)
    y, final = encoder.run(x, LENGTHS)
    y_first, carried = encoder.run(x[:2], LENGTHS.clamp(max=2))
    y_second, carried = encoder.run(x[2:], (LENGTHS - 2).clamp(min=0), carried)
    torch.testing.assert_close(torch.cat([y_first, y_second]), y, **exact)
    torch.testing.assert_close(flat(carried), flat(final), **exact)


@pytest.mark.parametrize("kind", ["gru", "lstm"])
@pytest.mark.parametrize("layers", [1, 3])
@pytest.mark.parametrize("bidirectional", [False, True])
def test_equals_packed_sequences_of_torch(kind: str, layers: int, bidirectional: bool) -> None:
    encoder = make(kind, layers=layers, bidirectional=bidirectional)
    cls = {"gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[kind]
    reference = cls(IN, H, layers, bidirectional=bidirectional).double()
    flat_weights = [p for cell in encoder.cells for p in cell.parameters()]
    with torch.no_grad():
        for theirs, ours in zip(reference.parameters(), flat_weights, strict=True):
            theirs.copy_(ours)
    x, some = draw(T, B, IN), LENGTHS > 0
    packed = torch.nn.utils.rnn.pack_padded_sequence(
        x[:, some], LENGTHS[some], enforce_sorted=False
    )
    y_ref, end = reference(packed)
    y_ref = torch.nn.utils.rnn.pad_packed_sequence(y_ref)[0]
    y, final = encoder.run(x, LENGTHS)
    torch.testing.assert_close(y[:, some], y_ref, **exact)
    end = end if kind == "lstm" else (end,)
    for i, state in enumerate(final):
        torch.testing.assert_close([s[some] for s in state], [e[i] for e in end], **exact)


@pytest.mark.parametrize("kind", KINDS)
class TestSizes:
    def test_batch_of_one_step_of_one_sequence(self, kind) -> None:
        encoder = make(kind)
        x = draw(1, 1, IN)
        y, final = encoder.run(x, torch.tensor([1]))
        expected = by_hand(encoder, x, encoder.initial_state(1))
        torch.testing.assert_close((y, flat(final)), (expected[0], flat(expected[1])), **exact)

    def test_all_empty(self, kind) -> None:
        encoder = make(kind)
        start = states(encoder)
        y, final = encoder.run(draw(T, B, IN), torch.zeros(B, dtype=torch.int64), start)
        assert not y.any()
        torch.testing.assert_close(flat(final), flat(start), rtol=0, atol=0)

    def test_no_steps(self, kind) -> None:
        encoder = make(kind)
        assert encoder(draw(0, B, IN), torch.zeros(B, dtype=torch.int64)).shape == (0, B, 2 * H)

    def test_equal_lengths_give_the_cells_own_state(self, kind) -> None:
        encoder = make(kind, layers=1, bidirectional=False)
        x = draw(T, B, IN)
        y, final = encoder.run(x, FULL)
        y_cell, state = encoder.cells[0](x)
        torch.testing.assert_close((y, final), (y_cell, (state,)), rtol=0, atol=0)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "foreign"])
class TestOneHot:
    def test_equals_vectors(self, kind) -> None:
        encoder = make(kind, input_size=7, one_hot=True)
        ids = torch.randint(7, (T, B), generator=generator())
        vectors = torch.nn.functional.one_hot(ids, 7).double()
        results = []
        for x in (ids, vectors):
            y, final = encoder.run(x, LENGTHS)
            fast = encoder(x, LENGTHS)
            grads = torch.autograd.grad(y.square().sum() + fast.sum(), [*encoder.parameters()])
            results.append([y, fast, *flat(final), *grads])
        torch.testing.assert_close(*results, **exact)

    def test_padding_changes_nothing(self, kind) -> None:
        encoder = make(kind, input_size=7, one_hot=True)
        ids = torch.randint(7, (T, B), generator=generator())
        results = []
        for filler in (0, 5, -100, 10**9):
            y = encoder(ids.masked_fill(PADDING, filler), LENGTHS)
            grads = torch.autograd.grad(y.square().sum(), [*encoder.parameters()])
            results.append([y, *grads])
        for result in results[1:]:
            torch.testing.assert_close(result, results[0], rtol=0, atol=0)


def test_one_hot_needs_a_cell_that_takes_ids() -> None:
    with pytest.raises(UsageError, match="Foreign takes no one-hot input"):
        Encoder(Foreign, 7, H, one_hot=True)


def test_same_seed_same_weights_and_the_global_generator_untouched() -> None:
    before = torch.get_rng_state()
    first, second = make("lstm"), make("lstm")
    first(draw(T, B, IN), LENGTHS)
    torch.testing.assert_close(first.state_dict(), second.state_dict(), rtol=0, atol=0)
    assert torch.equal(before, torch.get_rng_state())
    assert not torch.equal(first.cells[0].W_hx, first.cells[1].W_hx)


class TestDropout:
    def outputs(self, layers: int, per="element", seed: int = 3) -> tuple[Tensor, Tensor]:
        encoder = make("gru", layers=layers, bidirectional=False, dropout=0.5, dropout_per=per)
        x = draw(T, B, IN)
        plain = encoder.eval()(x, FULL)
        set_generator(encoder.train(), generator(seed))
        return plain, encoder(x, FULL)

    def test_only_between_layers(self) -> None:
        plain, trained = self.outputs(layers=1)
        assert torch.equal(plain, trained)
        plain, trained = self.outputs(layers=2)
        assert not torch.allclose(plain, trained)
        assert trained.all()

    @pytest.mark.parametrize("per", ["element", "sequence"])
    def test_follows_the_generator(self, per) -> None:
        first = self.outputs(2, per, seed=3)[1]
        assert torch.equal(first, self.outputs(2, per, seed=3)[1])
        assert not torch.equal(first, self.outputs(2, per, seed=4)[1])


def test_numerical_gradient_of_unequal_lengths() -> None:
    encoder = make("lstm")
    x = draw(T, B, IN).requires_grad_()
    start = [s.requires_grad_() for s in flat(states(encoder))]

    def run(x, *start):
        pairs = tuple(zip(start[::2], start[1::2], strict=True))
        y, final = encoder.run(x, LENGTHS, pairs)
        return (y, *flat(final))

    assert torch.autograd.gradcheck(run, (x, *start))


def test_reorder_puts_steps_where_told() -> None:
    x = torch.tensor([[1, 10], [2, 20], [3, 30]])
    order = torch.tensor([[2, 1], [1, 0], [0, 2]])
    assert reorder(x, order).tolist() == [[3, 20], [2, 10], [1, 30]]
