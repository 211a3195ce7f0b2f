"""The head of n-grams alone: what it learns at once, and a bundle without layers."""

from __future__ import annotations

import json
import tomllib

import numpy as np
import pytest
import torch

from seqkit import api
from seqkit.encoding import Encoded
from seqkit.errors import UsageError
from seqkit.heads import NBSVMOptions
from seqkit.heads.nbsvm import NBSVMHead
from seqkit.testing import tiny
from seqkit.training import checkpoint
from seqkit.training.events import Evaluated, Started, Stepped

TEXTS = ([3, 4], [5], [6, 7])
IDS = torch.tensor([[3, 5, 6], [4, 0, 7]])
LENGTHS = torch.tensor([2, 1, 2])


@pytest.mark.parametrize(
    ("units", "multi_label", "targets"),
    [(1, False, (1, 0, 0)), (3, False, (2, 0, 1)), (2, True, ([1, 1], [0, 1], [0, 0]))],
)
def test_it_learns_the_training_texts(units, multi_label, targets):
    head = NBSVMHead(0, units, NBSVMOptions(ngram_buckets=1000, multi_label=multi_label))
    dtype = np.float32 if multi_label else np.int64
    examples = [
        Encoded(np.array(t, dtype=np.int32), target=np.array(y, dtype=dtype))
        for t, y in zip(TEXTS, targets, strict=True)
    ]
    wanted = torch.tensor(np.array(targets), dtype=torch.float32 if multi_label else torch.int64)
    before, count = head.loss(head(IDS, LENGTHS), wanted, LENGTHS)
    head.study(examples, torch.Generator().manual_seed(0))
    logits = head(IDS, LENGTHS)
    after, _ = head.loss(logits, wanted, LENGTHS)
    assert int(count) == 3
    assert after < before
    told = logits.argmax(dim=1) if units == 3 else (logits > 0).squeeze(1).int()
    assert told.tolist() == list(targets)


class Seen:
    def __init__(self):
        self.events = []

    def on_event(self, event):
        self.events.append(event)


HEAD = {"name": "nbsvm", "ngram_buckets": 500}


def test_a_bundle_holds_a_head_and_nothing_else(tmp_path):
    corpus = tiny.write_corpus("classification", tmp_path)
    seen = Seen()
    tables = tiny.tables("classification", corpus, head=HEAD)
    with api.train(tables, out=tmp_path / "model", observers=[seen]) as model:
        assert [layer.name for layer in model.layers()] == [
            "head.ngrams.bias",
            "head.ngrams.weight",
        ]
        assert model.manifest.scores["accuracy"] == 1.0
        assert model.manifest.best_epoch == 1
        assert model.classify("the hen hates the barn").label == "bad"
        (answer,) = api.load(tmp_path / "model", runtime="onnx").classify(["the hen likes it"])
        assert answer.label == "good"
    (begun,) = [e for e in seen.events if isinstance(e, Started)]
    assert (begun.epochs, begun.steps, begun.parameters) == (1, 0, 501)
    assert not any(isinstance(e, Stepped) for e in seen.events)
    (scored,) = [e for e in seen.events if isinstance(e, Evaluated)]
    assert (scored.epoch, scored.step, scored.best) == (1, 0, True)
    manifest = json.loads((tmp_path / "model" / "manifest.json").read_text())
    assert sorted(p["kind"] for p in manifest["parts"]) == ["callback", "head", "tokenizer"]
    recipe = tomllib.loads((tmp_path / "model" / "recipe.toml").read_text())
    assert not {"cell", "embedding"} & set(recipe)


def test_a_run_that_ended_before_its_bundle_was_written_goes_on_to_the_same(tmp_path, monkeypatch):
    corpus = tiny.write_corpus("classification", tmp_path)
    tables = tiny.tables("classification", corpus, head=HEAD)
    api.train(tables, out=tmp_path / "whole").close()
    with monkeypatch.context() as patch:
        patch.setattr("seqkit.training.run.write_bundle", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            api.train(tables, out=tmp_path / "broken")
    assert (tmp_path / "broken" / "training" / checkpoint.LATEST).is_file()
    api.train(tables, out=tmp_path / "broken", resume=True).close()
    one, other = (
        (tmp_path / name / "weights.safetensors").read_bytes() for name in ("whole", "broken")
    )
    assert one == other


def test_there_is_no_gradient_to_measure(tmp_path):
    from seqkit.bundle.load import open_bundle
    from seqkit.comparing.gradients import reach

    path = tiny.train("classification", tmp_path / "model", head=HEAD)
    with pytest.raises(UsageError, match="no layer stands before it"):
        reach(open_bundle(path), tiny.examples("classification"))
