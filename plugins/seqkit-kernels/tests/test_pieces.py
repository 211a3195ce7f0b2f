"""Long texts in pieces by the compiled library: what it gives at once, and what torch gives."""

import numpy as np
import pytest
from seqkit_kernels import compiled
from seqkit_kernels.runtime import CompiledRuntime, EightBitRuntime

from seqkit.bundle.load import open_bundle
from seqkit.encoding import Encoded
from seqkit.runtimes import chunks
from seqkit.runtimes.chunks import LongTexts
from seqkit.runtimes.torch import TorchRuntime
from seqkit.spelling import drawn
from seqkit.testing import tiny

CELLS = {
    "lstm": {"name": "lstm"},
    "gru": {"name": "gru"},
    "tanh": {"name": "rnn"},
    "relu": {"name": "rnn", "activation": "relu"},
}
NETWORKS = {
    "one direction": {"encoder": {"hidden_size": 8, "layers": 2}},
    "padded layers both ways": {
        "encoder": {"hidden_size": 19, "layers": 2, "bidirectional": True},
        "head": {"pooling": "max", "ngrams": 2, "ngram_buckets": 64},
    },
    "one-hot": {
        "embedding": {"size": 0},
        "encoder": {"hidden_size": 16, "bidirectional": True},
        "head": {"pooling": "attention"},
    },
    "features": {
        "embedding": {"feature_size": 5},
        "tokenizer": {"affixes": 3},
        "head": {"pooling": "attention"},
    },
    "characters": {
        "embedding": {"characters": "recurrent", "character_size": 10},
        "head": {"pooling": "concat"},
    },
}


def texts(bundle):
    rng, tokenizer = np.random.default_rng(0), bundle.tokenizer
    width = tokenizer.feature_count
    return [
        Encoded(
            rng.integers(1, tokenizer.vocab_size, n, dtype=np.int32),
            features=rng.integers(0, tokenizer.feature_buckets, (n, width), dtype=np.int32)
            if width
            else None,
            characters=drawn(rng, n) if bundle.recipe.embedding.spells else None,
            steps=np.arange(n) if bundle.manifest.task == "tagging" else None,
        )
        for n in (23, 4, 11, 40)
    ]


def in_pieces(runtime, bundle, given, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("seqkit_kernels.runtime.CHUNK", 10)
        patch.setattr(chunks, "PIECE", 8)
        read = []
        whole = LongTexts.logits
        patch.setattr(
            LongTexts, "logits", lambda self, text: read.append(len(text)) or whole(self, text)
        )
        found = runtime(bundle, threads=1).logits(given)
    assert sorted(read) == [11, 23, 40]
    return found


def close(got, expected):
    for a, b in zip(got, expected, strict=True):
        assert a.dtype == np.float32
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS.values(), ids=CELLS)
@pytest.mark.parametrize("network", NETWORKS.values(), ids=NETWORKS)
@pytest.mark.parametrize("table", [0, 1 << 20])
def test_texts_get_the_logits_that_torch_gives(made, monkeypatch, cell, network, table):
    monkeypatch.setattr("seqkit_kernels.network.LARGEST_TABLE", table)
    bundle = made("classification", cell=cell, **network)
    given = texts(bundle)
    close(
        in_pieces(CompiledRuntime, bundle, given, monkeypatch), TorchRuntime(bundle).logits(given)
    )


@pytest.mark.parametrize("both", [False, True])
def test_tokens_do_too(level, made, monkeypatch, both):
    encoder = {"hidden_size": 19, "bidirectional": both}
    bundle = made("tagging", encoder=encoder, head={"crf": both})
    given = texts(bundle)
    close(
        in_pieces(CompiledRuntime, bundle, given, monkeypatch), TorchRuntime(bundle).logits(given)
    )


def test_weights_of_eight_bits_give_what_they_give_at_once(made, monkeypatch):
    bundle = made("tagging", encoder={"bidirectional": True, "layers": 2})
    if not compiled.load().seqkit_eight_bits():
        assert "no AVX-512 VNNI" in EightBitRuntime.obstacle(bundle)
        return
    given = texts(bundle)
    at_once = EightBitRuntime(bundle, threads=1).logits(given)
    close(in_pieces(EightBitRuntime, bundle, given, monkeypatch), at_once)


def test_a_head_without_layers_reads_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("seqkit_kernels.runtime.CHUNK", 10)
    head = {"name": "nbsvm", "ngram_buckets": 64}
    bundle = open_bundle(tiny.train("classification", tmp_path / "model", head=head))
    given = texts(bundle)
    close(CompiledRuntime(bundle, threads=1).logits(given), TorchRuntime(bundle).logits(given))


@pytest.mark.parametrize("pooling", ["last", "mean", "max"])
def test_one_layer_keeps_nothing_and_is_read_at_once(made, pooling):
    bundle = made("classification", encoder={"bidirectional": True}, head={"pooling": pooling})
    assert CompiledRuntime(bundle)._long is None
