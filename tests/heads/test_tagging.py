"""A tag at every step that completes a token: the loss by hand."""

from __future__ import annotations

import math

import pytest
import torch

from seqkit.encoding import IGNORED
from seqkit.heads import TaggingOptions
from seqkit.heads.tagging import TaggingHead


def made() -> TaggingHead:
    return TaggingHead(4, 3, TaggingOptions())


def test_loss_is_summed_over_the_steps_that_have_a_tag():
    logits = torch.tensor([[[0.0, 0, 0], [0, math.log(2), 0]], [[0, 0, math.log(6)], [9, 9, 9]]])
    targets = torch.tensor([[0, 1], [2, IGNORED]])
    total, count = made().loss(logits, targets, torch.tensor([2, 2]))
    assert total.item() == pytest.approx(math.log(3) + math.log(2) + math.log(8 / 6))
    assert count.item() == 3


def test_steps_without_a_tag_move_neither_loss_nor_gradient():
    logits = torch.zeros(2, 1, 3, requires_grad=True)
    targets = torch.tensor([[IGNORED], [IGNORED]])
    total, count = made().loss(logits, targets, torch.tensor([2]))
    total.backward()
    assert (total.item(), count.item()) == (0, 0)
    assert torch.equal(logits.grad, torch.zeros(2, 1, 3))


def test_gradients_and_padding(gradients_are_right, padding_does_not_matter):
    lengths = torch.tensor([3, 1])
    targets = torch.tensor([[1, 2], [IGNORED, IGNORED], [0, IGNORED]])
    gradients_are_right(made(), targets, lengths)
    padded = torch.cat([targets, torch.full((2, 2), IGNORED)])
    padding_does_not_matter(made(), padded, lengths)
