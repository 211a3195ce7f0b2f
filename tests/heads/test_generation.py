"""The next token: the loss by hand, and weights tied to the embedding."""

from __future__ import annotations

import math

import pytest
import torch

from seqkit.encoding import IGNORED
from seqkit.errors import RecipeError
from seqkit.heads import GenerationOptions
from seqkit.heads.generation import GenerationHead
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
