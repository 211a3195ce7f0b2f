"""What is to be learnt of each text: labels, a teacher's answers, and shares of both."""

from __future__ import annotations

import numpy as np
import pytest

from seqkit.decoding.classification import ClassificationDecoder
from seqkit.encoding import Encoded
from seqkit.heads import ClassificationOptions
from seqkit.recipe.teacher import Teacher
from seqkit.training.batching import Examples
from seqkit.training.mixing import Mixed
from seqkit.training.store import Corpus, EncodedExamples, Packer

LABELS = ("bad", "fair", "good")


def packed(lengths, targets=None, answers=None) -> EncodedExamples:
    rows = targets if targets is not None else [None] * len(lengths)
    examples = Packer(
        Encoded(np.full(n, 3 + i, np.int32), target=row)
        for i, (n, row) in enumerate(zip(lengths, rows, strict=True))
    ).examples()
    if answers is None:
        return examples
    return EncodedExamples({**examples.arrays, "answers": np.array(answers, np.float32)})


def mixed(*, targets, known=None, said, labels=LABELS, multi_label=False, **teacher) -> Mixed:
    train = packed([2, 1], targets, known)
    corpus = Corpus(train, packed([]), packed([3], answers=said), 0, "")
    decoder = ClassificationDecoder(ClassificationOptions(multi_label=multi_label), labels)
    return Mixed(corpus, decoder, Teacher(models=("m",), **teacher))


ONE = [np.array(2), np.array(0)]


def test_labels_are_certain_and_answers_as_they_were_said():
    found = mixed(targets=ONE, said=[[0.2, 0.3, 0.5]])
    targets = np.stack([example.target for example in found])
    assert targets.dtype == np.float32
    assert targets == pytest.approx(np.array([[0, 0, 1], [1, 0, 0], [0.2, 0.3, 0.5]]))
    assert [example.ids.tolist() for example in found] == [[3, 3], [4], [3, 3, 3]]
    assert found.lengths.tolist() == [2, 1, 3]
    assert found[-1].ids.tolist() == [3, 3, 3]
    with pytest.raises(IndexError):
        found[3]


def test_a_share_of_a_label_is_the_teachers():
    known = [[0.1, 0.1, 0.8], [0.5, 0.5, 0]]
    found = mixed(targets=ONE, known=known, said=[[0.2, 0.3, 0.5]], share=0.25)
    assert found[0].target == pytest.approx([0.025, 0.025, 0.95])
    assert found[1].target == pytest.approx([0.875, 0.125, 0])
    assert found[2].target == pytest.approx([0.2, 0.3, 0.5])


def test_a_temperature_divides_logits():
    # of 0.1, 0.4 and 0.5, the square roots over their sum
    roots = np.sqrt([0.1, 0.4, 0.5])
    found = mixed(targets=ONE, said=[[0.1, 0.4, 0.5]], temperature=2.0)
    assert found[2].target == pytest.approx(roots / roots.sum(), rel=1e-6)
    assert found[0].target.tolist() == [0, 0, 1]
    labels = mixed(targets=ONE, said=[[0.1, 0.4, 0.5]], temperature=0.001)
    assert labels[2].target == pytest.approx([0, 0, 1], abs=1e-6)


def test_of_several_labels_each_has_its_own_temperature():
    rows = [np.array([1, 0, 1], np.float32), np.array([0, 0, 0], np.float32)]
    found = mixed(targets=rows, said=[[0.8, 0.5, 0]], multi_label=True, temperature=2.0)
    assert found[0].target.tolist() == [1, 0, 1]
    # odds of 4 have the square root 2
    assert found[2].target == pytest.approx([2 / 3, 0.5, 0], abs=1e-6)


@pytest.mark.parametrize("multi_label", [False, True])
def test_without_a_teacher_texts_without_a_label_have_no_target(multi_label):
    rows = [np.array([1, 0, 1], np.float32), np.array([0, 0, 0], np.float32)]
    corpus = Corpus(packed([2, 1], rows if multi_label else ONE), packed([]), packed([3]), 0, "")
    options = ClassificationOptions(multi_label=multi_label)
    found = Mixed(corpus, ClassificationDecoder(options, LABELS), Teacher())
    data = Examples(found, batch_size=3)
    (batch,) = data.batches(np.random.default_rng(1))
    assert batch.known.tolist() == (batch.lengths != 3).tolist()
    assert [e.target.tolist() for e in data.told] == (
        [[1, 0, 1], [0, 0, 0]] if multi_label else [2, 0]
    )
    assert len(found) == 3


def test_an_epoch_has_each_text_once_labelled_or_not():
    data = Examples(mixed(targets=ONE, said=[[0.2, 0.3, 0.5]]), batch_size=2)
    batches = list(data.batches(np.random.default_rng(1)))
    assert (data.steps, data.tokens) == (2, 6)
    assert sorted(n for batch in batches for n in batch.lengths.tolist()) == [1, 2, 3]
    assert {tuple(batch.targets.shape) for batch in batches} == {(2, 3), (1, 3)}
