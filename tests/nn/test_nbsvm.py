"""NB-SVM: naive Bayes by hand, the optimum by its gradient, and what lies between."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from seqkit.encoding import Encoded
from seqkit.nn import nbsvm
from seqkit.nn.nbsvm import learn
from seqkit.nn.ngrams import NGrams

K = 1000


def learnt(texts, targets, *, beta=0.25, cost=1.0, longest=1, seed=0) -> NGrams:
    targets = torch.tensor(targets)
    model = NGrams(longest, K, targets.shape[1])
    learn(
        model,
        [Encoded(np.array(t, dtype=np.int32)) for t in texts],
        targets,
        beta=beta,
        cost=cost,
        generator=torch.Generator().manual_seed(seed),
    )
    return model


def logits(model: NGrams, *texts: list[int]) -> torch.Tensor:
    return torch.cat([model(torch.tensor(t).unsqueeze(1), torch.tensor([len(t)])) for t in texts])


TEXTS = [[3, 4], [3], [4, 5], [5], [5, 6]]
TARGETS = [[1], [1], [1], [0], [0]]


def test_beta_of_nothing_is_naive_bayes():
    model = learnt(TEXTS, TARGETS, beta=0.0)
    # of 3, 4, 5, 6: texts of the label that have it, and others, each plus 1
    p, q = {3: 3, 4: 3, 5: 2, 6: 1}, {3: 1, 4: 1, 5: 3, 6: 2}
    ratio = {n: math.log(p[n] / 9) - math.log(q[n] / 7) for n in p}
    prior = math.log((1 + 3) / (1 + 2))
    found = logits(model, [3], [4], [5], [6], [3, 6]).flatten().numpy()
    wanted = np.array([*ratio.values(), ratio[3] + ratio[6]]) + prior
    # the mean of the machine's weights scales all alike
    scale = found[0] / wanted[0]
    assert scale > 0
    np.testing.assert_allclose(found, scale * wanted, rtol=1e-5)


def test_beta_of_one_is_where_the_gradient_of_the_machine_vanishes(monkeypatch):
    monkeypatch.setattr(nbsvm, "_PASSES", 300)
    rng = np.random.default_rng(0)
    texts = [sorted({*rng.integers(3, 15, 5).tolist()}) for _ in range(40)]
    targets = [[int(rng.random() < (0.8 if 7 in t else 0.3)), int(9 in t)] for t in texts]
    model = learnt(texts, targets, beta=1.0, cost=2.0)
    bayes = learnt(texts, targets, beta=0.0, cost=2.0)
    # features as the equations have them: 1 for a word, times a ratio that naive Bayes shows
    words = list(range(3, 15))
    f = np.array([[w in t for w in words] for t in texts], dtype=float)
    y = np.array(targets)
    p = 1 + y.T @ f
    q = 1 + (1 - y.T) @ f
    ratio = np.log(p / p.sum(1, keepdims=True)) - np.log(q / q.sum(1, keepdims=True))  # (L, W)
    of_words = logits(bayes, *([w] for w in words)) - bayes.bias
    np.testing.assert_allclose(
        of_words.T / of_words.T.abs().max(dim=1, keepdim=True).values,
        ratio / np.abs(ratio).max(1, keepdims=True),
        rtol=1e-4,
    )
    for label in range(2):
        x = f * ratio[label]
        s = 2 * y[:, label] - 1
        b = float(model.bias[label])
        w = (logits(model, *([n] for n in words))[:, label].numpy() - b) / ratio[label]
        cost = 2.0 / ((x**2).sum() / len(x) + 1)
        lacking = np.maximum(0, 1 - s * (x @ w + b))
        np.testing.assert_allclose(w, 2 * cost * (lacking * s) @ x, atol=2e-4)
        assert b == pytest.approx(2 * cost * (lacking * s).sum(), abs=2e-4)


def test_what_is_kept_lies_between_the_two():
    ends = [learnt(TEXTS, TARGETS, beta=beta) for beta in (0.0, 1.0)]
    between = learnt(TEXTS, TARGETS, beta=0.25)
    for name in ("weight", "bias"):
        bayes, machine = (getattr(model, name) for model in ends)
        torch.testing.assert_close(getattr(between, name), 0.75 * bayes + 0.25 * machine)


def test_what_no_training_text_has_counts_nothing():
    model = learnt(TEXTS, TARGETS)
    torch.testing.assert_close(logits(model, [99]), model.bias.unsqueeze(0), rtol=0, atol=0)


def test_three_words_tell_what_pairs_do_not():
    # each word and pair stands under both labels
    texts = [[3, 4, 3], [5, 4, 5], [3, 4, 5], [5, 4, 3]]
    targets = [[1], [1], [0], [0]]
    signs = [True, True, False, False]
    assert (logits(learnt(texts, targets, longest=3), *texts).flatten() > 0).tolist() == signs
    pairs = logits(learnt(texts, targets, longest=2), *texts).flatten() > 0
    assert len(set(pairs.tolist())) == 1


def test_labels_side_by_side_are_those_of_each_alone():
    targets = np.array([[1, 0, 1], [1, 1, 0], [0, 1, 1], [0, 0, 0], [0, 1, 0]])
    together = logits(learnt(TEXTS, targets.tolist()), *TEXTS)
    for label in range(3):
        alone = logits(learnt(TEXTS, targets[:, label : label + 1].tolist()), *TEXTS)
        torch.testing.assert_close(together[:, label : label + 1], alone)


def test_the_seed_alone_decides(monkeypatch):
    rng = np.random.default_rng(0)
    texts = [rng.integers(3, 40, 12).tolist() for _ in range(100)]
    targets = [[int(7 in t)] for t in texts]
    first, other = (learnt(texts, targets, seed=seed).weight for seed in (1, 2))
    monkeypatch.setattr(nbsvm, "_AT_ONCE", 7)
    assert torch.equal(first, learnt(texts, targets, seed=1).weight)
    assert not torch.equal(first, other)
