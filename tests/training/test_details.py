"""Scores by label and the most frequent mistakes, by hand and in a manifest."""

from __future__ import annotations

import numpy as np
import pytest

from seqkit.bundle.manifest import Confusion, read_manifest
from seqkit.decoding.classification import ClassificationDecoder
from seqkit.heads import ClassificationOptions
from seqkit.training.details import details


def told(decoder: ClassificationDecoder, pairs: list[tuple[int, int]]) -> dict:
    """Of texts with a true label and a predicted one."""
    logits = [np.eye(len(decoder.labels))[guess] for _, guess in pairs]
    return details(decoder, logits, [np.int64(true) for true, _ in pairs])


def test_the_most_frequent_mistakes_come_first():
    decoder = ClassificationDecoder(ClassificationOptions(), ["a", "b", "c"])
    found = told(decoder, [(0, 1), (2, 1), (2, 1), (0, 0), (1, 1)])
    assert found["confusions"] == (
        Confusion(truth="c", prediction="b", count=2),
        Confusion(truth="a", prediction="b", count=1),
    )
    scores = {s.label: (s.precision, s.recall, s.support) for s in found["by_label"]}
    assert scores == {"a": (1, 0.5, 2), "b": (0.25, 1, 1), "c": (0, 0, 2)}


def test_no_more_than_five_are_told():
    decoder = ClassificationDecoder(ClassificationOptions(), ["a", "b", "c"])
    found = told(decoder, [(i, j) for i in range(3) for j in range(3)])
    assert len(found["confusions"]) == 5


@pytest.mark.parametrize("task", ["classification", "tagging", "generation"])
def test_a_trained_model_with_labels_carries_them(tiny, tmp_path, task):
    model = tiny.train(task, tmp_path / "model")
    by_label = read_manifest(model.path).by_label
    assert {score.label for score in by_label} <= set(model.labels)
    assert bool(by_label) == (task != "generation")
    assert all(score.support > 0 for score in by_label)
