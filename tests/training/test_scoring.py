"""Scores on held-out examples, held against the network run on one example at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from seqkit import api
from seqkit.decoding.tagging import TaggingDecoder
from seqkit.encoding import Encoded, ExampleEncoder
from seqkit.examples import TextExample, TokensExample
from seqkit.heads import TaggingOptions
from seqkit.nn.network import Network
from seqkit.runtimes.torch import TorchRuntime
from seqkit.tokenizers.base import EOS
from seqkit.training.scoring import score_examples, score_streams


@pytest.fixture(scope="module")
def models(tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return {t: tiny.train(t, folder / t) for t in ("classification", "tagging", "generation")}


def encoder(model) -> ExampleEncoder:
    return model._engine.encoder


def network_of(model) -> Network:
    return TorchRuntime(model._engine.bundle).network


def test_texts(models):
    model = models["classification"]
    network = network_of(model)
    texts = [("a cat ran to the park", "y"), ("the day", "n"), ("", "y"), ("my mat", "y")]
    examples = [
        encoder(model).encode(TextExample(text, "", (label,)), with_target=True)
        for text, label in texts
    ]
    scored = score_examples(network, examples, model._engine.bundle.decoder)
    real = [e for e in examples if len(e)]
    logits = [network(torch.tensor(e.ids[:, None]).long(), torch.tensor([len(e)])) for e in real]
    targets = [int(e.target) for e in real]
    pairs = list(zip((x.item() for x in logits), targets, strict=True))
    nats = [math.log1p(math.exp(-x if t else x)) for x, t in pairs]
    assert scored.scores["loss"] == pytest.approx(sum(nats) / 3, rel=1e-5)
    right = [(x > 0) == t for x, t in pairs]
    assert scored.scores["accuracy"] == pytest.approx(sum(right) / 3)
    assert [int(t) for t in scored.targets] == targets
    np.testing.assert_allclose(np.stack(scored.logits), torch.cat(logits).numpy(), rtol=1e-4)


def test_class_weights_do_not_count(tiny, tmp_path):
    model = tiny.train("classification", tmp_path / "m", head={"class_weights": {"n": 9.0}})
    rows = [TextExample(text, "", (label,)) for text, label in [("a cat", "n"), ("a dog", "y")]]
    evaluation = model.evaluate(rows)
    probabilities = [p.probabilities for p in model.classify(rows)]
    nats = -math.log(probabilities[0]["n"]) - math.log(probabilities[1]["y"])
    assert evaluation.scores["loss"] == pytest.approx(nats / 2, rel=1e-5)


def test_tokens_are_counted_where_they_are_complete(models):
    model = models["tagging"]
    rows = [
        TokensExample(("a", "cat", "ran"), "", ("X", "N", "V")),
        TokensExample((), "", ()),
        TokensExample(("dogs",), "", ("N",)),
    ]
    examples = [encoder(model).encode(row, with_target=True) for row in rows]
    scored = score_examples(network_of(model), examples, model._engine.bundle.decoder)
    answers = list(model.tag(rows))
    tags = [[token.tag for token in answer.tokens] for answer in answers]
    right = [
        t == u
        for row, tagged in zip(rows, tags, strict=False)
        for t, u in zip(row.tags, tagged, strict=False)
    ]
    assert scored.scores["accuracy"] == pytest.approx(sum(right) / 4)
    assert [len(row) for row in scored.logits] == [3, 1]


def test_tags_that_training_never_showed_count_as_wrong_and_have_no_loss(models):
    network = network_of(models["tagging"])
    decoder = TaggingDecoder(TaggingOptions(), models["tagging"].labels)

    def scores(tags):
        row = encoder(models["tagging"]).encode(TokensExample(("a", "cat"), ""), with_target=False)
        target = decoder.target(TokensExample(("a", "cat"), "", tags))
        example = Encoded(row.ids, target=target, steps=row.steps)
        return score_examples(network, [example], decoder).scores

    assert scores(("new", "other"))["accuracy"] == 0
    assert scores(("new", "other"))["loss"] == 0
    assert scores(("N", "new"))["loss"] > 0


def test_streams_are_scored_with_their_state_carried_on(models):
    model = models["generation"]
    network = network_of(model)
    texts = ["the cat sat. ", "", "a dog"]
    documents = [encoder(model).encode(TextExample(t, ""), with_target=False) for t in texts]
    characters = sum(len(t) + 1 for t in texts)
    scores = score_streams(network, documents, characters=characters)
    ids = [EOS, *(i for d in documents for i in (*d.ids.tolist(), EOS))]
    logits, _ = network.run(
        torch.tensor(ids[:-1])[:, None], torch.tensor([len(ids) - 1]), network.initial_state(1)
    )
    logs = torch.log_softmax(logits[:, 0], dim=-1)
    nats = -sum(logs[step, target].item() for step, target in enumerate(ids[1:]))
    assert characters == len(ids) - 1  # every character of these has a token of its own
    assert scores["loss"] == pytest.approx(nats / characters, rel=1e-5)
    assert scores["perplexity"] == pytest.approx(math.exp(nats / characters), rel=1e-5)
    assert scores["bits_per_character"] == pytest.approx(nats / characters / math.log(2), rel=1e-5)
    likeliest = logs.topk(3).indices.tolist()
    held = [target in three for target, three in zip(ids[1:], likeliest, strict=True)]
    assert scores["top_3"] == pytest.approx(sum(held) / characters)
    assert 0 < scores["top_3"] < 1


def test_what_training_says_of_the_best_epoch_is_what_evaluation_says(models, tiny):
    from seqkit.readers.files import read
    from seqkit.recipe import default_part

    for task, model in models.items():
        paths = [tiny.folder / f"{task}-dev.jsonl"]
        examples = list(read(paths, reader=default_part("reader", "jsonl")))
        evaluation = api.load(model.path).evaluate(examples)
        assert evaluation.scores == pytest.approx(model.manifest.scores, rel=1e-5)
        assert evaluation.examples == 4
