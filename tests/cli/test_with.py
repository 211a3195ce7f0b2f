"""``--with``: commands that answer with the mean of several models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import seqkit


@pytest.fixture(scope="module")
def pair(tiny, tmp_path_factory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pair")
    return [
        tiny.train("classification", folder / str(seed), random_seed=seed).path for seed in (1, 2)
    ]


def test_classify(run, pair, tmp_path):
    text = tmp_path / "a.txt"
    text.write_text("the cat sat")
    result = run("classify", "-m", pair[0], "--with", pair[1], "--format", "jsonl", text)
    assert result.exit_code == 0, result.stderr
    expected = seqkit.load(pair).classify("the cat sat").probabilities
    assert json.loads(result.stdout)["probabilities"] == pytest.approx(expected)


def test_evaluate_and_errors(run, pair, tiny):
    data = tiny.folder / "classification-dev.jsonl"
    result = run("evaluate", pair[0], "--with", pair[1], data, "--format", "json")
    assert result.exit_code == 0, result.stderr
    accuracy = json.loads(result.stdout)["scores"]["accuracy"]
    mistakes = run("errors", pair[0], "--with", pair[1], data, "--format", "jsonl").stdout
    assert len(mistakes.splitlines()) == round(4 * (1 - accuracy))


def test_models_that_do_not_fit_are_named(run, pair, tiny, tmp_path):
    tagger = tiny.train("tagging", tmp_path / "tags").path
    result = run("classify", "-m", pair[0], "--with", tagger, "-", input="a")
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {tagger} can't be averaged with {pair[0]}")


def test_a_run_is_resumed_with_the_same_models_alone(pair):
    from functools import partial

    from seqkit.cli import bulk, classify
    from seqkit.cli.job import Job

    found = []
    for others in ((), (str(pair[1]),), (str(pair[0]),)):
        job = Job(
            model=str(pair[0]),
            others=others,
            task="classification",
            command="classify",
            runtime="auto",
            threads=1,
            jobs=1,
            layout=partial(classify._layout, "csv"),
        )
        found.append(json.dumps(bulk._origin(job, job.writing().model, "csv")))
    assert len(set(found)) == 3
