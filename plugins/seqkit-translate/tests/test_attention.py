"""Attention against values worked out by hand."""

from math import exp, tanh

import pytest
import torch
from seqkit_translate.attention import AdditiveAttention, DotAttention, GeneralAttention

from seqkit.errors import RecipeError

#: Two steps of one sentence and a third in its padding, which holds anything.
ENCODED = torch.tensor([[[1.0, 0.0]], [[0.0, 2.0]], [[1e30, float("nan")]]])  # (3, 1, 2)
LENGTHS = torch.tensor([2])
QUERY = torch.tensor([[[3.0, 1.0]]])  # (1, 1, 2)


def looked(attention):
    context, weights = attention(QUERY, attention.remember(ENCODED, LENGTHS))
    return context.flatten().tolist(), weights.flatten().tolist()


def expected(first, second):
    """The context and the weights that two scores make."""
    a = exp(first) / (exp(first) + exp(second))
    return pytest.approx([a * 1.0, (1 - a) * 2.0]), pytest.approx([a, 1 - a, 0.0])


def test_dot():
    context, weights = expected(3 * 1, 1 * 2)
    assert looked(DotAttention(2, 2)) == (context, weights)


def test_general():
    attention = GeneralAttention(2, 2)
    attention.W.data = torch.tensor([[1.0, 0.5], [0.0, -1.0]])
    # W v_1 = (1, 0) and W v_2 = (1, -2)
    assert looked(attention) == expected(3 * 1, 3 * 1 - 1 * 2)


def test_additive():
    attention = AdditiveAttention(2, 2)
    attention.W.data = torch.tensor([[0.1, 0.2], [0.0, 0.3]])  # W q = (0.5, 0.3)
    attention.U.data = torch.tensor([[0.4, 0.1], [-0.2, 0.5]])  # U v = (0.4, -0.2), (0.2, 1)
    attention.v.data = torch.tensor([[2.0, -1.0]])
    first = 2 * tanh(0.5 + 0.4) - tanh(0.3 - 0.2)
    second = 2 * tanh(0.5 + 0.2) - tanh(0.3 + 1.0)
    assert looked(attention) == expected(first, second)


@pytest.mark.parametrize("attention", [DotAttention, GeneralAttention, AdditiveAttention])
def test_a_sentence_without_a_step_gives_nothing(attention):
    made = attention(2, 2)
    context, _ = made(QUERY, made.remember(ENCODED, torch.tensor([0])))
    assert context.tolist() == [[[0.0, 0.0]]]


@pytest.mark.parametrize("attention", [DotAttention, GeneralAttention, AdditiveAttention])
def test_each_query_of_each_sentence_looks_by_itself(attention):
    generator = torch.Generator().manual_seed(0)
    made = attention(4, 4)
    made.reset_parameters(generator)
    encoded = torch.randn(5, 3, 4, generator=generator)
    lengths, query = torch.tensor([5, 2, 3]), torch.randn(3, 2, 4, generator=generator)
    together, _ = made(query, made.remember(encoded, lengths))
    for b in range(3):
        for s in range(2):
            short = encoded[: lengths[b], b : b + 1]
            memory = made.remember(short, lengths[b : b + 1])
            alone, _ = made(query[b : b + 1, s : s + 1], memory)
            torch.testing.assert_close(together[b, s], alone[0, 0])


def test_dot_needs_as_many_features_on_both_sides():
    with pytest.raises(RecipeError, match=r"between 3 features .* and 4 .* head.hidden_size=4"):
        DotAttention(3, 4)
