"""A finished model with its weights rounded: smaller, still itself, and true about its scores."""

from __future__ import annotations

import numpy as np
import pytest

from seqkit import api, export
from seqkit.bundle.load import open_bundle
from seqkit.bundle.manifest import RoundingRecord
from seqkit.errors import BundleError, DataError, PluginError, UsageError
from seqkit.export import Score, check_cost
from seqkit.shrinking import shrink
from seqkit.testing import tiny

#: Large enough to have matrices that are worth rounding.
_SIZES = {"embedding": {"size": 48}, "encoder": {"hidden_size": 40}}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    made = {}
    for task in tiny.TASKS:
        made[task] = tiny.train(task, folder / task, **_SIZES)
        tiny.jolt(made[task])
    return made


def files(folder):
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.mark.parametrize("task", tiny.TASKS)
def test_all_but_the_weights_stays_and_what_is_lost_is_recorded(models, tmp_path, task):
    examples = tiny.examples(task)
    shrunk = shrink(
        open_bundle(models[task]), tmp_path / "m", weights="int8", examples=examples, force=True
    )
    before, after = files(models[task]), files(tmp_path / "m")
    assert sorted(before) == sorted(after)
    assert {name for name in before if before[name] != after[name]} == {
        "README.md",
        "manifest.json",
        "recipe.toml",
        "weights.safetensors",
    }
    assert len(after["weights.safetensors"]) == shrunk.after
    assert shrunk.after < 0.4 * shrunk.before == 0.4 * len(before["weights.safetensors"])
    with api.load(models[task]) as large, api.load(tmp_path / "m") as small:
        assert small.manifest.weights == small.recipe.bundle.weights == "int8"
        assert small.manifest.scores == large.manifest.scores
        metric = "loss" if task == "generation" else "accuracy"
        assert small.manifest.rounding == RoundingRecord(
            before="float32",
            metric=metric,
            score_before=large.evaluate(examples).scores[metric],
            score_after=small.evaluate(examples).scores[metric],
            examples=len(examples),
        )
        assert f"{small.manifest.rounding.told()}.\n" in (tmp_path / "m" / "README.md").read_text()
    exact, near = (open_bundle(path).weights() for path in (models[task], tmp_path / "m"))
    off = max(np.abs(exact[n] - near[n]).max() / np.abs(exact[n]).max() for n in exact)
    assert 0 < off <= 0.5 / 127 + 1e-6


def test_a_tagger_keeps_the_characters_that_it_reads_sentences_in(models, tmp_path):
    backward = tiny.train(
        "generation",
        tmp_path / "back",
        encoder={"hidden_size": 40, "reversed": True},
        embedding={"size": 48},
    )
    pair = {"forward": str(models["generation"]), "backward": str(backward)}
    made = tiny.train("tagging", tmp_path / "tagger", contextual=pair, **_SIZES)
    examples = tiny.examples("tagging")
    shrink(open_bundle(made), tmp_path / "m", weights="int8", examples=examples, force=True)
    assert sorted(files(made)) == sorted(files(tmp_path / "m"))
    with api.load(made) as large, api.load(tmp_path / "m") as small:
        for one, other in zip(large.predict(examples), small.predict(examples), strict=True):
            near = [token.probability for token in one.tokens]
            assert [token.probability for token in other.tokens] == pytest.approx(near, abs=0.02)


@pytest.mark.parametrize("task", tiny.TASKS)
def test_every_runtime_computes_with_the_same_numbers(models, tmp_path, task):
    examples = tiny.examples(task)
    shrink(open_bundle(models[task]), tmp_path / "m", weights="int8", examples=examples, force=True)
    with api.load(tmp_path / "m") as model:
        runtimes = [found.name for found in model.runtimes() if not found.obstacle]
    runtimes = [name for name in runtimes if not name.endswith("int8")]  # which round once more
    assert {"torch", "onnx"} <= set(runtimes)
    answers = []
    for name in runtimes:
        with api.load(tmp_path / "m", runtime=name, threads=1) as model:
            if task == "generation":
                found = [model.evaluate(examples).scores["loss"]]
            elif task == "tagging":
                texts = [example.tokens for example in examples]
                found = [t.probability for tagging in model.tag(texts) for t in tagging.tokens]
            else:
                texts = [example.text for example in examples]
                found = [c.probabilities["good"] for c in model.classify(texts)]
            answers.append(found)
    assert np.std(answers[0]) > 0.01 or task == "generation"
    for found in answers[1:]:
        np.testing.assert_allclose(found, answers[0], atol=1e-5)


def test_the_answers_are_not_those_of_before_exactly(models, tmp_path):
    examples = tiny.examples("classification")
    bundle = open_bundle(models["classification"])
    shrink(bundle, tmp_path / "m", weights="int8", examples=examples, force=True)
    text = "the fox likes the barn"
    with api.load(bundle.path) as large, api.load(tmp_path / "m") as small:
        one, other = (m.classify(text).probabilities["good"] for m in (large, small))
    assert one != other
    assert one == pytest.approx(other, abs=0.05)


def test_half_precision_can_be_rounded_further_but_not_back(models, tmp_path):
    examples = tiny.examples("tagging")
    shrink(open_bundle(models["tagging"]), tmp_path / "half", weights="float16", examples=examples)
    half = open_bundle(tmp_path / "half")
    assert half.manifest.weights == "float16"
    with pytest.raises(
        UsageError, match=r"were rounded already\. its scores are of the model that"
    ):
        shrink(half, tmp_path / "m", weights="int8", examples=examples)
    tiny.train("tagging", tmp_path / "trained", bundle={"weights": "float16"}, **_SIZES)
    bundle = open_bundle(tmp_path / "trained")
    with pytest.raises(UsageError, match=r"would not be smaller\. its weights are float16"):
        shrink(bundle, tmp_path / "m", weights="float16", examples=examples)
    shrink(bundle, tmp_path / "m", weights="int8", examples=examples, force=True)
    assert open_bundle(tmp_path / "m").manifest.rounding.before == "float16"


def test_a_bundle_may_take_its_own_place(models, tmp_path):
    examples = tiny.examples("tagging")
    path = tiny.train("tagging", tmp_path / "m", **_SIZES)
    with pytest.raises(BundleError, match="is a finished bundle"):
        shrink(open_bundle(path), path, weights="int8", examples=examples)
    shrink(open_bundle(path), path, weights="int8", examples=examples, overwrite=True, force=True)
    assert open_bundle(path).manifest.weights == "int8"


def test_what_costs_too_much_is_not_written(models, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "LOSS", -1.0)
    with pytest.raises(UsageError, match=r"int8 weights cost .* too much.*Leave the bundle as"):
        shrink(
            open_bundle(models["tagging"]),
            tmp_path / "m",
            weights="int8",
            examples=tiny.examples("tagging"),
        )
    assert not (tmp_path / "m").exists()


@pytest.mark.parametrize(
    ("task", "before", "after", "refused"),
    [
        ("tagging", 0.9, 0.8969, True),
        ("tagging", 0.9, 0.8971, False),
        ("tagging", 0.9, 0.99, False),
        ("generation", 2.0, 2.0031, True),
        ("generation", 2.0, 2.0029, False),
        ("generation", 2.0, 1.5, False),
        ("tagging", 0.9, float("nan"), True),
    ],
)
def test_the_cost_is_what_the_score_gets_worse_by(models, task, before, after, refused):
    bundle = open_bundle(models[task])
    score = Score("score", before, after, 10)
    if refused:
        with pytest.raises(UsageError):
            check_cost(bundle, score, "int8", "Do not", force=False)
    else:
        check_cost(bundle, score, "int8", "Do not", force=False)
    check_cost(bundle, score, "int8", "Do not", force=True)


def test_without_examples_nothing_is_written(models, tmp_path):
    with pytest.raises(DataError, match="There is nothing to score"):
        shrink(open_bundle(models["tagging"]), tmp_path / "m", weights="int8", examples=[])
    assert not (tmp_path / "m").exists()


def test_a_recipe_that_would_lose_its_reader_is_not_written_anew(models, tmp_path, monkeypatch):
    from seqkit import registry

    find = registry.find

    def without_jsonl(kind, name):
        if kind == "callback":
            raise PluginError(f"There is no {kind} '{name}'")
        return find(kind, name)

    bundle = open_bundle(models["tagging"])
    monkeypatch.setattr(registry, "find", without_jsonl)
    with pytest.raises(PluginError, match="There is no callback 'seqkit:jsonl'"):
        shrink(bundle, tmp_path / "m", weights="int8", examples=tiny.examples("tagging"))
