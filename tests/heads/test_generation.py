"""The next token: the loss by hand, and weights tied to the embedding."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from seqkit.decoding.generation import GenerationDecoder
from seqkit.encoding import IGNORED
from seqkit.errors import RecipeError
from seqkit.heads import GenerationOptions
from seqkit.heads.generation import GenerationHead
from seqkit.nn.dropout import set_generator
from seqkit.nn.embedding import Embedding

D, V = 4, 5


def made(**options) -> GenerationHead:
    return GenerationHead(D, V, GenerationOptions(**options))


def tied(embedding_size: int) -> tuple[GenerationHead, Embedding]:
    head, embedding = made(tie_weights=True), Embedding(V, embedding_size)
    head.tie(embedding)
    for part in (embedding, head):
        part.reset_parameters(torch.Generator().manual_seed(0))
    return head, embedding


def test_loss_is_summed_over_all_real_steps():
    logits = torch.tensor([[[0.0, math.log(3)], [0, 0]], [[0, 0], [0, 99]]])  # (2, 2, 2)
    targets = torch.tensor([[1, 0], [0, IGNORED]])
    total, count = made().loss(logits, targets, torch.tensor([2, 1]))
    assert total.item() == pytest.approx(math.log(4 / 3) + 2 * math.log(2))
    assert count.item() == 3


def test_gradients_and_padding(gradients_are_right, padding_does_not_matter):
    lengths = torch.tensor([3, 1])
    targets = torch.tensor([[1, 2], [0, IGNORED], [IGNORED, IGNORED]])
    gradients_are_right(made(), targets, lengths)
    padded = torch.cat([targets, torch.full((2, 2), IGNORED)])
    padding_does_not_matter(made(), padded, lengths)


def test_tied_weights_are_the_embedding_itself_and_are_saved_once():
    head, embedding = tied(D)
    assert set(head.state_dict()) == {"bias"}
    encoded = torch.eye(D).unsqueeze(1)  # (D, 1, D)
    logits = head(encoded, torch.tensor([D])).squeeze(1)  # (D, V)
    assert torch.equal(logits, embedding.weight.t())


def test_tied_weights_get_the_gradient_of_both_uses():
    head, embedding = tied(D)
    ids = torch.tensor([[3]])
    encoded = embedding(ids)
    total, _ = head.loss(head(encoded, torch.tensor([1])), torch.tensor([[4]]), torch.tensor([1]))
    total.backward()
    # by hand: row 3 as input gets W^T (p - y), and each row as output (p - y) times the input
    W = embedding.weight.detach()
    error = torch.softmax(W @ W[3], dim=0) - torch.eye(V)[4]
    expected = torch.outer(error, W[3])
    expected[3] += W.t() @ error
    torch.testing.assert_close(embedding.weight.grad, expected)


def test_an_embedding_of_another_size_is_reached_through_a_projection():
    head, embedding = tied(3)
    assert set(head.state_dict()) == {"bias", "projection.weight"}
    logits = head(torch.ones(2, 1, D), torch.tensor([2]))
    expected = embedding.weight @ head.projection.weight.sum(dim=1)
    torch.testing.assert_close(logits[0, 0], expected)


def test_weights_are_not_tied_unless_asked_for():
    head = made()
    head.tie(Embedding(V, D))
    assert set(head.state_dict()) == {"weight", "bias"}


def test_one_hot_input_has_no_weights_to_tie():
    with pytest.raises(RecipeError, match=r"needs an embedding.*embedding.size is 0"):
        made(tie_weights=True).tie(Embedding(V, 0, one_hot=True))


def with_prior(*texts: list[int], **options) -> GenerationHead:
    head = made(prior="unigram", **options).double()
    head.reset_parameters(torch.Generator().manual_seed(0))
    decoder = GenerationDecoder(head.options)
    head.prepare(decoder, [np.array(ids, dtype=np.int32) for ids in texts])
    return head


def test_a_prior_predicts_how_often_each_token_occurs():
    head = with_prior([1, 1, 4], [1, 2])
    # of five tokens in the text and one more of each of the five that there are
    expected = torch.tensor([0.1, 0.4, 0.2, 0.1, 0.2]).double()
    logits = head.eval()(torch.zeros(1, 1, D).double(), torch.tensor([1]))
    torch.testing.assert_close(logits.softmax(dim=-1)[0, 0], expected)


def test_a_long_text_is_counted_to_its_end():
    head = with_prior([3] * (1 << 20) + [1])
    total = (1 << 20) + 1 + V
    assert head.bias[1].item() == pytest.approx(math.log(2 / total))
    assert head.bias[3].item() == pytest.approx(math.log(((1 << 20) + 1) / total))


def test_tokens_that_never_occur_share_one_logit_in_training():
    head = with_prior([1, 4, 4])
    encoded = torch.randn(1, 1, D, generator=torch.Generator().manual_seed(1)).double()
    logits = head(encoded, torch.tensor([1]))[0, 0]
    assert head.weight is not None
    # by hand: tokens 1 and 4, and tokens 0, 2 and 3, each with 1 of 8
    expected = [head.weight[i] @ encoded[0, 0] + math.log(n / 8) for i, n in ((1, 2), (4, 3))]
    torch.testing.assert_close(logits[:2], torch.stack(expected))
    assert logits[2].item() == pytest.approx(math.log(3 / 8))


def test_the_shared_logit_leaves_loss_and_gradient_as_they_are():
    head = with_prior([1, 4, 4])
    encoded = torch.randn(3, 2, D, generator=torch.Generator().manual_seed(1)).double()
    targets = torch.tensor([[1, 4], [4, 4], [4, IGNORED]])
    lengths = torch.tensor([3, 2])
    found = []
    for mode in (True, False):
        head.train(mode).zero_grad()
        total, count = head.loss(head(encoded, lengths), targets, lengths)
        total.backward()
        assert head.weight is not None
        seen = head.weight.grad[[1, 4]].clone()
        found.append([total.detach(), count, seen, head.bias.grad.clone()])
    torch.testing.assert_close(*found)


def test_training_leaves_the_weights_of_what_never_occurs_at_zero():
    head = with_prior([1, 4, 4])
    optimizer = torch.optim.Adam(head.parameters(), lr=0.1)
    total, _ = head.loss(
        head(torch.ones(1, 1, D).double(), torch.tensor([1])),
        torch.tensor([[4]]),
        torch.tensor([1]),
    )
    total.backward()
    optimizer.step()
    assert head.weight is not None
    assert head.weight.any(dim=1).tolist() == [False, True, False, False, True]
    assert head.bias[[0, 2, 3]].tolist() == pytest.approx([math.log(1 / 8) - 0.1] * 3)


def test_a_prior_where_all_tokens_occur_changes_the_biases_alone():
    head = with_prior([0, 1, 2, 3, 4])
    assert head(torch.ones(1, 1, D).double(), torch.tensor([1])).shape == (1, 1, V)
    assert head.weight is not None
    assert head.weight.any(dim=1).all()


def test_with_tied_weights_a_prior_sets_the_biases_alone():
    head = with_prior([1, 4, 4], tie_weights=True)
    assert head.bias.tolist() == pytest.approx([math.log(n / 8) for n in (1, 2, 1, 1, 3)])
    assert head.seen is None


def test_without_a_prior_nothing_is_counted():
    head = made()
    head.reset_parameters(torch.Generator().manual_seed(0))
    head.prepare(GenerationDecoder(head.options), [np.array([1])])
    assert not head.bias.any()
    assert head.seen is None


def test_samples_stand_for_the_vocabulary_in_training_alone():
    head = made(samples=50_000)
    generator = torch.Generator().manual_seed(0)
    head.reset_parameters(generator)
    set_generator(head, generator)
    head.prepare(GenerationDecoder(None), [np.array([0, 1, 1, 2, 2, 2, 4, 4])])
    encoded = torch.randn(3, 2, D, generator=generator)
    targets = torch.tensor([[1, 2], [4, 0], [IGNORED, 1]])
    lengths = torch.tensor([2, 3])
    head.eval()
    logits = head(encoded, lengths)
    assert logits.shape == (3, 2, V)
    whole, count = head.loss(logits, targets, lengths)
    head.train()
    total, counted = head.loss(head(encoded, lengths), targets, lengths)
    assert counted == count == 5
    assert total.item() == pytest.approx(whole.item(), rel=0.02)


def test_samples_are_drawn_by_frequency():
    head = made(samples=10)
    head.prepare(GenerationDecoder(None), [np.array([0, 1, 1, 1, 3])])
    assert head.sampled is not None
    assert head.sampled.frequencies is not None
    assert head.sampled.frequencies.tolist() == pytest.approx([0.2, 0.4, 0.1, 0.2, 0.1])
    assert not head.bias.any()


class TestAdaptive:
    """With an adaptive softmax, of which its own tests say more."""

    TARGETS = torch.tensor([[1, 4], [2, 4], [1, IGNORED]])
    LENGTHS = torch.tensor([3, 2])

    def head(self, **options) -> GenerationHead:
        return made(softmax="adaptive", cutoffs=(2, 3), **options)

    def test_padding(self, padding_does_not_matter):
        padded = torch.cat([self.TARGETS, torch.full((2, 2), IGNORED)])
        padding_does_not_matter(self.head(), padded, self.LENGTHS)

    def test_logits_are_log_probabilities_and_the_loss_is_the_same_in_training(self):
        head = self.head().double()
        head.reset_parameters(torch.Generator().manual_seed(0))
        encoded = torch.randn(3, 2, D, generator=torch.Generator().manual_seed(1)).double()
        found = []
        for mode in (True, False):
            output = head.train(mode)(encoded, self.LENGTHS)
            found.append(head.loss(output, self.TARGETS, self.LENGTHS))
        torch.testing.assert_close(*found)
        assert found[0][1] == 5
        torch.testing.assert_close(output.exp().sum(dim=-1), torch.ones(3, 2).double())

    @pytest.mark.parametrize("prior", ["none", "unigram"])
    def test_tokens_are_sorted_by_how_often_they_occur(self, prior):
        head = self.head(prior=prior).eval()
        head.prepare(GenerationDecoder(head.options), [np.array([4, 4, 1, 4, 1, 2])])
        assert head.adaptive is not None
        assert head.adaptive.places.tolist() == [3, 1, 2, 4, 0]
        told = head(torch.zeros(1, 1, D), torch.tensor([1]))[0, 0]
        counts = torch.tensor([1, 3, 2, 1, 4])
        if prior == "unigram":
            torch.testing.assert_close(told.exp(), counts / counts.sum())

    def test_weights_can_not_be_tied(self):
        head = self.head(tie_weights=True)
        with pytest.raises(RecipeError, match=r"tie_weights.*adaptive"):
            head.tie(Embedding(V, D))


def test_samples_and_an_adaptive_softmax_exclude_each_other():
    with pytest.raises(RecipeError, match="samples is set together"):
        made(samples=10, softmax="adaptive", cutoffs=(2,))
