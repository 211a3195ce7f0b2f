"""The cache beside its formula, written out step by step."""

from __future__ import annotations

import math

import pytest
import torch

from seqkit.nn.neural_cache import NeuralCache

T, B, D, V, SIZE, THETA, SHARE = 11, 2, 3, 5, 4, 0.7, 0.3


def generator() -> torch.Generator:
    return torch.Generator().manual_seed(0)


G = generator()
OUTPUTS = torch.randn(T, B, D, dtype=torch.float64, generator=G)
TOKENS = torch.randint(V, (T, B), generator=G)
TOLD = torch.randn(T, B, V, dtype=torch.float64, generator=G).log_softmax(dim=-1)


def by_hand(t: int, b: int, word: int, size: int) -> float:
    before = range(max(0, t - size), t)
    model = math.exp(TOLD[t, b, word])
    if not before:
        return model
    weights = {i: math.exp(THETA * float(OUTPUTS[t, b] @ OUTPUTS[i, b])) for i in before}
    cached = sum(w for i, w in weights.items() if TOKENS[i, b] == word) / sum(weights.values())
    return (1 - SHARE) * model + SHARE * cached


def probabilities(word: torch.Tensor, cuts: list[int], size: int) -> torch.Tensor:
    """``(T, B)``, of these words, window after window."""
    cache = NeuralCache(size, theta=THETA, share=SHARE)
    told = TOLD.gather(-1, word.unsqueeze(-1)).squeeze(-1)
    parts = [
        cache.mix(told[a:b], OUTPUTS[a:b], TOKENS[a:b], word[a:b])
        for a, b in zip([0, *cuts], [*cuts, T], strict=True)
    ]
    return torch.cat(parts).exp()


@pytest.mark.parametrize("size", [1, SIZE, 100])
@pytest.mark.parametrize("cuts", [[], [3, 7], list(range(1, T))])
def test_each_word_has_the_formulas_probability_however_the_text_is_cut(cuts, size):
    for word in range(V):
        found = probabilities(torch.full((T, B), word), cuts, size)
        expected = [[by_hand(t, b, word, size) for b in range(B)] for t in range(T)]
        torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))


def test_the_words_probabilities_sum_to_one():
    total = sum(probabilities(torch.full((T, B), word), [3, 7], SIZE) for word in range(V))
    torch.testing.assert_close(total, torch.ones(T, B, dtype=torch.float64))


def test_memory_is_bounded_by_its_size():
    cache = NeuralCache(SIZE, theta=THETA, share=SHARE)
    for _ in range(3):
        cache.mix(TOLD[..., 0], OUTPUTS, TOKENS, TOKENS)
        assert cache._outputs.shape == (SIZE, B, D)
        assert torch.equal(cache._tokens, TOKENS[-SIZE:])
