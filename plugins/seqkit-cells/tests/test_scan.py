"""The scan against the recurrence written out, in both of its ways through time."""

import numpy as np
import pytest
import torch
from seqkit_cells import scan as module
from seqkit_cells.scan import SHORTEST, WIDEST, scan

LENGTHS = [1, 2, SHORTEST - 1, SHORTEST, SHORTEST + 1, 100, 128]


def drawn(T, B, H, dtype=torch.float64):
    g = torch.Generator().manual_seed(T)
    a = torch.rand(T, B, H, dtype=dtype, generator=g)
    b = torch.randn(T, B, H, dtype=dtype, generator=g)
    return a, b, torch.randn(B, H, dtype=dtype, generator=g)


def written_out(a, b, h):
    states = []
    for a_t, b_t in zip(a, b, strict=True):
        h = a_t * h + b_t
        states.append(h)
    return torch.stack(states)


def gradients(function, tensors):
    leaves = [t.clone().requires_grad_() for t in tensors]
    out = function(*leaves)
    weights = torch.cos(torch.arange(out.numel(), dtype=out.dtype)).view_as(out)
    return torch.autograd.grad((out * weights).sum(), leaves)


@pytest.mark.parametrize("T", LENGTHS)
def test_it_equals_the_loop_and_so_do_its_gradients(T):
    given = drawn(T, 2, 3)
    torch.testing.assert_close(scan(*given), written_out(*given), rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(
        gradients(scan, given), gradients(written_out, given), rtol=1e-12, atol=1e-12
    )


def test_a_wide_state_goes_step_by_step_to_the_same(monkeypatch):
    given = drawn(SHORTEST + 8, 1, WIDEST + 1)
    monkeypatch.setattr(module, "_by_chunk", None)
    torch.testing.assert_close(scan(*given), written_out(*given), rtol=1e-12, atol=1e-12)


def test_a_long_sequence_goes_by_chunks(monkeypatch):
    taken = []
    by_step = module._by_step
    monkeypatch.setattr(
        module, "_by_step", lambda a, *rest, **how: (taken.append(len(a)), by_step(a, *rest, **how))
    )
    scan(*drawn(1000, 2, 3))
    assert taken == [1000 % 22]  # chunks of the square root of 500, and what is left


@pytest.mark.parametrize("T", [1, 5, SHORTEST + 3])
def test_gradcheck(T):
    given = [tensor.requires_grad_() for tensor in drawn(T, 1, 2)]
    assert torch.autograd.gradcheck(scan, given)


def test_gradients_from_strided_and_shared_memory():
    a, b, h_0 = drawn(40, 2, 3)
    both = torch.cat([a, b], dim=-1)

    def run(both, h_0, scan):
        return scan(*both.chunk(2, dim=-1), h_0).sum()  # an expanded gradient, no copy of ones

    found, wanted = (
        torch.autograd.functional.jacobian(lambda *x, s=s: run(*x, s), (both, h_0))
        for s in (scan, written_out)
    )
    torch.testing.assert_close(found, wanted, rtol=1e-12, atol=1e-12)


def test_100_000_steps_in_single_precision():
    T = 100_000
    _, b, h_0 = drawn(T, 1, 6, torch.float32)
    # from what forgets at once to what never forgets, and all between in turns
    shares = torch.tensor([0.0, 1e-30, 0.5, 1 - 2**-24, 1.0])
    mixed = torch.rand(T, 1, 1, generator=torch.Generator().manual_seed(1)).pow(0.01)
    a = torch.cat([shares.expand(T, 1, 5), mixed], dim=-1)
    leaves = [tensor.clone().requires_grad_() for tensor in (a, b, h_0)]
    h = scan(*leaves)
    found = torch.autograd.grad(h.square().mean(), leaves)
    assert all(tensor.isfinite().all() for tensor in (h, *found))
    exact = h_0[0].double().numpy()
    for a_t, b_t in zip(a[:, 0].double().numpy(), b[:, 0].double().numpy(), strict=True):
        exact = a_t * exact + b_t
    np.testing.assert_allclose(h[-1, 0].detach().numpy(), exact, rtol=1e-3, atol=1e-3)


def test_without_a_state_before_it_adds_up():
    b = torch.arange(50.0).view(50, 1, 1)
    h = scan(torch.ones_like(b), b, torch.zeros(1, 1))
    assert h.flatten().tolist() == [t * (t + 1) / 2 for t in range(50)]


def test_an_empty_batch_has_no_states():
    assert scan(*drawn(40, 0, 3)).shape == (40, 0, 3)
