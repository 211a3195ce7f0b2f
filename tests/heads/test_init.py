"""Every built-in head: starters that are recipes, and dropout before the output."""

from __future__ import annotations

import pytest
import torch

from seqkit import recipe as recipes
from seqkit.heads import HEADS
from seqkit.lazy import load
from seqkit.nn.dropout import set_generator

each_head = pytest.mark.parametrize("spec", HEADS, ids=lambda spec: spec.name)
each_that_reads_steps = pytest.mark.parametrize(
    "spec", [spec for spec in HEADS if spec.reads == "steps"], ids=lambda spec: spec.name
)


@each_head
def test_its_starter_is_a_recipe(spec):
    assert recipes.parse(recipes.starter(spec.name)).head.name == spec.name


@each_that_reads_steps
def test_dropout_acts_in_training_alone(spec):
    head = load(spec.target)(64, 3, spec.options(dropout=0.5))
    head.reset_parameters(torch.Generator().manual_seed(0))
    set_generator(head, torch.Generator().manual_seed(0))
    encoded, lengths = torch.ones(2, 1, 64), torch.tensor([2])
    assert not torch.equal(head(encoded, lengths), head(encoded, lengths))
    head.eval()
    assert torch.equal(head(encoded, lengths), head(encoded, lengths))


@each_that_reads_steps
def test_the_same_seed_draws_the_same_parameters(spec):
    def drawn(seed):
        head = load(spec.target)(8, 3, spec.options())
        head.reset_parameters(torch.Generator().manual_seed(seed))
        return head.state_dict()

    torch.testing.assert_close(drawn(1), drawn(1), rtol=0, atol=0)
    other = drawn(2)
    assert any(not torch.equal(tensor, other[name]) for name, tensor in drawn(1).items())
