"""Tagging with a chain, from training to what every runtime answers."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from seqkit import api
from seqkit.bundle.load import open_bundle
from seqkit.examples import TokensExample
from seqkit.testing import tiny

#: Spans after "the"; one in four has two words.
_TRAIN = [
    TokensExample((*w, "sleeps"), "", tags)
    for animal in ("fox", "owl", "hen", "goat")
    for w, tags in (
        (("the", animal), ("O", "B-x", "O")),
        (("the", "old", animal), ("O", "B-x", "I-x", "O")),
        (("a", "old", "the", animal), ("O", "O", "O", "B-x", "O")),
    )
]


@pytest.fixture
def corpus(tmp_path) -> tiny.TinyCorpus:
    return tiny.write(_TRAIN, tmp_path, "spans")


def train(corpus: tiny.TinyCorpus, out: Path, **sections):
    head = {"crf": True, **sections.pop("head", {})}
    return api.train(tiny.tables("tagging", corpus, head=head, **sections), out=out)


def scores_in(bundle: Path) -> np.ndarray:
    return load_file(bundle / "weights.safetensors")["head.crf.scores"]


def test_the_decoder_is_taught_what_the_best_epoch_learnt(corpus, tmp_path):
    with train(corpus, tmp_path / "m", training={"epochs": 4, "learning_rate": 0.05}) as model:
        path = model.path
    chain = open_bundle(path).decoder.chain
    assert chain is not None
    np.testing.assert_array_equal(chain.scores, scores_in(path))
    assert chain.scores.any()
    labels = open_bundle(path).manifest.labels
    assert labels == ("B-x", "I-x", "O")
    assert not chain.allowed[2, 1]
    assert not chain.allowed[3, 1]


@pytest.mark.parametrize("runtime", ["torch", "onnx"])
def test_every_runtime_scores_as_training_did(corpus, tmp_path, runtime):
    train(corpus, tmp_path / "m").close()
    with api.load(tmp_path / "m", runtime=runtime) as model:
        found = model.evaluate(_TRAIN[::4]).scores
        kept = {k: v for k, v in model.manifest.scores.items() if k in found}
    assert found == pytest.approx(kept)
    assert "span_f1" in found


def test_the_loss_of_a_bundle_is_that_of_training(corpus, tmp_path):
    with train(corpus, tmp_path / "m") as model:
        scores = model.evaluate(_TRAIN[::4]).scores
        assert scores["loss"] == pytest.approx(model.manifest.scores["loss"], rel=1e-5)


def test_answers_follow_the_scheme_and_have_probabilities(corpus, tmp_path):
    with train(corpus, tmp_path / "m") as model:
        answers = list(model.tag([["the", "owl"], [], ["zebra"] * 9]))
    assert [len(a.tokens) for a in answers] == [2, 0, 9]
    for answer in answers:
        tags = ["O", *(token.tag for token in answer.tokens)]
        assert ("O", "I-x") not in pairwise(tags)
        assert all(0 < token.probability <= 1 for token in answer.tokens)


def test_words_of_several_pieces_stand_in_the_chain_once(corpus, tmp_path):
    with train(corpus, tmp_path / "m", tokenizer={"name": "char"}) as model:
        assert model.evaluate(_TRAIN[::4]).scores["loss"] == pytest.approx(
            model.manifest.scores["loss"], rel=1e-5
        )
        assert len(model.tag("the owl").tokens) == 2


def test_tags_that_training_never_showed_leave_the_loss_finite(tmp_path):
    corpus = tiny.write(_TRAIN, tmp_path, "spans")
    odd = [
        TokensExample(("the", "owl", "x"), "", ("O", "I-x", "B-new")),
        TokensExample(("owl",), "", ("B-new",)),
    ]
    dev = tiny.write([*odd, *odd], tmp_path, "odd").train
    with train(tiny.TinyCorpus(corpus.train, dev), tmp_path / "m") as model:
        assert np.isfinite(model.manifest.scores["loss"])


def test_what_a_corpus_allows_is_cached_with_it(corpus, tmp_path):
    tables = tiny.tables("tagging", corpus, head={"crf": True})
    tables["corpus"]["cache"] = True
    api.train(tables, out=tmp_path / "one").close()
    assert list(tmp_path.glob(".seqkit-cache/*/head/transitions.safetensors"))
    api.train(tables, out=tmp_path / "two").close()
    np.testing.assert_array_equal(scores_in(tmp_path / "one"), scores_in(tmp_path / "two"))
    one, two = (open_bundle(tmp_path / name).decoder.chain for name in ("one", "two"))
    np.testing.assert_array_equal(one.allowed, two.allowed)


def test_resuming_gives_the_same_weights(corpus, tmp_path, at, ctrl_c, weights):
    tables = tiny.tables("tagging", corpus, head={"crf": True}, training={"epochs": 3})
    api.train(tables, out=tmp_path / "whole").close()
    api.train(tables, out=tmp_path / "parts", observers=[at(5, ctrl_c)]).close()
    api.train(tables, out=tmp_path / "parts", resume=True).close()
    assert weights(tmp_path / "parts") == weights(tmp_path / "whole")
    one, two = (
        (tmp_path / name / "head" / "transitions.safetensors").read_bytes()
        for name in ("whole", "parts")
    )
    assert one == two
