"""Sentences read in their document, from training to what every runtime and command answers."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from seqkit import api
from seqkit import recipe as recipes
from seqkit.bundle.load import open_bundle
from seqkit.cli.main import cli
from seqkit.documents import in_context
from seqkit.encoding import ExampleEncoder
from seqkit.examples import Example, TextExample, TokensExample
from seqkit.readers.files import read
from seqkit.runtimes.torch import TorchRuntime
from seqkit.training.scoring import score_examples

#: What "it" is, another sentence tells: that before it, or that after it.
_ANIMALS = {"cat": "FELINE", "dog": "CANINE", "lion": "FELINE", "wolf": "CANINE"}


def rows(documents: int) -> list[dict[str, object]]:
    """Two sentences a document; in every other one the animal comes last."""
    found: list[dict[str, object]] = []
    for number in range(documents):
        animal, kind = list(_ANIMALS.items())[number % 4]
        named = {"tokens": ["a", animal, "is", "here"], "tags": ["O"] * 4}
        it = {"tokens": ["it", "sleeps"], "tags": [kind, "O"]}
        order = (named, it) if number // 4 % 2 else (it, named)
        found += [{**sentence, "document": number} for sentence in order]
    return found


@pytest.fixture(scope="module")
def animals(tiny) -> dict[str, list[str]]:
    return {
        "train": [tiny.write("animals.jsonl", rows(40))],
        "dev": [tiny.write("animals-dev.jsonl", rows(8))],
    }


def train(tiny, corpus, out: Path, context: int, *, epochs: int = 1, **changes):
    sections = {
        "corpus": corpus,
        "embedding": {"size": 16, "init": "normal"},
        "encoder": {"hidden_size": 24, "bidirectional": True, "context": context},
        "training": {"epochs": epochs, "batch_size": 4, "learning_rate": 0.02},
    }
    return tiny.train("tagging", out, **sections, **changes)


@pytest.fixture(scope="module")
def model(tiny, animals, tmp_path_factory):
    return train(tiny, animals, tmp_path_factory.mktemp("context") / "m", 6, epochs=16)


def dev_examples(corpus) -> list[Example]:
    path = Path(corpus["dev"][0])
    return list(read([path], reader=recipes.default_part("reader", "jsonl")))


def run(*words: str) -> str:
    """What a command prints."""
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.stderr
    return result.stdout


def tags(answers) -> list[list[str]]:
    return [[token.tag for token in answer.tokens] for answer in answers]


def test_what_only_another_sentence_tells_is_learnt(model):
    # alone "it sleeps" has one answer, which is wrong half the times
    assert model.manifest.scores["accuracy"] == 1


@pytest.mark.parametrize(("head", "tokenizer"), [({}, "char"), ({"crf": True}, "word")])
def test_the_scorer_of_training_and_the_model_agree(tiny, animals, tmp_path, head, tokenizer):
    made = train(tiny, animals, tmp_path / "m", 6, head=head, tokenizer={"name": tokenizer})
    bundle, given = open_bundle(made.path), dev_examples(animals)
    encoder = ExampleEncoder(
        bundle.tokenizer, bundle.decoder, "many-to-many", bundle.recipe.encoder
    )
    encoded = [encoder.encode(e, with_target=True) for e in in_context(given, 6)]
    scored = score_examples(TorchRuntime(bundle).network, encoded, bundle.decoder)
    assert scored.scores == pytest.approx(made.manifest.scores, rel=1e-4)
    wanted = [bundle.decoder.decode_tags(logits)[0] for logits in scored.logits]
    assert tags(made.tag(given)) == wanted
    # each document by itself, as texts and as tokens
    for start in range(0, len(given), 2):
        tokens = [e.tokens for e in given[start : start + 2]]
        assert tags(made.tag(tokens, document=True)) == wanted[start : start + 2]
        texts = [" ".join(words) for words in tokens]
        assert tags(made.tag(texts, document=True)) == wanted[start : start + 2]


@pytest.mark.parametrize("runtime", ["torch", "onnx"])
def test_every_runtime_scores_as_training_did(animals, model, runtime):
    with api.load(model.path, runtime=runtime) as loaded:
        scores = loaded.evaluate(dev_examples(animals)).scores
        assert scores == pytest.approx({k: model.manifest.scores[k] for k in scores})
        assert loaded.errors(dev_examples(animals)) == []


def test_sentences_are_one_document_only_where_that_is_said(model):
    sentences = [["a", "wolf", "is", "here"], ["it", "sleeps"]]
    alone = [model.tag(" ".join(words)) for words in sentences]
    assert tags(model.tag(sentences)) == tags(alone)
    together = list(model.tag(sentences, document=True))
    assert together[1].tokens[0].tag == "CANINE"
    assert together[1].tokens[0].probability != pytest.approx(alone[1].tokens[0].probability)
    given = TextExample("it sleeps", "", before=tuple(sentences[0]))
    (answer,) = model.tag([given])
    assert [(t.text, t.start, t.end) for t in answer.tokens] == [("it", 0, 2), ("sleeps", 3, 9)]
    assert tags([answer]) == tags([together[1]])


def test_answers_wait_for_the_words_after_a_sentence_and_no_longer(model):
    read_so_far = []
    sentences = [["it", "sleeps"], ["a", "cat", "is", "here"], ["a", "dog"], ["it"]]
    answers = model.tag((read_so_far.append(s) or s for s in sentences), document=True)
    assert [t.text for t in next(answers).tokens] == ["it", "sleeps"]
    assert len(read_so_far) == 3
    assert len(list(answers)) == 3


def test_commands_read_files_in_context(animals, model):
    wanted = tags(model.tag(dev_examples(animals)))
    path = str(model.path)
    lines = run("tag", "-m", path, "--reader", "jsonl", *animals["dev"]).splitlines()
    assert [[token["tag"] for token in json.loads(row)["tokens"]] for row in lines] == wanted
    assert json.loads(run("evaluate", path, "--format", "json"))["scores"]["accuracy"] == 1
    assert json.loads(run("errors", path, "--format", "json")) == []


def test_what_is_held_out_keeps_what_stands_around_it(tiny, animals, tmp_path):
    corpus = {"train": animals["train"], "dev": [], "dev_fraction": 0.25}
    made = train(tiny, corpus, tmp_path / "m", 6)
    scores = json.loads(run("evaluate", str(made.path), "--format", "json"))["scores"]
    assert scores == pytest.approx(made.manifest.scores, rel=1e-4)


def test_members_read_as_much_as_each_was_trained_with(tiny, animals, model, tmp_path):
    other = train(tiny, animals, tmp_path / "other", 1)
    both = api.load([other.path, model.path])
    assert (other.context, model.context, both.context) == (1, 6, 6)
    given = dev_examples(animals)
    for mean, *each in zip(both.tag(given), other.tag(given), model.tag(given), strict=True):
        for token, first, second in zip(mean.tokens, *(a.tokens for a in each), strict=True):
            if first.tag == second.tag:
                expected = (first.probability + second.probability) / 2
                assert token.probability == pytest.approx(expected, rel=1e-4)
    answers = [
        t.tag == tag
        for a, e in zip(both.tag(given), given, strict=True)
        for t, tag in zip(a.tokens, e.tags, strict=True)
    ]
    assert both.evaluate(given).scores["accuracy"] == pytest.approx(sum(answers) / len(answers))


def test_words_around_a_sentence_are_given_in_its_explanation(model):
    example = TokensExample(("it", "sleeps"), "", before=("a", "wolf", "is", "here"))
    found = model.explain(example, label="CANINE", word=0)
    assert [word.text for word in found.words] == ["it", "sleeps"]
    bundle = open_bundle(model.path)
    encoder = ExampleEncoder(
        bundle.tokenizer, bundle.decoder, "many-to-many", bundle.recipe.encoder
    )
    (logits,) = TorchRuntime(bundle).logits([encoder.encode(example, with_target=False)])
    assert found.logit == pytest.approx(float(logits[0, model.labels.index("CANINE")]), rel=1e-4)
    shared = sum(word.share for word in found.words)
    assert found.logit == pytest.approx(found.baseline + shared + found.residual, rel=1e-4)


def test_another_context_is_another_entry_in_the_cache(tiny, animals, tmp_path):
    corpus = {name: [str(tmp_path / f"{name}.jsonl")] for name in animals}
    for name, (path,) in corpus.items():
        Path(path).write_bytes(Path(animals[name][0]).read_bytes())
    for number, context in enumerate((0, 6, 0)):
        sections = {"encoder": {"context": context}, "training": {"epochs": 1}}
        tiny.train("tagging", tmp_path / str(number), corpus=corpus, **sections)
    assert len(list(tmp_path.glob(".seqkit-cache/*/index.json"))) == 2


def test_the_card_says_what_is_read_around_a_sentence(model):
    assert "up to 6 words of its document" in (model.path / "README.md").read_text()
