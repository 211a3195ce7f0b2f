from __future__ import annotations

import re

import msgspec
import pytest

from seqkit import recipe as recipes
from seqkit.bundle.card import model_card
from seqkit.bundle.manifest import (
    BaselineRecord,
    Confusion,
    CorpusRecord,
    MachineRecord,
    OriginRecord,
    RoundingRecord,
    read_manifest,
)
from seqkit.decoding.metrics import LabelScore


@pytest.fixture
def manifest(bundle):
    return read_manifest(bundle)


def card(manifest, task="classification", name="mood", head=None, size=104, **changes):
    recipe = recipes.parse(
        {
            "tokenizer": {"name": "word"},
            "encoder": {
                "hidden_size": 32,
                "layers": 2,
                "max_tokens": 500 if task == "classification" else 0,
            },
            "head": {"name": task, **(head or {})},
        }
    )
    changed = msgspec.structs.replace(manifest, task=task, **changes)
    return model_card(changed, recipe, name=name, size=size)


def section(text, title):
    return text.split(f"\n## {title}\n\n")[1].split("\n## ")[0].strip()


def test_it_begins_with_what_the_model_is(manifest):
    head = card(manifest, parameters=1_234_567, weights="float16", size=2_469_134).split("\n## ")[0]
    assert head == (
        "# mood\n\n"
        "A seqkit model for classification: one label a text, or several: sentiment, topics, "
        "spam.\n\n"
        "- language: en\n"
        "- network: lstm, 2 layers of 32, one direction\n"
        "- tokenizer: word, 262 entries\n"
        "- size: 1,234,567 parameters, 2.5 MB as float16\n"
        "- labels: `bad`, `good`\n"
    )


def test_a_head_that_reads_ids_has_no_network_to_tell_of(manifest):
    recipe = recipes.parse({"head": {"name": "nbsvm"}})
    text = model_card(
        msgspec.structs.replace(manifest, task="nbsvm"), recipe, name="mood", size=104
    )
    assert "- network: a head alone\n" in text
    assert "lstm" not in text
    assert "seqkit classify --model mood file.txt" in section(text, "Use it")
    assert "even where none of them fits" in section(text, "Limits")


@pytest.mark.parametrize(
    ("task", "command", "call"),
    [
        ("classification", "seqkit classify --model mood file.txt", ".classify("),
        ("tagging", "seqkit tag --model mood file.txt", ".tag("),
        ("generation", "seqkit generate --model mood --seed 'The'", ".generate("),
    ],
)
def test_it_shows_the_command_and_the_call_of_its_task(manifest, task, command, call):
    usage = section(card(manifest, task), "Use it")
    assert f"```sh\n{command}\n```" in usage
    assert 'model = seqkit.load("mood")' in usage
    code = re.search(r"```python\n(.*)\n```", usage, re.DOTALL)[1]
    assert call in code
    compile(code, "card", "exec")


def test_several_labels_are_shown_as_several(manifest):
    assert ".labels)" in card(manifest, head={"multi_label": True})


def test_what_it_began_from_is_named_with_its_licence_and_checksum(manifest):
    facts = {"sha256": "a" * 64, "corpus": "talk", "licence": "CC0-1.0"}
    model = OriginRecord(kind="model", name="lm", **facts)
    vectors = OriginRecord(kind="vectors", name="v.txt", sha256="b" * 64, corpus="", licence="")
    lines = section(card(manifest, origins=(model, vectors)), "Trained on").splitlines()
    assert lines[-2:] == [
        f"- began from: lm (model), itself trained on talk; licence: CC0-1.0; sha256: {'a' * 64}",
        f"- began from: v.txt (vectors); licence: not stated; sha256: {'b' * 64}",
    ]


def test_a_teacher_is_named_with_how_many_texts_it_labelled(manifest):
    facts = {"sha256": "a" * 64, "corpus": "talk", "licence": "CC0-1.0"}
    corpus = msgspec.structs.replace(manifest.corpus, unlabelled_examples=1200)
    teacher = OriginRecord(kind="teacher", name="big", **facts)
    lines = section(card(manifest, origins=(teacher,), corpus=corpus), "Trained on").splitlines()
    assert "- texts without a label: 1,200" in lines
    assert lines[-1].startswith("- learnt from: big (teacher), itself trained on talk; ")


def test_a_model_that_reads_backwards_says_so(manifest):
    tables = {"head": {"name": "generation"}, "encoder": {"reversed": True}}
    text = model_card(manifest, recipes.parse(tables), name="m", size=104)
    assert "- It reads texts from their end and writes none; others begin from it." in text


def test_scores_stand_in_a_table_with_how_they_were_found(manifest):
    scores = section(card(manifest), "Scores")
    assert scores.startswith("On 4 development examples, which also picked the best epoch;")
    assert scores.endswith("| accuracy | 0.75 |\n| loss | 0.5 |")


def test_labels_have_scores_of_their_own_and_mistakes_are_named(manifest):
    facts = {"precision": 0.5, "recall": 0.25, "f1": 1 / 3}
    labels = (
        LabelScore(label="rare|odd", support=3, **facts),
        LabelScore(label="often", support=1200, **facts),
    )
    confusions = (Confusion(truth="often", prediction="rare|odd", count=7),)
    scores = section(card(manifest, by_label=labels, confusions=confusions), "Scores")
    assert scores.splitlines()[-6:] == [
        "| label | precision | recall | F1 | examples |",
        "|---|---|---|---|---|",
        "| `often` | 0.500 | 0.250 | 0.333 | 1,200 |",
        r"| `rare\|odd` | 0.500 | 0.250 | 0.333 | 3 |",
        "",
        r"Most often it takes `often` for `rare\|odd` (7 times).",
    ]


def test_a_bag_of_words_stands_below_the_scores(manifest):
    bag = BaselineRecord(
        name="a bag of words", metric="accuracy", score=0.8, train_examples=8, seconds=0.5
    )
    assert section(card(manifest, baseline=bag), "Scores").endswith(
        "\n\nOn the same examples a bag of words has accuracy 0.8000, which is better than this "
        "model's 0.7500."
    )


def test_a_model_that_was_not_scored_says_so(manifest):
    assert section(card(manifest, scores={}), "Scores") == "It has not been scored."


def test_corpus_and_licence(manifest):
    assert section(card(manifest), "Trained on") == (
        "- corpus: tiny\n- licence: CC0-1.0\n- training examples: 8\n- source: a.txt"
    )


def test_an_unknown_licence_is_not_passed_over(manifest):
    corpus = CorpusRecord(name="", licence="", train_examples=8, dev_examples=0, sources=())
    assert section(card(manifest, corpus=corpus), "Trained on") == (
        "- corpus: files of its maker\n"
        "- licence: not stated; ask its maker before passing it on\n"
        "- training examples: 8"
    )


@pytest.mark.parametrize(
    ("task", "limit"),
    [
        ("classification", "even where none of them fits"),
        ("tagging", "tokens otherwise than in its corpus"),
        ("generation", "is made up"),
    ],
)
def test_limits_are_those_of_the_task(manifest, task, limit):
    limits = section(card(manifest, task), "Limits")
    assert limit in limits
    assert "for the language 'en' and no other" in limits
    reads_part = "Of each text it reads 500 tokens at the end" in limits
    assert reads_part == (task == "classification")


def test_it_tells_how_the_model_was_made(manifest):
    made = section(card(manifest), "How it was made")
    assert "- random seed: 1\n" in made
    assert "- best epoch: 3\n" in made
    assert "torch 2.13.0, device cpu, threads 2" in made
    assert "cell gru (seqkit 0.1.0)" in made
    assert 'name = "classification"' in made


def test_a_machine_that_was_not_recorded_is_not_made_up(manifest):
    assert "torch" not in section(card(manifest, machine=MachineRecord()), "How it was made")


def test_many_labels_are_cut(manifest):
    text = card(manifest, labels=tuple(f"l{i}" for i in range(1100)))
    assert "`l59` and 1,040 more\n" in text


def test_what_rounding_cost_is_told_with_what_the_scores_are_of(manifest):
    rounding = RoundingRecord(
        before="float16", metric="accuracy", score_before=0.9, score_after=0.895, examples=1234
    )
    text = card(manifest, weights="int8", rounding=rounding, size=130)
    assert "- size: 26 parameters, 0.1 kB as int8" in text
    assert section(text, "Scores").endswith(
        "All of these are of the weights before they were rounded to int8, by which the accuracy "
        "went from 0.9000 as float16 to 0.8950 on 1,234 examples."
    )
