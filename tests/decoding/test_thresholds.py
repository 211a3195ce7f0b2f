"""Thresholds of labels: the best by hand and by trying all, scored on another half."""

from __future__ import annotations

import numpy as np
import pytest

from seqkit.decoding.classification import ClassificationDecoder
from seqkit.decoding.thresholds import (
    best_thresholds,
    crossed,
    read_thresholds,
    write_thresholds,
)
from seqkit.errors import BundleError
from seqkit.heads import ClassificationOptions


def f1(held, truth):
    return 2 * (held & truth).sum() / (held.sum() + truth.sum())


def test_the_best_threshold_lies_half_way_between_two_texts():
    # ten texts hold, the likeliest of which at 0.3, and the next one that does not at 0.1
    p = np.array([[0.3]] * 10 + [[0.1]] * 10)
    truth = np.array([[True]] * 10 + [[False]] * 10)
    assert best_thresholds(p, truth) == pytest.approx([0.2])


def test_no_other_threshold_has_a_greater_f1():
    rng = np.random.default_rng(0)
    # few different probabilities, so that many texts share one
    p = rng.integers(1, 20, (300, 3)) / 20
    truth = rng.random((300, 3)) < p * [0.9, 0.5, 0.2]
    for label, threshold in enumerate(best_thresholds(p, truth)):
        found = f1(p[:, label] >= threshold, truth[:, label])
        every = [f1(p[:, label] >= other, truth[:, label]) for other in np.arange(1, 40) / 40]
        assert found == max(every)


def test_a_label_of_few_texts_has_the_threshold_of_all_together():
    p = np.array([[0.9, 0.8]] * 9 + [[0.7, 0.2]] * 11)
    truth = np.zeros((20, 2), dtype=bool)
    truth[:9, 1] = True  # nine: alone it would be 0.5
    truth[:, 0] = True
    own, shared = best_thresholds(p, truth)
    assert own == pytest.approx(0.35)
    # together 29 of 29 hold down to 0.7, before 0.2
    assert shared == pytest.approx(0.45)


def test_each_half_is_judged_by_the_other():
    # the even texts would have a threshold of 0.5, the odd ones one of 0.2
    p, truth = np.zeros((40, 1)), np.zeros((40, 1), dtype=bool)
    p[::2, 0], truth[::2, 0] = [0.6] * 10 + [0.4] * 10, [True] * 10 + [False] * 10
    p[1::2, 0], truth[1::2, 0] = [0.3] * 10 + [0.1] * 10, [True] * 10 + [False] * 10
    held = crossed(p, truth)
    assert held[::2].all()
    assert not held[1::2].any()


def test_labels_of_no_text_have_one_half():
    assert best_thresholds(np.full((4, 2), 0.3), np.zeros((4, 2), bool)).tolist() == [0.5, 0.5]


def test_they_are_kept_in_a_file(tmp_path):
    assert read_thresholds(tmp_path, labels=2) is None
    write_thresholds(tmp_path, np.array([0.25, 0.1 + 0.2]))
    assert read_thresholds(tmp_path, labels=2).tolist() == [0.25, 0.1 + 0.2]


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"thresholds": [0.5]}', b'{"thresholds": [0.5, 1]}', b"[0.5, 0.5]"]
)
def test_a_damaged_file_is_refused(tmp_path, content):
    (tmp_path / "thresholds.json").write_bytes(content)
    with pytest.raises(BundleError, match="damaged"):
        read_thresholds(tmp_path, labels=2)


TUNED = ClassificationOptions(multi_label=True, threshold="tuned")


def test_a_decoder_is_scored_honestly_until_it_is_tuned_and_answers_afterwards(tmp_path):
    decoder = ClassificationDecoder(TUNED, ("a", "b"))
    # a holds from a logit of -1 on, b from 2 on
    logits = [np.array([-0.9 if n % 4 < 2 else -1.1, 2.1 if n % 4 < 2 else 1.9]) for n in range(48)]
    targets = [np.array([n % 4 < 2] * 2, dtype=np.float32) for n in range(48)]
    assert decoder.tunes
    assert decoder.score(logits, targets)["macro_f1"] == 1.0
    with pytest.raises(BundleError, match="no thresholds"):
        decoder.decode(logits[0], "x")
    decoder.tune(logits, targets)
    assert decoder.score(logits, targets)["macro_f1"] == 1.0
    decoder.save(tmp_path)
    again = ClassificationDecoder(TUNED, ("a", "b"))
    again.load(tmp_path)
    assert again.decode(np.array([-0.9, 1.9]), "x").labels == ("a",)
    assert again.temperature == 1
    (note,) = again.notes()
    assert "flatter" in note
