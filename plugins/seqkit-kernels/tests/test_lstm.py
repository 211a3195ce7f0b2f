"""The compiled LSTM beside seqkit's own, run step by step."""

import pytest
import torch
from seqkit_kernels import compiled
from seqkit_kernels.lstm import FEWEST_STEPS, LSTMKernel

from seqkit.cells import LSTMOptions
from seqkit.cells.gru import GRU
from seqkit.cells.lstm import LSTM
from seqkit.nn.dropout import set_generator
from seqkit.nn.encoder import Encoder, reorder, run_until

SHAPES = {
    "small": (7, 20, 3, 16),
    "textbook": (30, 17, 50, 32),
    "units that fill no vector": (9, 33, 5, 10),
    "input wider than a strip": (6, 12, 150, 32),
    "large weights": (5, 14, 40, 192),
    "one unit": (4, 16, 1, 1),
}
TOLERANCE = {torch.float64: 1e-12, torch.float32: 2e-5}


@pytest.fixture(autouse=True)
def _two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def problem(shape, dtype, *, seed=0):
    """A cell with all parameters drawn, an input, lengths from 0 to T, and a state."""
    T, B, features, H = shape
    generator = torch.Generator().manual_seed(seed)

    def draw(*size):
        return torch.randn(*size, dtype=dtype, generator=generator)

    cell = LSTM(features, H, LSTMOptions()).to(dtype)
    for parameter in cell.parameters():
        parameter.data = 0.3 * draw(*parameter.shape)
    lengths = torch.randint(0, T + 1, (B,), generator=generator)
    lengths[0], lengths[1] = T, 0
    return cell, draw(T, B, features), lengths, (draw(B, H), draw(B, H))


def plainly(cell, x, lengths, state, *, reverse):
    """What the kernel is to give, by the cell's own equations."""
    T = len(x)
    steps = torch.arange(T).unsqueeze(1)
    padding = steps >= lengths
    mirror = torch.where(padding, steps, lengths - 1 - steps)
    x = x.masked_fill(padding.unsqueeze(-1), 0)
    y, end = run_until(cell, reorder(x, mirror) if reverse else x, lengths.tolist(), state)
    return (reorder(y, mirror) if reverse else y), end


def gradients(run, cell, x, lengths, state, **options):
    """Outputs, final state, and the gradient of a fixed mixture of them by all that is drawn."""
    x = x.clone().requires_grad_()
    state = tuple(s.clone().requires_grad_() for s in state)
    y, end = run(cell, x, lengths, state, **options)
    generator = torch.Generator().manual_seed(1)
    mixed = sum(
        (part * torch.randn(part.shape, dtype=part.dtype, generator=generator)).sum()
        for part in (y, *end)
    )
    wanted = [x, *state, *cell.parameters()]
    return [y, *end, *torch.autograd.grad(mixed, wanted)]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_outputs_states_and_gradients_are_the_cells(level, shape, dtype, reverse):
    given = problem(shape, dtype)
    expected = gradients(plainly, *given, reverse=reverse)
    got = gradients(LSTMKernel().run, *given, reverse=reverse)
    for a, b in zip(got, expected, strict=True):
        torch.testing.assert_close(
            a, b, atol=TOLERANCE[dtype] * max(1.0, float(b.detach().abs().max())), rtol=0
        )


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("units", [16, 10])
def test_ids_are_one_hot_features(level, units, reverse):
    cell, _, lengths, state = problem((7, 20, 9, units), torch.float64)
    ids = torch.randint(0, 9, (7, 20), generator=torch.Generator().manual_seed(1))
    one_hot = torch.eye(9, dtype=torch.float64)[ids]
    expected = gradients(plainly, cell, one_hot, lengths, state, reverse=reverse)
    del expected[3]  # by the input

    def run(cell, x, lengths, state, *, reverse):
        y, end = LSTMKernel().run(cell, ids, lengths, state, reverse=reverse)
        return y + 0 * x.sum(), end

    got = gradients(run, cell, one_hot, lengths, state, reverse=reverse)
    del got[3]
    torch.testing.assert_close(got, expected, atol=1e-12, rtol=0)


@pytest.mark.parametrize("reverse", [False, True])
def test_without_gradients_it_keeps_no_steps_and_gives_the_same(level, reverse):
    cell, x, lengths, state = problem(SHAPES["textbook"], torch.float64)
    y, end = LSTMKernel().run(cell, x, lengths, state, reverse=reverse)
    assert y.grad_fn is not None
    with torch.no_grad():
        again, end_again = LSTMKernel().run(cell, x, lengths, state, reverse=reverse)
    assert again.grad_fn is None
    for a, b in zip((y, *end), (again, *end_again), strict=True):
        torch.testing.assert_close(a, b, atol=0, rtol=0)


def test_the_threads_do_not_change_the_outputs(level):
    for shape in (SHAPES["textbook"], SHAPES["units that fill no vector"]):
        given = problem(shape, torch.float32)
        results = []
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            results.append(LSTMKernel().run(*given, reverse=False)[0])
        assert torch.equal(results[0], results[1])
        assert torch.equal(results[0], results[2])


def test_padding_is_never_read(level):
    cell, x, lengths, state = problem(SHAPES["small"], torch.float32)
    padding = torch.arange(len(x)).unsqueeze(1) >= lengths
    broken = x.masked_fill(padding.unsqueeze(-1), torch.nan)
    for reverse in (False, True):
        whole = gradients(LSTMKernel().run, cell, x, lengths, state, reverse=reverse)
        holed = gradients(LSTMKernel().run, cell, broken, lengths, state, reverse=reverse)
        for a, b in zip(whole, holed, strict=True):
            assert torch.equal(a, b)
        assert not whole[0][padding].any()
        assert not whole[3][padding].any()


def test_large_sums_saturate(level):
    cell, x, lengths, state = problem(SHAPES["small"], torch.float32)
    for size in (1e2, 1e4, 1e30):
        y, (h, c) = LSTMKernel().run(cell, x * size, lengths, state, reverse=False)
        assert torch.isfinite(torch.cat([y.flatten(), h.flatten(), c.flatten()])).all()
        assert y.abs().max() <= 1


def test_what_it_takes():
    kernel = LSTMKernel()
    cell = LSTM(3, 4, LSTMOptions())
    assert kernel.fits(cell, torch.zeros(FEWEST_STEPS, 1, 3))
    assert not kernel.fits(cell, torch.zeros(FEWEST_STEPS - 1, 1, 3))
    assert not kernel.fits(cell, torch.zeros(1, FEWEST_STEPS, 3))
    ids = torch.zeros(FEWEST_STEPS, 1, dtype=torch.int64)
    assert kernel.fits(LSTM(30_000, 80, LSTMOptions()), ids)
    assert not kernel.fits(LSTM(30, 81, LSTMOptions()), ids)
    assert not kernel.fits(LSTM(3, 4, LSTMOptions()).bfloat16(), ids)
    assert not kernel.fits(cell, torch.zeros(FEWEST_STEPS, 1, 3, dtype=torch.bfloat16))
    assert not kernel.fits(cell, torch.zeros(FEWEST_STEPS, 1, 3, device="meta"))
    large = torch.zeros(FEWEST_STEPS, 1, 64)
    assert kernel.fits(LSTM(64, 128, LSTMOptions()), large)
    assert not kernel.fits(LSTM(64, 160, LSTMOptions()), large)
    assert not kernel.fits(LSTM(64, 128, LSTMOptions()).double(), large.double())


@pytest.mark.parametrize("wrong", [-1, 8])
def test_a_length_that_is_none_is_refused(wrong):
    cell, x, lengths, state = problem(SHAPES["small"], torch.float32)
    lengths[2] = wrong
    with pytest.raises(AssertionError):
        LSTMKernel().run(cell, x, lengths, state, reverse=False)


def test_other_cells_are_not_its_business():
    from seqkit.cells import GRUOptions

    assert not LSTMKernel().fits(GRU(3, 4, GRUOptions()), torch.zeros(FEWEST_STEPS, 1, 3))


def test_a_level_that_is_not_there_is_the_best():
    if compiled.available():
        assert compiled.use_level(99) == compiled.use_level(2)


def test_it_computes_with_what_weight_dropout_leaves():
    cell, x, lengths, _ = problem((7, 20, 3, 16), torch.float64)
    results = []
    for kernel in (LSTMKernel(), None):
        encoder = Encoder(lambda i, h: cell, 3, 16, weight_dropout=0.5, kernel=kernel)
        set_generator(encoder, torch.Generator().manual_seed(1))
        y = encoder(x, lengths)
        results.append([y, *torch.autograd.grad(y.square().sum(), list(cell.parameters()))])
    torch.testing.assert_close(*results, rtol=1e-12, atol=1e-12)
    assert (results[0][2] == 0).double().mean() > 0.4
