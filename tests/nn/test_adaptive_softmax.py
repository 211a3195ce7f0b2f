"""The adaptive softmax: probabilities that sum to one, by hand, and a loss that is theirs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seqkit.errors import RecipeError
from seqkit.nn.adaptive_softmax import AdaptiveSoftmax

D, V, CUTOFFS = 8, 11, (3, 7)
COUNTS = np.array([5, 40, 1, 7, 2, 90, 3, 11, 4, 6, 8])


def made(cutoffs=CUTOFFS) -> AdaptiveSoftmax:
    softmax = AdaptiveSoftmax(D, V, cutoffs).double()
    softmax.reset_parameters(torch.Generator().manual_seed(0))
    for index, parameter in enumerate(softmax.parameters()):
        torch.nn.init.normal_(parameter, generator=torch.Generator().manual_seed(index))
    softmax.sort(COUNTS)
    return softmax


def draw(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(*shape, dtype=torch.float64, generator=generator)


def test_frequent_tokens_stand_in_the_first_group_and_rare_ones_have_fewer_features():
    softmax = made()
    assert softmax.places[[5, 1, 7, 10, 2]].tolist() == [0, 1, 2, 3, 10]
    assert softmax.first.weight.shape == (3 + 2, D)
    assert [tuple(layer.weight.shape) for layer in softmax.groups] == [(4, 2), (4, 1)]


def test_a_tokens_probability_is_its_groups_times_its_own_in_it():
    softmax, x = made(), draw(D)
    p = softmax(x).exp()
    first = softmax.first(x).softmax(dim=0)
    assert p[7].item() == pytest.approx(first[2].item())
    second = softmax.groups[1](softmax.down[1](x)).softmax(dim=0)
    assert p[2].item() == pytest.approx((first[4] * second[3]).item())


@pytest.mark.parametrize("cutoffs", [(3, 7), (1,), (10,), (2, 50)])
def test_they_sum_to_one_and_the_loss_is_theirs(cutoffs):
    softmax, x = made(cutoffs), draw(V, D)
    told = softmax(x.unsqueeze(1))
    torch.testing.assert_close(told.exp().sum(dim=-1), torch.ones(V, 1).double())
    targets = torch.arange(V)
    torch.testing.assert_close(softmax.loss(x, targets), -told[targets, 0, targets].sum())


def test_the_gradient_of_the_loss():
    softmax, targets = made(), torch.tensor([5, 2, 2, 10])
    names, values = zip(*softmax.named_parameters(), strict=True)

    class Loss(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.softmax = softmax

        def forward(self, x):
            return self.softmax.loss(x, targets)

    def loss(x, *weights):
        given = {f"softmax.{n}": w for n, w in zip(names, weights, strict=True)}
        return torch.func.functional_call(Loss(), given, (x,))

    inputs = [draw(4, D), *(v.detach() for v in values)]
    assert torch.autograd.gradcheck(loss, [t.requires_grad_() for t in inputs])


def test_with_a_prior_it_begins_with_the_frequencies():
    softmax = made()
    softmax.expect(COUNTS)
    p = softmax(torch.zeros(D).double()).exp()
    torch.testing.assert_close(p, torch.from_numpy(COUNTS / COUNTS.sum()))


@pytest.mark.parametrize("cutoffs", [(), (11,), (11, 20), (5, 3), (3, 3)])
def test_what_does_not_cut_the_vocabulary_is_refused(cutoffs):
    with pytest.raises(RecipeError, match=r"head.cutoffs.*do not cut.*11 tokens.*softmax"):
        AdaptiveSoftmax(D, V, cutoffs)


@pytest.mark.parametrize("place", [-1, 0, V])
def test_a_file_whose_places_are_no_order_is_refused(place):
    state = made().state_dict()
    state["places"] = state["places"].clone()
    state["places"][state["places"] == 5] = place
    with pytest.raises(RuntimeError, match="no order"):
        made().load_state_dict(state)
