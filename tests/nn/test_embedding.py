"""Ids and hashed features to vectors, and one-hot ids through."""

from __future__ import annotations

import pytest
import torch

from seqkit.errors import UsageError
from seqkit.nn.dropout import set_generator
from seqkit.nn.embedding import Embedding

V, E, BUCKETS, S = 9, 4, 7, 3
IDS = torch.tensor([[3, 1], [8, 0], [3, 0]])  # (T, B)
FEATURES = torch.tensor([[[1, 2], [6, 6]], [[0, 5], [0, 0]], [[3, 4], [0, 0]]])  # (T, B, F)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def made(**options) -> Embedding:
    embedding = Embedding(V, E, **options).double()
    embedding.reset_parameters(generator())
    return embedding


def test_rows_of_the_table() -> None:
    embedding = made()
    assert embedding.output_size == E
    assert torch.equal(embedding(IDS), embedding.weight[IDS])


def test_features_are_summed_beside_them() -> None:
    embedding = made(feature_buckets=BUCKETS, feature_size=S)
    x = embedding(IDS, FEATURES)
    table = embedding.feature_weight
    assert x.shape == (3, 2, embedding.output_size) == (3, 2, E + S)
    torch.testing.assert_close(x[0, 0], torch.cat([embedding.weight[3], table[1] + table[2]]))
    torch.testing.assert_close(x[0, 1], torch.cat([embedding.weight[1], 2 * table[6]]))
    torch.testing.assert_close(x[1, 0], torch.cat([embedding.weight[8], table[5]]))


def test_padding_is_zero_and_gets_no_gradient() -> None:
    embedding = made(feature_buckets=BUCKETS, feature_size=S)
    x = embedding(IDS, FEATURES)
    assert not x[1:, 1].any()
    x.sum().backward()
    assert not embedding.weight.grad[0].any()
    assert not embedding.feature_weight.grad[0].any()


def test_gradient_counts_each_use() -> None:
    embedding = made(feature_buckets=BUCKETS, feature_size=S)
    embedding(IDS, FEATURES).sum().backward()
    assert embedding.weight.grad[:, 0].tolist() == [0, 1, 0, 2, 0, 0, 0, 0, 1]
    assert embedding.feature_weight.grad[:, 0].tolist() == [0, 1, 1, 1, 1, 1, 2]


def test_drawn_uniformly_from_the_generator() -> None:
    first, second = (Embedding(500, 40, feature_buckets=300, feature_size=9) for _ in range(2))
    before = torch.get_rng_state()
    for embedding in (first, second):
        embedding.reset_parameters(generator(4))
        for weight in embedding.parameters():
            assert not weight[0].any()
            assert 0.049 < weight.abs().max() <= 0.05
            assert weight[1:].std().item() == pytest.approx(0.1 / 12**0.5, rel=0.03)
    torch.testing.assert_close(first.state_dict(), second.state_dict(), rtol=0, atol=0)
    assert torch.equal(before, torch.get_rng_state())


def test_drawn_normally_with_a_variance_of_one() -> None:
    first, second = (Embedding(500, 40, init="normal") for _ in range(2))
    for embedding in (first, second):
        embedding.reset_parameters(generator(4))
    assert first.weight is not None
    assert not first.weight[0].any()
    assert first.weight[1:].mean().item() == pytest.approx(0, abs=0.03)
    assert first.weight[1:].std().item() == pytest.approx(1, rel=0.03)
    torch.testing.assert_close(first.state_dict(), second.state_dict(), rtol=0, atol=0)


def test_dropout_on_the_output() -> None:
    embedding = made(feature_buckets=BUCKETS, feature_size=S, dropout=0.5, dropout_per="sequence")
    plain = embedding.eval()(IDS, FEATURES)
    set_generator(embedding.train(), generator(1))
    x = embedding(IDS, FEATURES)
    kept = (x != 0).any(dim=0, keepdim=True)
    torch.testing.assert_close(x, plain * kept * 2)
    assert 0 < kept.sum() < kept.numel()


def test_one_hot_passes_ids_on() -> None:
    embedding = made(one_hot=True)
    assert embedding(IDS) is IDS
    assert embedding.output_size == V
    assert not list(embedding.parameters())


@pytest.mark.parametrize("options", [{"dropout": 0.1}, {"feature_buckets": 7, "feature_size": 2}])
def test_one_hot_refuses_what_needs_vectors(options) -> None:
    with pytest.raises(UsageError, match="one-hot"):
        Embedding(V, E, one_hot=True, **options)


def test_missing_features_are_refused() -> None:
    with pytest.raises(UsageError, match="hashed features"):
        made(feature_buckets=BUCKETS, feature_size=S)(IDS)
