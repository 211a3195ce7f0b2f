"""Scores of models that learn from what they read, beside a plain loop over the text."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch

from seqkit import recipe as recipes
from seqkit.decoding.adapting import Adapting
from seqkit.encoding import Encoded
from seqkit.errors import UsageError
from seqkit.nn.network import Network
from seqkit.training.adapting import _LEARNT_AT_ONCE, score_adapting
from seqkit.training.scoring import score_streams

V = 7
EOS = 2


def network() -> Network:
    tables = {"embedding": {"size": 3}, "encoder": {"hidden_size": 4}}
    made = Network(
        recipes.parse({**tables, "head": {"name": "generation"}}), vocab_size=V, output_size=V
    ).double()
    made.reset_parameters(torch.Generator().manual_seed(1))
    return made.eval()


def documents(tokens: int) -> list[Encoded]:
    ids = np.random.default_rng(0).integers(3, V, tokens, dtype=np.int32)
    return [Encoded(np.repeat(ids, 2))]


def score(made: Network, texts: list[Encoded], **options) -> float:
    characters = sum(len(e) + 1 for e in texts)
    return score_adapting(made, texts, characters=characters, adapting=Adapting(**options))["loss"]


def ids_of(texts: list[Encoded]) -> torch.Tensor:
    """Each token but the first is a target; the text stands between two end symbols."""
    return torch.tensor([EOS, *texts[0].ids.tolist(), EOS])


def test_a_cache_is_that_of_the_formula():
    made, texts = network(), documents(70)
    ids = ids_of(texts)
    with torch.no_grad():
        x = made.embedding(ids[:-1].unsqueeze(1))
        outputs, _ = made.encoder.run(x, torch.tensor([len(x)]))
        told = made.head(outputs, torch.tensor([len(x)]))[:, 0].softmax(dim=-1)
    losses = []
    for t, target in enumerate(ids[1:]):
        p = told[t, target]
        if t:
            past = slice(max(0, t - 30), t)
            weights = (0.5 * outputs[past, 0] @ outputs[t, 0]).softmax(dim=0)
            p = 0.8 * p + 0.2 * weights[ids[1:][past] == target].sum()
        losses.append(-math.log(p))
    options = {"cache": 30, "cache_theta": 0.5, "cache_lambda": 0.2}
    assert score(made, texts, **options) == pytest.approx(sum(losses) / len(losses))
    assert not any(p.requires_grad for p in made.parameters())


def test_dynamic_evaluation_learns_from_each_window_after_it_was_told():
    made, texts, rate = network(), documents(30), 0.3
    ids = ids_of(texts)
    plain, losses = copy.deepcopy(made), []
    state = plain.initial_state(1)
    for start in range(0, len(ids) - 1, _LEARNT_AT_ONCE):
        window = ids[start : start + _LEARNT_AT_ONCE + 1]
        lengths = torch.tensor([len(window) - 1])
        logits, state = plain.run(window[:-1].unsqueeze(1), lengths, state)
        state = tuple(tuple(s.detach() for s in part) for part in state)
        told = torch.nn.functional.cross_entropy(logits[:, 0], window[1:], reduction="none")
        losses += told.tolist()
        gradients = torch.autograd.grad(told.mean(), list(plain.parameters()))
        with torch.no_grad():
            for p, gradient in zip(plain.parameters(), gradients, strict=True):
                p.sub_(rate * gradient)
    assert len(losses) == len(ids) - 1
    assert score(made, texts, dynamic=rate) == pytest.approx(sum(losses) / len(losses))


def test_both_tell_a_text_that_repeats_itself_better_than_a_fixed_model():
    texts = [Encoded(np.tile(np.array([3, 5, 4, 6], dtype=np.int32), 80))]
    fixed = score_streams(network(), texts, characters=1)["loss"]
    cached = score(network(), texts, cache=40, cache_theta=3.0, cache_lambda=0.3)
    learnt = score(network(), texts, dynamic=0.5)
    both = score(network(), texts, dynamic=0.5, cache=40, cache_theta=3.0, cache_lambda=0.3)
    assert cached < fixed
    assert learnt < fixed
    assert both < min(cached, learnt)


def test_a_rate_that_is_too_high_is_told():
    with pytest.raises(UsageError, match=r"dynamic evaluation.*1e\+300.*too high"):
        score(network(), documents(60), dynamic=1e300)
