"""The linear model of n-grams: sums by hand, what it learns, and nothing from the padding."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from seqkit.encoding import Encoded
from seqkit.ngrams import ngram_buckets
from seqkit.nn import ngrams
from seqkit.nn.ngrams import NGrams

K = 1000


def buckets(ids: list[int], longest: int = 2) -> list[int]:
    found, _ = ngram_buckets(np.array(ids), np.array([len(ids)]), longest=longest, buckets=K)
    return found.tolist()


def drawn(labels: int = 2) -> NGrams:
    model = NGrams(2, K, labels).double()
    for seed, parameter in enumerate(model.parameters()):
        generator = torch.Generator().manual_seed(seed)
        parameter.copy_(torch.randn(parameter.shape, generator=generator))
    return model


def fitted(texts, targets, *, exclusive=False, importance=None, seed=0, longest=2) -> NGrams:
    targets = torch.tensor(targets)
    model = NGrams(longest, K, targets.shape[1])
    model.fit(
        [Encoded(np.array(t, dtype=np.int32)) for t in texts],
        targets,
        exclusive=exclusive,
        importance=torch.ones(len(texts)) if importance is None else torch.tensor(importance),
        generator=torch.Generator().manual_seed(seed),
    )
    return model


def logits(model: NGrams, *texts: list[int]) -> torch.Tensor:
    lengths = torch.tensor([len(t) for t in texts])
    ids = torch.zeros(max(map(len, texts)), len(texts), dtype=torch.int64)
    for column, text in enumerate(texts):
        ids[: len(text), column] = torch.tensor(text, dtype=torch.int64)
    return model(ids, lengths)


def test_the_weights_of_the_ngrams_present_are_summed():
    model = drawn()
    expected = model.weight[buckets([5, 6, 5, 6])].sum(dim=0) + model.bias
    torch.testing.assert_close(logits(model, [5, 6, 5, 6]), expected.unsqueeze(0))


def test_a_batch_gives_what_its_texts_do_one_by_one():
    model = drawn()
    texts = [[5, 6, 7], [], [5], [7, 7, 6, 5]]
    singles = torch.cat([logits(model, t) for t in texts])
    torch.testing.assert_close(logits(model, *texts), singles, rtol=0, atol=0)
    torch.testing.assert_close(singles[1], model.bias, rtol=0, atol=0)


def test_padding_does_not_matter():
    model, lengths = drawn(), torch.tensor([1, 3])
    ids = torch.tensor([[5, 6], [0, 7], [0, 5]])
    other = torch.tensor([[5, 6], [9, 7], [8, 5], [4, 4]])
    torch.testing.assert_close(model(ids, lengths), model(other, lengths), rtol=0, atol=0)


def test_it_begins_as_naive_bayes(monkeypatch):
    monkeypatch.setattr(ngrams, "_EPOCHS", 0)
    # one word a text, so that nothing is scaled down: 3 in two texts of the label and one other
    model = fitted([[3], [3], [4], [3], [4]], [[1], [1], [1], [0], [0]], longest=1)
    # p = 1 + 2 and q = 1 + 1 of 3; of all K buckets, |p| = K + 3 and |q| = K + 2
    sums = math.log((K + 2) / (K + 3))
    ratio = {3: math.log(3 / 2) + sums, 4: math.log(2 / 2) + sums}
    prior = math.log(4 / 3)  # 1 is added to both counts here too
    for word, value in ratio.items():
        assert logits(model, [word]).item() == pytest.approx(value + prior, rel=1e-4)


def test_the_first_step_is_that_of_adagrad(monkeypatch):
    monkeypatch.setattr(ngrams, "_EPOCHS", 1)
    begun = [math.log(2 / 1) + math.log((K + 1) / (K + 1)), math.log(1 / 2)]
    model = fitted([[3], [4]], [[1], [0]], longest=1)
    for word, target, r in ((3, 1, begun[0]), (4, 0, begun[1])):
        slope = (1 / (1 + math.exp(-r)) - target) * r  # of weight 1, for the feature r
        weight = 1 - 5.0 * slope / math.sqrt(1.0 + slope**2)
        assert logits(model, [word]).item() == pytest.approx(weight * r, rel=1e-4)


def test_a_pair_tells_what_its_words_do_not():
    texts = [[3, 4], [5, 6], [3, 6], [5, 4]] * 8
    model = fitted(texts, [[1], [1], [0], [0]] * 8)
    assert (logits(model, *texts[:4]).flatten() > 0).tolist() == [True, True, False, False]
    single = fitted(texts, [[1], [1], [0], [0]] * 8, longest=1)
    assert logits(single, *texts[:4]).abs().max() < 1e-5


@pytest.mark.parametrize("exclusive", [True, False])
def test_several_labels(exclusive):
    model = fitted([[3], [4], [5]] * 9, np.eye(3).tolist() * 9, exclusive=exclusive)
    told = logits(model, [3], [4], [5])
    assert told.argmax(dim=1).tolist() == [0, 1, 2]
    assert exclusive or ((told > 0) == torch.eye(3).bool()).all()


def test_importance_moves_the_answer():
    texts, targets = [[3]] * 8, [[1.0]] * 4 + [[0.0]] * 4
    # the word itself says nothing, so another one with it does
    texts = [[3, 4]] * 4 + [[3, 4]] * 3 + [[5]]
    plain = logits(fitted(texts, targets), [3, 4]).item()
    weighed = logits(fitted(texts, targets, importance=[3.0] * 4 + [0.1] * 4), [3, 4]).item()
    assert weighed > plain


def test_the_seed_alone_decides():
    rng = np.random.default_rng(0)
    texts = [rng.integers(3, 40, 12).tolist() for _ in range(200)]
    targets = [[int(7 in t)] for t in texts]
    first, again, other = (fitted(texts, targets, seed=seed).weight for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_nothing_of_it_is_learnt_in_steps():
    assert [p.requires_grad for p in drawn().parameters()] == [False, False]


def test_each_token_has_its_share_of_the_ngrams_that_it_is_part_of():
    model, ids = NGrams(2, K, 1), torch.tensor([3, 4, 3])
    (three,), (four,) = buckets([3]), buckets([4])
    (before,) = set(buckets([3, 4])) - {three, four}
    (after,) = set(buckets([4, 3])) - {three, four}
    for bucket, weight in {three: 8.0, four: 1.0, before: 0.4, after: 0.2}.items():
        model.weight[bucket] = weight
    # 3 stands there twice, and each pair is of two tokens
    expected = [4 + 0.2, 1 + 0.2 + 0.1, 4 + 0.1]
    torch.testing.assert_close(model.credit(ids).squeeze(1), torch.tensor(expected))
    model.bias.fill_(7)
    whole = model(ids.unsqueeze(1), torch.tensor([3]))
    assert float(whole) == pytest.approx(sum(expected) + 7)
