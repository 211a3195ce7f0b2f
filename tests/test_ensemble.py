"""Several models as one: the mean of their probabilities, scores, mistakes, and what has none."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from seqkit import api
from seqkit.ensemble import Ensemble
from seqkit.errors import DataError, UsageError
from seqkit.examples import TextExample, TokensExample

TEXTS = ["the cat sat on a mat", "dogs", "", "a dog ran to the park"]
#: An LSTM of words, and other networks of the same labels.
MEMBERS = {
    "words": {},
    "characters": {"tokenizer": {"name": "char"}, "cell": {"name": "gru"}, "random_seed": 2},
    "last words": {"encoder": {"max_tokens": 2, "hidden_size": 5}, "random_seed": 3},
}


def relabelled(bundle: Path, out: Path, labels: list[str]) -> Path:
    """The same model with other names for its labels, in their order."""
    shutil.copytree(bundle, out)
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["labels"] = labels
    (out / "manifest.json").write_text(json.dumps(manifest))
    return out


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("ensemble")


@pytest.fixture(scope="module")
def classifiers(tiny, folder) -> list[Path]:
    made = []
    for name, changes in MEMBERS.items():
        training = {"epochs": 4, "learning_rate": 0.05}
        made.append(tiny.train("classification", folder / name, training=training, **changes).path)
    return made


@pytest.fixture(scope="module")
def taggers(tiny, folder) -> list[Path]:
    made = []
    for seed, tokenizer in enumerate(("word", "char")):
        changes = {"tokenizer": {"name": tokenizer}, "random_seed": seed + 1}
        made.append(tiny.train("tagging", folder / f"tags-{tokenizer}", **changes).path)
    return made


def probabilities(paths: list[Path], text: str) -> dict[str, float]:
    """The mean of what each model says by itself."""
    each = [api.load(path).classify(text).probabilities for path in paths]
    return {label: sum(p[label] for p in each) / len(each) for label in each[0]}


def test_a_label_has_the_mean_of_the_members_probabilities(classifiers):
    model = api.load(classifiers)
    assert isinstance(model, Ensemble)
    for text, answer in zip(TEXTS, model.classify(TEXTS), strict=True):
        expected = probabilities(classifiers, text) if text else {}
        assert answer.probabilities == pytest.approx(expected, rel=1e-6)
        if text:
            assert answer.label == max(expected, key=expected.__getitem__)


def test_labels_are_matched_by_name(classifiers, folder):
    other = relabelled(classifiers[1], folder / "y first", ["y", "n"])
    both = [classifiers[0], other]
    found = api.load(both).classify(TEXTS[0]).probabilities
    assert found == pytest.approx(probabilities(both, TEXTS[0]), rel=1e-6)
    assert found != pytest.approx(probabilities(classifiers[:2], TEXTS[0]), rel=1e-3)


@pytest.mark.parametrize("several", [False, True])
def test_more_than_two_labels_and_several_at_once(tiny, tmp_path, several):
    rows = [{"text": t, "label": [label]} for t, label in zip("abc", "xyz", strict=True)]
    files = [tiny.write("three.jsonl", 3 * rows)]
    corpus, head = {"train": files, "dev": files}, {"multi_label": several}
    paths = [
        tiny.train(
            "classification", tmp_path / str(n), corpus=corpus, head=head, random_seed=n
        ).path
        for n in (1, 2)
    ]
    found = api.load(paths).classify("a").probabilities
    assert found == pytest.approx(probabilities(paths, "a"), rel=1e-6)


def test_a_word_has_the_tag_of_the_greatest_mean(taggers):
    text = "the dog ran to my park"
    tagged = api.load(taggers).tag(text)
    decoders, rows = [], []
    for path in taggers:
        predictor = api.load(path)._predictor()
        example = TokensExample(tuple(text.split()), "")
        (logits,) = predictor.logits([predictor.encoder.encode(example, with_target=False)])
        rows.append(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True))
        decoders.append(predictor.decoder)
    mean = sum(rows) / len(rows)
    assert [t.tag for t in tagged.tokens] == [decoders[0].labels[i] for i in mean.argmax(axis=1)]
    assert [t.probability for t in tagged.tokens] == pytest.approx(mean.max(axis=1), rel=1e-5)
    assert [text[t.start : t.end] for t in tagged.tokens] == text.split()


def test_scores_and_mistakes_are_those_of_the_mean(classifiers):
    model = api.load(classifiers)
    truth = ["y", "n", "n", "y"]
    examples = [TextExample(t, t, (label,)) for t, label in zip(TEXTS, truth, strict=True)]
    answers = [a.label for a in model.classify(TEXTS)]
    wrong = [(t, y, a) for t, y, a in zip(TEXTS, truth, answers, strict=True) if t and a != y]
    evaluation = model.evaluate(examples)
    assert evaluation.examples == 3
    assert evaluation.scores["accuracy"] == pytest.approx(1 - len(wrong) / 3)
    assert "loss" not in evaluation.scores
    mistakes = model.errors(examples, limit=0)
    assert sorted((m.text, m.truth, m.prediction) for m in mistakes) == sorted(wrong)
    with pytest.raises(DataError, match="nothing to evaluate"):
        model.evaluate([])


def test_a_model_with_itself_is_as_alone(classifiers):
    alone, twice = api.load(classifiers[0]), api.load([classifiers[0]] * 2)
    assert twice.classify(TEXTS[0]).probabilities == pytest.approx(
        alone.classify(TEXTS[0]).probabilities, rel=1e-9
    )
    assert not isinstance(api.load([classifiers[0]]), Ensemble)


def test_what_each_member_has_is_asked_of_it(classifiers):
    model = api.load(classifiers[:2])
    assert [member.path for member in model.members] == classifiers[:2]
    for ask in (model.layers, model.runtimes):
        with pytest.raises(UsageError, match=r"Ask each: model.members\[0\]"):
            ask()
    model.close()
    for one in (model, *model.members):
        with pytest.raises(UsageError, match="closed"):
            one.classify("a")


def test_members_that_do_not_fit(tiny, classifiers, taggers, folder, tmp_path):
    other = relabelled(classifiers[0], folder / "other labels", ["maybe", "y"])
    with pytest.raises(UsageError, match="only one of them has 'maybe', 'n'"):
        api.load([classifiers[0], other])
    with pytest.raises(UsageError, match="it is for tagging, and the other for classification"):
        api.load([classifiers[0], taggers[0]])
    several = tiny.train("classification", tmp_path / "several", head={"multi_label": True})
    with pytest.raises(UsageError, match="it gives a text any number of labels, and the other one"):
        api.load([classifiers[0], several.path])
    writer = tiny.train("generation", tmp_path / "writer").path
    with pytest.raises(UsageError, match="generation model gives no probabilities"):
        api.load([writer, writer])
    with pytest.raises(UsageError, match="No model is named"):
        api.load([])


def test_a_mean_of_chains_has_the_mean_of_what_each_says_given_the_sentence(tiny, folder):
    made = []
    for seed in (1, 2):
        head = {"crf": True}
        path = folder / f"chain-{seed}"
        made.append(tiny.train("tagging", path, random_seed=seed, head=head).path)
    together, sentence = api.load(made), "the cat sat"
    members = [model._engine.bundle.decoder for model in together.members]
    given = [TokensExample(tuple(sentence.split()), "")]
    encoded = [
        model._engine.encoder.encode(given[0], with_target=False) for model in together.members
    ]
    logits = [
        m._engine.runtime.logits([e])[0] for m, e in zip(together.members, encoded, strict=True)
    ]
    mean = np.mean([d.probabilities(row) for d, row in zip(members, logits, strict=True)], axis=0)
    tagging = next(together.tag([sentence.split()]))
    best = [members[0].labels[index] for index in mean.argmax(axis=1)]
    assert [token.tag for token in tagging.tokens] == best
    assert [token.probability for token in tagging.tokens] == pytest.approx(mean.max(axis=1))


def test_a_mean_of_calibrated_models_is_of_their_calibrated_probabilities(tiny, folder):
    head = {"calibrate": True}
    training = {"epochs": 4, "learning_rate": 0.05}
    made = []
    for seed in (1, 2):
        path = folder / f"calibrated-{seed}"
        changes = {"random_seed": seed, "head": head, "training": training}
        made.append(tiny.train("classification", path, **changes).path)
    decoders = [model._engine.bundle.decoder for model in api.load(made).members]
    assert all(decoder.temperature != 1 for decoder in decoders)
    found = api.load(made).classify(TEXTS[0]).probabilities
    assert found == pytest.approx(probabilities(made, TEXTS[0]))


def test_a_network_and_a_bag_of_words_are_averaged(tiny, folder, classifiers):
    tables = tiny.tables("classification", head={"name": "nbsvm", "ngram_buckets": 64})
    alone = {name: tables[name] for name in ("corpus", "tokenizer", "head")}
    made = [classifiers[0], api.train(alone, out=folder / "bag").path]
    found = api.load(made).classify(TEXTS[0]).probabilities
    assert found == pytest.approx(probabilities(made, TEXTS[0]))
