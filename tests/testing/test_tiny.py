"""Tiny corpora, recipes and bundles."""

from __future__ import annotations

import shutil

import numpy as np
import pytest

from seqkit import recipe as recipes
from seqkit.bundle.load import open_bundle
from seqkit.examples import TokensExample
from seqkit.testing import tiny


def test_examples_are_balanced_and_labelled():
    labels = [example.labels for example in tiny.examples("classification")]
    assert labels.count(("good",)) == labels.count(("bad",)) == 8
    for example in tiny.examples("tagging"):
        assert isinstance(example, TokensExample)
        assert example.tags == ("DET", "NOUN", "VERB", "DET", "NOUN")


def test_sections_are_laid_over_the_recipes_own():
    corpus = tiny.TinyCorpus("train", "dev")
    made = tiny.tables(
        "tagging", corpus, encoder={"layers": 2}, tokenizer={"name": "char"}, random_seed=7
    )
    assert made["encoder"] == {"hidden_size": 8, "layers": 2}
    assert made["tokenizer"] == {"name": "char"}
    assert recipes.parse(made).random_seed == 7


def test_a_part_that_replaces_another_does_not_take_its_options():
    corpus = tiny.TinyCorpus("train", "dev")
    made = tiny.tables("tagging", corpus, head={"name": "classification", "pooling": "max"})
    assert made["head"] == {"name": "classification", "pooling": "max"}


@pytest.mark.parametrize("task", tiny.TASKS)
def test_bundles_are_of_their_task_and_made_once(task):
    path = tiny.bundle(task)
    assert open_bundle(path).manifest.task == task
    assert tiny.bundle(task) is path


def test_jolted_weights_are_others_of_the_same_shapes(tmp_path):
    path = shutil.copytree(tiny.bundle("tagging"), tmp_path / "bundle")
    before = open_bundle(path).weights()
    tiny.jolt(path)
    after = open_bundle(path).weights()
    moved = {name: np.abs(after[name] - array).mean() for name, array in before.items()}
    assert all(0.1 < distance < 0.8 for distance in moved.values()), moved
