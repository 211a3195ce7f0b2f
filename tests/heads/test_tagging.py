"""A tag at every step that completes a token: the loss by hand."""

from __future__ import annotations

import math

import pytest
import torch

from seqkit.decoding.tagging import TaggingDecoder
from seqkit.encoding import IGNORED
from seqkit.errors import RecipeError
from seqkit.examples import TokensExample
from seqkit.heads import TaggingOptions
from seqkit.heads.tagging import TaggingHead


def made(**options) -> TaggingHead:
    return TaggingHead(4, 3, TaggingOptions(**options))


def test_loss_is_summed_over_the_steps_that_have_a_tag():
    logits = torch.tensor([[[0.0, 0, 0], [0, math.log(2), 0]], [[0, 0, math.log(6)], [9, 9, 9]]])
    targets = torch.tensor([[0, 1], [2, IGNORED]])
    total, count = made().loss(logits, targets, torch.tensor([2, 2]))
    assert total.item() == pytest.approx(math.log(3) + math.log(2) + math.log(8 / 6))
    assert count.item() == 3


def test_a_share_of_each_target_is_spread_over_all_tags_in_training():
    logits = torch.tensor([[[0, 0, math.log(6)]], [[9.0, 9, 9]]])
    targets = torch.tensor([[2], [IGNORED]])
    head, lengths = made(label_smoothing=0.3), torch.tensor([2])
    total, count = head.loss(logits, targets, lengths)
    # 0.7 + 0.1 for the tag, 0.1 for each of the others
    assert total.item() == pytest.approx(0.8 * math.log(8 / 6) + 0.2 * math.log(8))
    assert count.item() == 1
    assert head.eval().loss(logits, targets, lengths)[0].item() == pytest.approx(math.log(8 / 6))


def test_steps_without_a_tag_move_neither_loss_nor_gradient():
    logits = torch.zeros(2, 1, 3, requires_grad=True)
    targets = torch.tensor([[IGNORED], [IGNORED]])
    total, count = made().loss(logits, targets, torch.tensor([2]))
    total.backward()
    assert (total.item(), count.item()) == (0, 0)
    assert torch.equal(logits.grad, torch.zeros(2, 1, 3))


def test_with_a_chain_the_loss_is_of_sequences():
    """Two tokens of two tags, a transition that counts 2: by hand."""
    head = TaggingHead(1, 2, TaggingOptions(crf=True))
    assert head.crf is not None
    with torch.no_grad():
        head.crf.scores.zero_()[0, 1] = math.log(2)
    logits = torch.tensor([[[math.log(3), 0.0]], [[0.0, 0.0]]])
    total, count = head.loss(logits, torch.tensor([[0], [1]]), torch.tensor([2]))
    # 00: 3, 01: 3 * 2, 10: 1, 11: 1
    assert total.item() == pytest.approx(math.log(11 / 6), rel=1e-5)
    assert count.item() == 2


def test_the_chain_rules_out_what_the_decoder_does_and_teaches_it_the_rest():
    sentence = TokensExample(("a", "b", "c"), "", ("O", "B-x", "I-x"))
    head, decoder = made(crf=True), TaggingDecoder(TaggingOptions(crf=True))
    decoder.fit([sentence])
    head.prepare(decoder, [])
    assert head.crf is not None
    assert head.crf.barrier.nonzero().tolist() == [[2, 1], [3, 1]]  # O to I, beginning to I
    with torch.no_grad():
        head.crf.scores.fill_(0.5)
    head.teach(decoder)
    with torch.no_grad():
        head.crf.scores.fill_(0.25)
    assert decoder.chain is not None
    assert set(decoder.chain.scores.ravel().tolist()) == {0.5}


@pytest.mark.parametrize("crf", [False, True])
def test_gradients_and_padding(gradients_are_right, padding_does_not_matter, crf):
    lengths = torch.tensor([3, 1])
    targets = torch.tensor([[1, 2], [IGNORED, IGNORED], [0, IGNORED]])
    gradients_are_right(made(crf=crf), targets, lengths)
    padded = torch.cat([targets, torch.full((2, 2), IGNORED)])
    padding_does_not_matter(made(crf=crf), padded, lengths)


def test_a_chain_is_not_smoothed():
    with pytest.raises(RecipeError, match="label_smoothing is set together"):
        made(crf=True, label_smoothing=0.1)
