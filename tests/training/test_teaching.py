"""A teacher: who is asked what, what is kept, what comes of it, and what is refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from seqkit import api
from seqkit.errors import DataError, RecipeError
from seqkit.training.events import Answered, Started

WORDS = ["we saw the cat", "the zebra ran", "a zebra is long", "the zebra sat", "", "a dog ran"]


@pytest.fixture(scope="module")
def teachers(tiny, tmp_path_factory):
    folder = tmp_path_factory.mktemp("teachers")
    for number, name in enumerate(("one", "two"), 1):
        tiny.train("classification", folder / name, random_seed=number, training={"epochs": 4})
    return folder


@pytest.fixture
def own(tiny, tmp_path):
    """Rows of this test's own, some of them without a label."""
    made = type(tiny)(tmp_path)
    made.write("more.jsonl", [{"text": text} for text in WORDS])
    return made


def taught(own, *names, **changes):
    teacher = {"models": list(map(str, names)), **changes.pop("teacher", {})}
    corpus = {"unlabelled": [str(own.folder / "more.jsonl")], **changes.pop("corpus", {})}
    return {"teacher": teacher, "corpus": corpus, **changes}


def targets(model) -> np.ndarray:
    """What a run's network was taught, from what the run has kept."""
    (file,) = model.glob(".seqkit-cache/answers/*.npy")
    return np.load(file)


def test_every_text_is_taught_by_the_mean_of_all_teachers(own, teachers, tmp_path, at):
    observer = at(0, lambda: None)
    names = [teachers / "one", teachers / "two"]
    model = own.train("classification", tmp_path / "m", observers=[observer], **taught(own, *names))
    filled = [text for text in WORDS if text]
    expected = [
        np.mean([api.load(name).classify(text).probabilities["y"] for name in names])
        for text in filled
    ]
    assert targets(own.folder)[:, 1] == pytest.approx(expected, rel=1e-5)
    answered = [event for event in observer.events if isinstance(event, Answered)]
    assert [(e.texts, e.total) for e in answered] == [(5, 5)]
    (started,) = [event for event in observer.events if isinstance(event, Started)]
    assert (started.train_examples, started.unlabelled_examples) == (8, 5)
    known = model._engine.bundle.tokenizer.encode_ids("zebra cat")
    assert len(set(known)) == 2
    assert model.manifest.corpus.unlabelled_examples == 5
    assert [(o.kind, o.name) for o in model.manifest.origins] == [
        ("teacher", "one"),
        ("teacher", "two"),
    ]
    card = (tmp_path / "m" / "README.md").read_text()
    assert "- texts without a label: 5\n" in card
    assert "- learnt from: two (teacher); licence: not stated; sha256: " in card


def test_what_is_taught_is_learnt(own, teachers, tmp_path):
    """Without labels of its own to speak of, a model comes to say what its teacher says."""
    own.write("more.jsonl", [{"text": t} for t in ["zebra", "yak", "zebra yak"] * 20])
    teacher = api.load(teachers / "one")
    gives = teacher.classify("zebra").probabilities["y"]
    training = {"epochs": 40, "learning_rate": 0.03}
    model = own.train(
        "classification", tmp_path / "m", **taught(own, teachers / "one", training=training)
    )
    assert model.classify("zebra").probabilities["y"] == pytest.approx(gives, abs=0.05)


def test_answers_are_kept_and_asked_for_anew_where_anything_changes(own, teachers, tmp_path, at):
    def seconds(**changes):
        observer = at(0, lambda: None)
        section = taught(own, *changes.pop("names", [teachers / "one"]), **changes)
        own.train("classification", tmp_path / "m", observers=[observer], overwrite=True, **section)
        return [e.seconds for e in observer.events if isinstance(e, Answered)]

    (asked,) = seconds()
    assert asked > 0
    # the corpus in numbers is kept with them
    assert seconds() == []
    # another vocabulary, the same texts
    assert seconds(tokenizer={"name": "char"}) == [0]
    (other,) = seconds(names=[teachers / "two"])
    assert other > 0
    own.write("more.jsonl", [{"text": "the zebra ran"}])
    (more,) = seconds()
    assert more > 0
    assert all(each > 0 for each in seconds(teacher={"share": 0.5}, corpus={"cache": False}))


def test_damaged_answers_are_asked_for_anew(own, teachers, tmp_path, caplog):
    section = taught(own, teachers / "one")
    own.train("classification", tmp_path / "m", **section)
    (file,) = own.folder.glob(".seqkit-cache/answers/*.npy")
    right = np.load(file)
    for wrong in (right[:3], right.astype(np.float64), right * np.nan, right + 1):
        np.save(file, wrong)
        own.train(
            "classification",
            tmp_path / "m",
            overwrite=True,
            tokenizer={"name": "char", "max_size": 40 + len(caplog.records)},
            **section,
        )
        assert np.array_equal(np.load(file), right)
    assert len(caplog.records) == 4
    assert "the teacher is asked again" in caplog.messages[0]


def test_held_out_texts_are_not_taught(own, teachers, tmp_path):
    lines = (own.folder / "classification-dev.jsonl").read_text().splitlines()
    rows = [json.loads(line) for line in lines]
    held = [{"text": f" {row['text'].replace(' ', '  ')}"} for row in rows]
    own.write("more.jsonl", [*held, {"text": "the zebra ran"}])
    model = own.train("classification", tmp_path / "m", **taught(own, teachers / "one"))
    assert model.manifest.corpus.unlabelled_examples == 1


def test_a_share_of_each_label_is_the_teachers(own, teachers, tmp_path, at):
    observer = at(0, lambda: None)
    own.train(
        "classification",
        tmp_path / "m",
        observers=[observer],
        **taught(own, teachers / "one", corpus={"unlabelled": []}, teacher={"share": 1.0}),
    )
    assert [e.total for e in observer.events if isinstance(e, Answered)] == [8]


def test_several_labels_are_taught_at_once(own, tmp_path):
    rows = [
        {"text": "a cat", "label": ["c"]},
        {"text": "a dog", "label": ["d"]},
        {"text": "a cat and a dog", "label": ["c", "d"]},
        {"text": "nothing", "label": []},
    ]
    files = {"train": [own.write("some.jsonl", rows)], "dev": [own.write("same.jsonl", rows)]}
    head = {"name": "classification", "multi_label": True, "ngrams": 1, "ngram_buckets": 50}
    own.train("classification", tmp_path / "t", corpus=files, head=head)
    section = taught(own, tmp_path / "t", corpus=files, head=head)
    model = own.train("classification", tmp_path / "m", **section)
    told = api.load(tmp_path / "t").classify("the zebra ran").probabilities
    assert targets(own.folder)[1] == pytest.approx([told["c"], told["d"]], rel=1e-5)
    with pytest.raises(RecipeError, match=r"gives a text any number of labels, and .* one label"):
        own.train("classification", tmp_path / "other", **taught(own, tmp_path / "t"))
    assert model.labels == ("c", "d")


def test_a_run_is_resumed_to_the_same_weights_but_not_with_another_teacher(
    own, teachers, tmp_path, at, ctrl_c, weights
):
    section = taught(own, tmp_path / "t")
    own.train("classification", tmp_path / "t", random_seed=5)
    own.train("classification", tmp_path / "whole", **section)
    for name in ("m", "other"):
        own.train("classification", tmp_path / name, observers=[at(3, ctrl_c)], **section)
    own.train("classification", tmp_path / "m", resume=True, **section)
    assert weights(tmp_path / "m") == weights(tmp_path / "whole")
    own.train("classification", tmp_path / "t", random_seed=6, overwrite=True)
    with pytest.raises(DataError, match=r"other training data.*\[teacher\]"):
        own.train("classification", tmp_path / "other", resume=True, **section)


def test_who_knows_other_labels_does_not_teach(own, teachers, tmp_path):
    rows = [{"text": "the cat", "label": "n"}, {"text": "a dog", "label": "maybe"}]
    file = own.write("other.jsonl", rows)
    with pytest.raises(RecipeError, match=r"'one' can't teach.*one of them has 'maybe', 'y'"):
        own.train(
            "classification",
            tmp_path / "m",
            **taught(own, teachers / "one", corpus={"train": [file], "dev": [file]}),
        )


def test_a_model_of_another_task_does_not_teach(own, tmp_path):
    own.train("tagging", tmp_path / "t")
    with pytest.raises(RecipeError, match=r"'t' can't teach this model\..*a tag a word"):
        own.train("classification", tmp_path / "m", **taught(own, tmp_path / "t"))


def test_a_head_of_labels_alone_is_not_taught(own, teachers, tmp_path):
    corpus = own.tables("classification")["corpus"]
    section = taught(own, teachers / "one", corpus=corpus)
    with pytest.raises(RecipeError, match="the nbsvm head learns from labels alone"):
        api.train({"head": {"name": "nbsvm"}, **section}, out=tmp_path / "m")
