"""Taggers over models of characters: trained, resumed, stored whole, and damaged."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

import seqkit
from seqkit.bundle.load import open_bundle
from seqkit.bundle.manifest import CONTEXTUAL, WEIGHTS
from seqkit.contextual import Context
from seqkit.encoding import ExampleEncoder
from seqkit.errors import BundleError
from seqkit.examples import TokensExample
from seqkit.nn.network import Network
from seqkit.runtimes.padding import alike, pad
from seqkit.testing.parity import require_equal_to_torch
from seqkit.testing.tiny import jolt
from seqkit.training import contextual
from seqkit.training.batching import collate
from seqkit.training.contextual import read_once
from seqkit.training.store import Corpus, Packer

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def pair(tiny, tmp_path_factory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("models")
    tiny.train("generation", folder / "forward")
    tiny.train("generation", folder / "backward", encoder={"reversed": True})
    return {way: str(folder / way) for way in ("forward", "backward")}


@pytest.fixture(scope="module")
def tagger(tiny, pair, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("taggers") / "tagger"
    tiny.train("tagging", out, contextual={**pair, "size": 5})
    return out


@pytest.fixture
def corpus(tagger) -> Corpus:
    """The tagger's corpus in numbers."""
    bundle = open_bundle(tagger)
    encoder = ExampleEncoder(
        bundle.tokenizer,
        bundle.decoder,
        "many-to-many",
        bundle.recipe.encoder,
        letters=bundle.letters,
    )
    texts = ["the cat sat on a mat", "a dog ran", "my", "we saw the park there", "dogs", "a day"]
    examples = [TokensExample(tuple(t.split()), "", ("X",) * len(t.split())) for t in texts]
    train = Packer(encoder.encode(e, with_target=True) for e in examples).examples()
    dev = Packer(encoder.encode(e, with_target=True) for e in examples[:3]).examples()
    return Corpus(train, dev, Packer([]).examples(), 0, "")


@pytest.fixture
def network(tagger) -> Network:
    bundle = open_bundle(tagger)
    made = Network(
        bundle.recipe,
        vocab_size=bundle.tokenizer.vocab_size,
        output_size=bundle.decoder.output_size,
    )
    made.load_state_dict({n: torch.from_numpy(w) for n, w in bundle.weights().items()})
    assert made.embedding.contextual is not None
    made.embedding.contextual.models.requires_grad_(False)
    return made.eval()


def test_a_tagger_holds_its_models_as_they_were(tagger, pair):
    weights = load_file(tagger / WEIGHTS)
    for index, way in enumerate(("forward", "backward")):
        theirs = load_file(Path(pair[way]) / WEIGHTS)
        prefix = f"embedding.contextual.models.{index}."
        np.testing.assert_array_equal(weights[f"{prefix}weight"], theirs["embedding.weight"])
        for part in ("W_hx", "W_hh", "b_x", "b_h"):
            name = f"encoder.cells.0.{part}"
            np.testing.assert_array_equal(weights[prefix + name], theirs[name])
    assert not any("models" in name and "head" in name for name in weights)


def test_models_that_are_not_frozen_learn(tiny, pair, tmp_path):
    out = tmp_path / "t"
    tiny.train("tagging", out, contextual={**pair, "frozen": False})
    weights, theirs = load_file(out / WEIGHTS), load_file(Path(pair["forward"]) / WEIGHTS)
    name = "encoder.cells.0.W_hh"
    assert (weights[f"embedding.contextual.models.0.{name}"] != theirs[name]).any()


@pytest.mark.parametrize("runtime", ["torch", "onnx"])
def test_a_tagger_is_whole_in_itself(tagger, tmp_path, runtime):
    alone = tmp_path / "elsewhere"
    shutil.copytree(tagger, alone)
    text = "the cat saw my dog"
    with seqkit.load(tagger, runtime="torch") as model:
        expected = model.tag(text)
    recipe = (alone / "recipe.toml").read_text(encoding="utf-8")
    gone = recipe.replace(str(open_bundle(tagger).recipe.contextual.forward), "gone")
    assert gone != recipe
    (alone / "recipe.toml").write_text(gone, encoding="utf-8")
    with seqkit.load(alone, runtime=runtime) as model:
        found = model.tag(text)
    assert [t.tag for t in found.tokens] == [t.tag for t in expected.tokens]
    for one, other in zip(found.tokens, expected.tokens, strict=True):
        assert one.probability == pytest.approx(other.probability, abs=1e-5)


@pytest.mark.parametrize("size", [0, 5])
@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_onnx_gives_what_torch_gives(tiny, tmp_path, cell, size):
    chosen = {"cell": {"name": cell}}
    tiny.train("generation", tmp_path / "f", **chosen)
    tiny.train("generation", tmp_path / "b", **chosen, encoder={"reversed": True})
    section = {"forward": str(tmp_path / "f"), "backward": str(tmp_path / "b"), "size": size}
    tiny.train("tagging", tmp_path / "t", **chosen, contextual=section)
    jolt(tmp_path / "t")
    require_equal_to_torch("onnx", tmp_path / "t", tolerance=1e-5)


def test_states_are_computed_once_and_are_those_of_the_characters(corpus, network):
    read = read_once(corpus, network, CPU)
    reader = network.embedding.contextual
    assert reader is not None
    for before, after in ((corpus.train, read.train), (corpus.dev, read.dev)):
        assert len(before) == len(after)
        for one, other in zip(before, after, strict=True):
            assert (other.letters, other.places) == (None, None)
            assert other.states is not None
            context = collate([one]).context
            assert isinstance(context, Context)
            states = reader.read(context)[:, 0].detach().numpy()
            np.testing.assert_allclose(other.states, states, atol=1e-3)
            for name in ("ids", "target", "steps"):
                assert np.array_equal(getattr(one, name), getattr(other, name))
    some = [read.train[i] for i in (0, 5, 2)]
    batch = collate(some)
    assert isinstance(batch.context, torch.Tensor)
    assert batch.context.dtype == torch.float32
    logits = network(batch.ids, batch.lengths, *batch.beside)
    batch = collate([corpus.train[i] for i in (0, 5, 2)])
    wanted = network(batch.ids, batch.lengths, *batch.beside)
    torch.testing.assert_close(logits, wanted, atol=2e-3, rtol=0)


def test_states_of_models_that_learn_are_not_kept(corpus, network):
    assert network.embedding.contextual is not None
    network.embedding.contextual.models.requires_grad_(True)
    assert read_once(corpus, network, CPU) is corpus


def test_more_states_than_there_is_room_for_are_not_kept(corpus, network, monkeypatch):
    needed = corpus.dev.tokens * 2 * 8 * 2
    monkeypatch.setattr(contextual, "MOST_KEPT", needed)
    read = read_once(corpus, network, CPU)
    assert read.train is corpus.train
    assert read.dev[0].states is not None


def test_sentences_of_many_characters_are_read_a_few_at_a_time(corpus):
    example = corpus.train[0]
    assert example.letters is not None
    assert len(example.letters) > len(example) + 1
    room = 2 * len(example.letters)
    assert [len(part) for part in alike([example] * 5, batch_tokens=room)] == [2, 2, 1]
    assert isinstance(pad([example]).context, Context)


def test_a_run_is_resumed_to_the_same_weights(tiny, pair, tmp_path, weights, at, ctrl_c):
    section = {"contextual": {**pair, "size": 4}}
    tiny.train("tagging", tmp_path / "whole", **section)
    tiny.train("tagging", tmp_path / "m", observers=[at(4, ctrl_c)], **section)
    assert (tmp_path / "m" / "training").is_dir()
    tiny.train("tagging", tmp_path / "m", resume=True, **section)
    assert weights(tmp_path / "m") == weights(tmp_path / "whole")


def test_missing_characters_are_named(tagger, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(tagger, broken)
    shutil.rmtree(broken / CONTEXTUAL)
    with pytest.raises(BundleError, match=r"contextual.characters\.jsonl"):
        seqkit.load(broken).tag("the fox")


def test_characters_of_another_number_are_damage(tagger, tmp_path):
    broken = tmp_path / "broken"
    shutil.copytree(tagger, broken)
    (broken / CONTEXTUAL / "characters.jsonl").write_text('1\n"a"\n', encoding="utf-8")
    with pytest.raises(BundleError, match=r"contextual is damaged.*260 ids"):
        seqkit.load(broken).tag("the fox")
