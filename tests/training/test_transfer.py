"""A network that begins from others computes what they compute, before its first step."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from seqkit import api
from seqkit import recipe as recipes
from seqkit.bundle.load import open_bundle
from seqkit.errors import DataError, UsageError
from seqkit.nn.network import Network
from seqkit.pretrained.beginning import Beginning
from seqkit.readers.base import stop_at_bad
from seqkit.readers.files import read
from seqkit.training.events import Transferred
from seqkit.training.transfer import transfer

WORDS = {"tokenizer": {"name": "word"}}


@pytest.fixture(scope="module")
def language(tiny, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("language") / "forward"
    tiny.train("generation", out, head={"tie_weights": True}, **WORDS)
    return out


@pytest.fixture(scope="module")
def backward(tiny, tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("language") / "backward"
    changes = {"encoder": {"reversed": True}, "embedding": {"size": 5}, "random_seed": 2}
    tiny.train("generation", out, **WORDS, **changes)
    return out


def of(path: Path) -> Network:
    """The network of a finished bundle."""
    bundle = open_bundle(path)
    size = bundle.manifest.vocab_size
    network = Network(bundle.recipe, vocab_size=size, output_size=size).eval()
    network.load_state_dict({n: torch.from_numpy(w) for n, w in bundle.weights().items()})
    return network


def begun(tables: dict, tokenizer, outputs: int) -> Network:
    """A network as it is before the first step."""
    beginning = Beginning(recipes.parse(tables))
    tokenizer = tokenizer or beginning.make_tokenizer()
    network = Network(beginning.recipe, vocab_size=tokenizer.vocab_size, output_size=outputs)
    network.reset_parameters(torch.Generator().manual_seed(3))
    transfer(beginning, tokenizer, network)
    return network.eval()


TEXTS = ["the cat ran", "a dog sat on my mat"]


def batch(tokenizer, *, backwards: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
    ids = [tokenizer.encode_ids(text)[:: -1 if backwards else 1] for text in TEXTS]
    padded = torch.zeros(6, 2, dtype=torch.int64)
    for column, row in enumerate(ids):
        padded[: len(row), column] = torch.tensor(row)
    return padded, torch.tensor([len(row) for row in ids])


def test_another_language_model_foretells_the_same(tiny, language):
    known = open_bundle(language).tokenizer
    section = {"model": str(language), "tokenizer": "theirs"}
    tables = tiny.tables("generation", head={"tie_weights": True}, pretrained=section)
    network = begun(tables, None, known.vocab_size)
    ids, lengths = batch(known)
    assert torch.equal(network(ids, lengths), of(language)(ids, lengths))


def test_with_words_of_its_own_it_reads_known_ones_alike(tiny, language):
    tables = tiny.tables("classification", pretrained={"model": str(language)})
    own = open_bundle(tiny_classifier(tiny, language)).tokenizer
    network = begun(tables, own, 2)
    theirs = of(language)
    known = open_bundle(language).tokenizer
    encoded = network.encoder(network.embedding(batch(own)[0]), batch(own)[1])
    expected = theirs.encoder(theirs.embedding(batch(known)[0]), batch(known)[1])
    assert torch.equal(encoded, expected)
    assert not network.embedding.weight[0].any()


def tiny_classifier(tiny, language: Path) -> Path:
    """A classifier, for its tokenizer, whose ids are not the language model's."""
    out = language.parent / "classifier"
    if not out.exists():
        tiny.train("classification", out, training={"epochs": 1})
    return out


def test_a_pair_reads_both_ways_as_each_does_alone(tiny, language, backward):
    tables = tiny.tables(
        "classification",
        encoder={"bidirectional": True},
        embedding={"size": 11},
        pretrained={
            "model": str(language),
            "backward_model": str(backward),
            "tokenizer": "theirs",
        },
    )
    network = begun(tables, None, 2)
    known = open_bundle(language).tokenizer
    ids, lengths = batch(known)
    forth, back = network.encoder(network.embedding(ids), lengths).chunk(2, dim=-1)
    theirs = of(language)
    assert torch.allclose(forth, theirs.encoder(theirs.embedding(ids), lengths), atol=1e-6)
    theirs = of(backward)
    mirrored, lengths = batch(open_bundle(backward).tokenizer, backwards=True)
    expected = theirs.encoder(theirs.embedding(mirrored), lengths)
    for column, length in enumerate(lengths):
        mirror = expected[:length, column].flip(0)
        assert torch.allclose(back[:length, column], mirror, atol=1e-6)


def test_a_model_of_two_layers_begins_two(tiny, tmp_path):
    layers = {"encoder": {"layers": 2}}
    tiny.train("generation", tmp_path / "m", **WORDS, **layers)
    section = {"model": str(tmp_path / "m"), "tokenizer": "theirs"}
    network = begun(tiny.tables("classification", pretrained=section, **layers), None, 2)
    theirs = of(tmp_path / "m")
    for own, other in zip(network.encoder.parameters(), theirs.encoder.parameters(), strict=True):
        assert torch.equal(own, other)


def test_a_one_hot_model_begins_another(tiny, tmp_path):
    one_hot = {"embedding": {"size": 0}}
    tiny.train("generation", tmp_path / "m", training={"epochs": 1}, **one_hot)
    section = {"model": str(tmp_path / "m"), "tokenizer": "theirs"}
    network = begun(tiny.tables("classification", pretrained=section, **one_hot), None, 2)
    expected = open_bundle(tmp_path / "m").weights()["encoder.cells.0.W_hx"]
    assert np.array_equal(network.encoder.cells[0].W_hx.detach().numpy(), expected)


def test_a_run_tells_and_records_what_it_began_from(tiny, language, tmp_path, at):
    observer = at(0, lambda: None)
    section = {"model": str(language), "tokenizer": "theirs"}
    model = tiny.train("classification", tmp_path / "m", pretrained=section, observers=[observer])
    (told,) = [event for event in observer.events if isinstance(event, Transferred)]
    assert told.found == told.tokens == model.manifest.vocab_size - 3
    (origin,) = model.manifest.origins
    assert origin.name == "forward"
    assert "- began from: forward (model)" in (tmp_path / "m" / "README.md").read_text()
    lines = (tmp_path / "m" / "metrics.jsonl").read_text().splitlines()
    assert json.loads(lines[1]) == {
        "event": "transferred",
        "source": "forward",
        "tokens": told.tokens,
        "found": told.found,
    }
    assert len(list(model.classify(["the cat", "a dog"]))) == 2


def test_a_kept_corpus_is_of_one_vocabulary(tiny, language, tmp_path):
    other = {"train": [str(tiny.folder / "generation-dev.jsonl")], "dev_fraction": 0.2, "dev": []}
    tiny.train("generation", tmp_path / "lm", corpus=other, training={"epochs": 1}, **WORDS)
    for name in (language, tmp_path / "lm", language):
        section = {"model": str(name), "tokenizer": "theirs"}
        model = tiny.train(
            "classification",
            tmp_path / "m",
            pretrained=section,
            training={"epochs": 1},
            overwrite=True,
        )
        known = api.load(name)._engine.bundle.tokenizer
        assert model.manifest.vocab_size == known.vocab_size
        assert model._engine.bundle.tokenizer.encode_ids("a park") == known.encode_ids("a park")


def test_beginning_so_helps(tiny, tmp_path):
    """The loss of a language model goes on from where it was, rather than from chance."""
    tiny.train("generation", tmp_path / "a", training={"epochs": 8}, **WORDS)
    more = {"training": {"epochs": 1, "learning_rate": 1e-5}, **WORDS}
    drawn = tiny.train("generation", tmp_path / "b", **more)
    begun = tiny.train(
        "generation", tmp_path / "c", pretrained={"model": str(tmp_path / "a")}, **more
    )
    before = api.load(tmp_path / "a").manifest.scores["loss"]
    assert begun.manifest.scores["loss"] == pytest.approx(before, abs=0.01)
    assert drawn.manifest.scores["loss"] > before + 0.1


def test_a_run_is_not_resumed_with_another_model(tiny, language, tmp_path, at, ctrl_c):
    tiny.train("generation", tmp_path / "lm", head={"tie_weights": True}, **WORDS)
    section = {"pretrained": {"model": str(tmp_path / "lm")}}
    tiny.train("classification", tmp_path / "m", observers=[at(2, ctrl_c)], **section)
    tiny.train(
        "generation",
        tmp_path / "lm",
        head={"tie_weights": True},
        random_seed=9,
        overwrite=True,
        **WORDS,
    )
    with pytest.raises(DataError, match=r"other training data.*\[pretrained\]"):
        tiny.train("classification", tmp_path / "m", resume=True, **section)


def test_a_reversed_model_reads_from_the_end_and_writes_nothing(tiny, backward):
    model = api.load(backward)
    with pytest.raises(UsageError, match=r"writes nothing.*encoder\.reversed"):
        model.generate("the")
    texts = list(examples(tiny.tables("generation")["corpus"]["dev"][0]))
    scored = model.evaluate(texts).scores["loss"]
    assert scored == pytest.approx(model.manifest.scores["loss"])
    ids = model._engine.encoder.encode(texts[0], with_target=False).ids
    assert model._engine.bundle.tokenizer.decode(ids.tolist()) == ". park the to ran dog a"


@pytest.mark.parametrize("frozen", [False, True])
def test_vectors_are_where_the_embedding_begins(tiny, tmp_path, at, weights, ctrl_c, frozen):
    file = tmp_path / "vectors.txt"
    file.write_text("cat 1 2 3\ndog 4 5 6\nzebra 7 8 9\n")
    section = {"vectors": str(file), "vectors_frozen": frozen}
    options = {"embedding": {"size": 3}, "pretrained": section}
    observer = at(0, lambda: None)
    model = tiny.train("classification", tmp_path / "m", observers=[observer], **options)
    (told,) = [event for event in observer.events if isinstance(event, Transferred)]
    assert (told.found, told.tokens) == (2, model.manifest.vocab_size - 3)
    assert [(o.kind, o.name) for o in model.manifest.origins] == [("vectors", "vectors.txt")]
    bundle = open_bundle(tmp_path / "m")
    cat, dog, mat = (bundle.tokenizer.encode_ids(word)[0] for word in ("cat", "dog", "mat"))
    table = bundle.weights()["embedding.weight"]
    near = [[1, 2, 3], [4, 5, 6]]
    assert (table[[cat, dog]] == near).all() == frozen
    assert table[[cat, dog]] == pytest.approx(np.array(near), abs=0.2)
    assert 0 < abs(table[mat]).max() < 0.2
    tiny.train("classification", tmp_path / "again", observers=[at(3, ctrl_c)], **options)
    tiny.train("classification", tmp_path / "again", resume=True, **options)
    assert weights(tmp_path / "again") == weights(tmp_path / "m")


def test_a_model_knows_words_of_its_vectors_that_it_never_met(tiny, tmp_path):
    file = tmp_path / "vectors.txt"
    file.write_text("cat 1 2 3\nzebra 7 8 9\ngnu 4 5 6\n")

    def trained(out: str, words: int):
        section = {"vectors": str(file), "vectors_frozen": True, "vectors_words": words}
        tiny.train("classification", tmp_path / out, embedding={"size": 3}, pretrained=section)
        return open_bundle(tmp_path / out)

    without, bundle = trained("without", 0), trained("m", 2)  # a kept corpus is of one of the two
    assert without.tokenizer.encode_ids("zebra gnu") == [1, 1]
    zebra, gnu = bundle.tokenizer.encode_ids("zebra gnu")
    assert (zebra, gnu) == (without.manifest.vocab_size, 1)
    assert bundle.weights()["embedding.weight"][zebra].tolist() == [7, 8, 9]


def examples(path: str):
    return read(
        [Path(path)],
        reader=recipes.default_part("reader", "jsonl"),
        encoding="utf-8",
        on_bad=stop_at_bad,
    )
