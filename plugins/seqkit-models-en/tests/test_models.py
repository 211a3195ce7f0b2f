"""Each model of the package: there, small, documented, and at work."""

from __future__ import annotations

import pytest
import seqkit_models_en

import seqkit

SPECS = {spec.name: spec for spec in seqkit_models_en.seqkit_register_models()}

each_model = pytest.mark.parametrize("name", SPECS)


def files(name: str) -> list:
    return [path for path in SPECS[name].path.rglob("*") if path.is_file()]


def test_there_is_one_default_model_for_each_task():
    assert {spec.task: spec.name for spec in SPECS.values() if spec.default} == {
        "generation": "english-text",
        "classification": "english-sentiment",
        "tagging": "english-pos",
    }


@each_model
def test_the_spec_is_sound_and_says_what_the_bundle_says(name):
    spec = SPECS[name]
    assert spec.problem() == ""
    manifest = seqkit.load(spec.path).manifest
    assert (manifest.task, manifest.language) == (spec.task, spec.language) == (spec.task, "en")


@each_model
def test_only_what_a_finished_bundle_needs_is_there(name):
    tops = {path.relative_to(SPECS[name].path).parts[0] for path in files(name)}
    needed = {"manifest.json", "recipe.toml", "weights.safetensors", "tokenizer", "README.md"}
    assert needed <= tops <= needed | {"metrics.jsonl", "head"}


@each_model
def test_the_card_names_corpus_licence_scores_recipe_and_seed(name):
    model = seqkit.load(SPECS[name].path)
    card = (SPECS[name].path / "README.md").read_text(encoding="utf-8")
    corpus = model.manifest.corpus
    assert card.startswith(f"# {name}\n")
    assert f"- corpus: {corpus.name}\n" in card
    assert f"- licence: {corpus.licence}\n" in card
    assert f"- random seed: {model.manifest.random_seed}\n" in card
    assert [score for score in model.manifest.scores if f"| {score} | " not in card] == []
    assert "\n## Limits\n" in card
    assert (SPECS[name].path / "recipe.toml").read_text(encoding="utf-8") in card


@each_model
def test_the_model_needs_no_plugin_but_seqkit(name):
    parts = seqkit.load(SPECS[name].path).manifest.parts
    assert {part.distribution for part in parts} == {"seqkit"}


def test_together_they_take_at_most_40_megabytes():
    assert sum(path.stat().st_size for name in SPECS for path in files(name)) <= 40_000_000


def test_the_text_model_goes_on_from_a_seed():
    model = seqkit.load(SPECS["english-text"].path)
    first, second = (model.generate("The king", tokens=20, random_seed=1) for _ in range(2))
    assert first == second
    assert first[0].tokens == 20
    assert first[0].text.strip()


def test_the_text_model_suggests_words_with_falling_probabilities():
    suggestions = seqkit.load(SPECS["english-text"].path).suggest("I went to the ", num=3)
    probabilities = [suggestion.probability for suggestion in suggestions]
    assert len(suggestions) == 3
    assert all(suggestion.word.isalpha() for suggestion in suggestions)
    assert 1 > probabilities[0] >= probabilities[1] >= probabilities[2] > 0


def test_the_sentiment_model_tells_praise_from_blame():
    model = seqkit.load(SPECS["english-sentiment"].path)
    praise = model.classify("A wonderful, moving film with excellent actors. I loved it.")
    blame = model.classify("The worst film of the year: boring, badly acted, a waste of money.")
    assert len(model.labels) == 2
    assert praise.label == max(model.labels)  # pos or positive
    assert blame.label == min(model.labels)


def test_the_tagger_knows_plain_words():
    tagging = seqkit.load(SPECS["english-pos"].path).tag("The dog sleeps under the old table.")
    assert [(token.text, token.tag) for token in tagging.tokens] == [
        ("The", "DET"),
        ("dog", "NOUN"),
        ("sleeps", "VERB"),
        ("under", "ADP"),
        ("the", "DET"),
        ("old", "ADJ"),
        ("table", "NOUN"),
        (".", "PUNCT"),
    ]
    assert [(token.start, token.end) for token in tagging.tokens[:2]] == [(0, 3), (4, 7)]
