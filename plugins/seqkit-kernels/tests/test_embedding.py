"""The compiled look-up with dropout beside torch's."""

import pytest
import torch
import torch.nn.functional as F
from seqkit_kernels.embedding import LookUp


def look_up(weight, ids, *, dropout=0.0, per_sequence=False, seed=1):
    generator = torch.Generator().manual_seed(seed)
    return LookUp().look_up(
        weight, ids, padding=0, dropout=dropout, per_sequence=per_sequence, generator=generator
    )


def drawn(rows=50, features=37, shape=(9, 40), dtype=torch.float32):
    generator = torch.Generator().manual_seed(3)
    weight = torch.randn(rows, features, dtype=dtype, generator=generator)
    weight[0] = 0
    return weight.requires_grad_(), torch.randint(rows, shape, generator=generator)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("features", [1, 16, 37])
def test_without_dropout_it_is_torchs(level, features, dtype):
    weight, ids = drawn(features=features, dtype=dtype)
    y = look_up(weight, ids)
    expected = F.embedding(ids, weight, padding_idx=0)
    assert torch.equal(y, expected)
    dy = torch.randn(y.shape, dtype=dtype, generator=torch.Generator().manual_seed(4))
    (got,) = torch.autograd.grad(y, weight, dy)
    (wanted,) = torch.autograd.grad(expected, weight, dy)
    torch.testing.assert_close(got, wanted, atol=1e-5 if dtype == torch.float32 else 1e-12, rtol=0)
    assert not got[0].any()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("share", [0.1, 0.25, 0.9])
def test_a_share_is_dropped_and_the_rest_scaled(level, share, dtype):
    weight = torch.ones(5, 64, dtype=dtype)
    y = look_up(weight, torch.randint(1, 5, (50, 60)), dropout=share)
    dropped = (y == 0).double()
    deviation = (share * (1 - share) / y.numel()) ** 0.5
    assert abs(float(dropped.mean()) - share) < 5 * deviation
    torch.testing.assert_close(y[y != 0], torch.full_like(y[y != 0], 1 / (1 - share)))
    # neither features, nor places, nor neighbours go together
    for axis, count in ((0, 50), (1, 60), (2, 64)):
        of_each = dropped.mean(dim=[a for a in range(3) if a != axis])
        assert of_each.std() < 3 * deviation * count**0.5
    neighbours = (dropped[..., 1:] * dropped[..., :-1]).mean()
    assert abs(float(neighbours) - share**2) < 5 * (share**2 / y.numel()) ** 0.5


@pytest.mark.parametrize("per_sequence", [False, True])
def test_the_way_back_has_the_same_mask(level, per_sequence):
    weight, _ = drawn(rows=400)
    ids = torch.arange(1, 361).view(9, 40)  # each once, so that its gradient is its mask
    weight.data = torch.ones_like(weight)
    y = look_up(weight, ids, dropout=0.4, per_sequence=per_sequence)
    (gradient,) = torch.autograd.grad(y.sum(), weight)
    assert torch.equal(gradient[1:361].view_as(y), y)


def test_a_sequence_has_one_mask(level):
    y = look_up(torch.ones(3, 64), torch.randint(1, 3, (20, 30)), dropout=0.5, per_sequence=True)
    assert torch.equal(y, y[:1].expand_as(y))
    assert len(y[0].unique(dim=0)) == 30


def test_the_generator_decides_and_nothing_else(level):
    weight, ids = drawn()
    first = look_up(weight, ids, dropout=0.5)
    before = torch.get_num_threads()
    for threads in (1, 2, 3):
        torch.set_num_threads(threads)
        again = look_up(weight, ids, dropout=0.5)
        assert torch.equal(first, again)
        assert torch.equal(*(torch.autograd.grad(y.sum(), weight)[0] for y in (first, again)))
        first = look_up(weight, ids, dropout=0.5)
    torch.set_num_threads(before)
    assert not torch.equal(first, look_up(weight, ids, dropout=0.5, seed=2))


def test_what_it_takes():
    ids = torch.zeros(2, 3, dtype=torch.int64)
    assert LookUp().fits(torch.zeros(4, 5), ids)
    assert not LookUp().fits(torch.zeros(4, 5), ids[:0])
    assert not LookUp().fits(torch.zeros(4, 5, dtype=torch.float16), ids)
    assert not LookUp().fits(torch.zeros(4, 5, device="meta"), ids)


@pytest.mark.parametrize("wrong", [-1, 50])
def test_an_id_without_a_row_is_refused(wrong):
    weight, ids = drawn()
    ids[3, 4] = wrong
    with pytest.raises(IndexError, match=r"not in 0\.\.49"):
        look_up(weight, ids)
