"""Labels of texts: what is learnt, what is refused, what is answered, how it is scored."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sklearn_metrics

from seqkit.decoding.base import Wrong
from seqkit.decoding.classification import ClassificationDecoder
from seqkit.errors import BundleError, DataError
from seqkit.examples import TextExample, TokensExample
from seqkit.heads import ClassificationOptions
from seqkit.predictions import Classification, MultiClassification

BINARY = ClassificationDecoder(ClassificationOptions(), ("neg", "pos"))
MULTICLASS = ClassificationDecoder(ClassificationOptions(), ("a", "b", "c"))
MULTILABEL = ClassificationDecoder(
    ClassificationOptions(multi_label=True, threshold=0.6), ("a", "b", "c")
)


def example(*labels: str, line: int = 1) -> TextExample:
    return TextExample(text="some text", source=f"data.csv:{line}", labels=labels)


def test_fit_sorts_the_labels():
    decoder = ClassificationDecoder(ClassificationOptions())
    decoder.fit([example("spam"), example("ham"), example("spam")])
    assert decoder.labels == ("ham", "spam")


@pytest.mark.parametrize(("decoder", "size"), [(BINARY, 1), (MULTICLASS, 3), (MULTILABEL, 3)])
def test_two_labels_take_one_logit_and_more_take_one_each(decoder, size):
    assert decoder.output_size == size


def test_two_labels_that_may_both_hold_take_two_logits():
    decoder = ClassificationDecoder(ClassificationOptions(multi_label=True), ("a", "b"))
    assert decoder.output_size == 2


def test_accuracy_picks_the_best_epoch_and_macro_f1_where_several_labels_hold():
    assert (BINARY.metric, MULTILABEL.metric) == ("accuracy", "macro_f1")
    assert BINARY.greater_is_better


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        ([example("a"), example(line=7)], "data.csv:7: no label"),
        ([example("a", "b", line=3)], "data.csv:3: several labels, a, b.*multi_label option"),
        ([example("a"), example("a")], "every training example has the same label 'a'"),
        ([], "the training data holds no label"),
        (
            [TokensExample(tokens=("x",), source="t.conll:2", tags=("O",))],
            "t.conll:2: a sentence of given tokens",
        ),
    ],
)
def test_training_data_of_no_use_is_refused(examples, message):
    with pytest.raises(DataError, match=message):
        ClassificationDecoder(ClassificationOptions()).fit(examples)


def test_with_multi_label_an_example_may_have_none_or_several():
    decoder = ClassificationDecoder(ClassificationOptions(multi_label=True))
    decoder.fit([example("b", "a"), example(), example("b")])
    assert decoder.labels == ("a", "b")


def test_with_multi_label_some_example_must_have_a_label():
    with pytest.raises(DataError, match="the training data holds no label"):
        ClassificationDecoder(ClassificationOptions(multi_label=True)).fit([example()])


def test_the_target_of_one_label_is_its_index():
    target = MULTICLASS.target(example("c"))
    assert (target.dtype, target.shape, int(target)) == (np.int64, (), 2)


def test_the_target_of_several_labels_is_a_row():
    target = MULTILABEL.target(example("c", "a"))
    assert (target.dtype, target.tolist()) == (np.float32, [1, 0, 1])
    assert MULTILABEL.target(example()).tolist() == [0, 0, 0]


@pytest.mark.parametrize("multi_label", [False, True])
def test_an_unknown_label_offers_the_near_one(multi_label):
    options = ClassificationOptions(multi_label=multi_label)
    decoder = ClassificationDecoder(options, ("positive", "negative"))
    with pytest.raises(DataError, match=r"data\.csv:9: the label 'postive'.*mean 'positive'\?"):
        decoder.target(example("postive", line=9))


def test_an_unlabelled_example_has_no_target():
    with pytest.raises(DataError, match=r"data\.csv:4: no label"):
        BINARY.target(example(line=4))


@pytest.mark.parametrize(
    ("logit", "label", "probability"),
    [(math.log(3), "pos", 0.75), (-math.log(3), "neg", 0.75), (0.0, "neg", 0.5)],
)
def test_one_logit_is_the_second_labels(logit, label, probability):
    prediction = BINARY.decode(np.array([logit], np.float32), "f.txt")
    assert isinstance(prediction, Classification)
    assert (prediction.source, prediction.label) == ("f.txt", label)
    assert prediction.probability == pytest.approx(probability)
    assert list(prediction.probabilities) == ["neg", "pos"]
    assert sum(prediction.probabilities.values()) == pytest.approx(1)


def test_several_logits_are_a_softmax():
    prediction = MULTICLASS.decode(np.log(np.array([1, 6, 3], np.float32)), "-")
    assert (prediction.label, prediction.probability) == ("b", pytest.approx(0.6))
    assert prediction.probabilities == pytest.approx({"a": 0.1, "b": 0.6, "c": 0.3})


def test_labels_that_reach_the_threshold_come_likeliest_first():
    logits = np.array([0.5, -1.0, 2.0], np.float32)
    prediction = MULTILABEL.decode(logits, "-")
    assert isinstance(prediction, MultiClassification)
    assert prediction.labels == ("c", "a")
    assert prediction.probabilities == pytest.approx(
        {label: 1 / (1 + math.exp(-z)) for label, z in zip("abc", logits.tolist(), strict=True)}
    )


def test_no_label_needs_to_reach_the_threshold():
    assert MULTILABEL.decode(np.zeros(3, np.float32), "-").labels == ()


def test_an_empty_text_gets_an_explicit_answer():
    assert BINARY.decode_empty("f.txt") == Classification(
        source="f.txt", label="", probability=0.0, probabilities={}
    )
    assert MULTILABEL.decode_empty("f.txt") == MultiClassification(
        source="f.txt", labels=(), probabilities={}
    )


def test_logits_that_are_no_numbers_are_refused():
    with pytest.raises(BundleError, match="the model's output is no number"):
        MULTICLASS.decode(np.array([0, np.nan, 1], np.float32), "-")


def test_one_label_scores_by_hand():
    logits = [np.array([z], np.float32) for z in (2, -1, 1, -3)]
    scores = BINARY.score(logits, [np.array(t) for t in (1, 1, 0, 0)])
    assert scores == {"accuracy": 0.5, "macro_f1": 0.5, "micro_f1": 0.5}


LOGITS = hnp.arrays(np.float32, (12, 3), elements=st.floats(-5, 5, width=32))


@settings(deadline=None, max_examples=20)
@given(LOGITS, hnp.arrays(np.int64, 12, elements=st.integers(0, 2)))
def test_one_label_scores_as_in_scikit_learn(logits, truth):
    predicted = logits.argmax(axis=1)
    targets = list(truth)
    scores = MULTICLASS.score(list(logits), targets)
    assert scores["accuracy"] == pytest.approx(sklearn_metrics.accuracy_score(truth, predicted))
    for average in ("macro", "micro"):
        expected = sklearn_metrics.f1_score(truth, predicted, average=average)
        assert scores[f"{average}_f1"] == pytest.approx(expected)
    np.testing.assert_array_equal(
        MULTICLASS.confusion(list(logits), targets),
        sklearn_metrics.confusion_matrix(truth, predicted, labels=range(3)),
    )
    report = MULTICLASS.report(list(logits), targets)
    expected = sklearn_metrics.precision_recall_fscore_support(
        truth, predicted, labels=range(3), zero_division=0
    )
    assert [row.label for row in report] == ["a", "b", "c"]
    rows = [(row.precision, row.recall, row.f1, row.support) for row in report]
    np.testing.assert_allclose(rows, np.transpose(expected))


@settings(deadline=None, max_examples=20)
@given(LOGITS, hnp.arrays(np.bool_, (12, 3)))
def test_several_labels_score_as_in_scikit_learn(logits, truth):
    predicted = 1 / (1 + np.exp(-logits.astype(np.float64))) >= 0.6
    scores = MULTILABEL.score(list(logits), list(truth.astype(np.float32)))
    assert scores["subset_accuracy"] == pytest.approx(
        sklearn_metrics.accuracy_score(truth, predicted)
    )
    micro = sklearn_metrics.f1_score(truth, predicted, average="micro", zero_division=0)
    assert scores["micro_f1"] == pytest.approx(micro)
    occurring = (truth | predicted).any(axis=0)
    if occurring.any():
        each = sklearn_metrics.f1_score(truth, predicted, average=None, zero_division=0)
        macro = each[occurring].mean()
        assert scores["macro_f1"] == pytest.approx(macro)


def test_several_labels_have_no_confusion_matrix():
    assert MULTILABEL.confusion([np.zeros(3)], [np.zeros(3)]) == ()


def test_a_wrong_label_is_a_mistake_and_a_right_one_is_none():
    logits = np.array([math.log(3)], np.float32)
    (wrong,) = BINARY.mistakes(logits, np.array(0))
    assert wrong == Wrong(None, "neg", "pos", pytest.approx(0.75))
    assert BINARY.mistakes(logits, np.array(1)) == []


def test_of_several_labels_each_is_a_mistake_of_its_own():
    logits = np.array([math.log(3), -math.log(9), math.log(3)], np.float32)
    assert MULTILABEL.mistakes(logits, np.array([0, 1, 1], np.float32)) == [
        Wrong(None, "", "a", pytest.approx(0.75)),
        Wrong(None, "b", "", pytest.approx(0.9)),
    ]


def test_nothing_can_not_be_scored():
    with pytest.raises(DataError, match="nothing to score"):
        BINARY.score([], [])


class TestTemperature:
    def calibrated(self, decoder: ClassificationDecoder) -> ClassificationDecoder:
        options = ClassificationOptions(
            multi_label=decoder.options.multi_label,
            threshold=decoder.options.threshold,
            calibrate=True,
        )
        return ClassificationDecoder(options, decoder.labels)

    @pytest.mark.parametrize(
        ("plain", "logits"),
        [(BINARY, [[1.0]]), (MULTICLASS, [[1.0, -2.0, 0.5]]), (MULTILABEL, [[1.0, -2.0, 0.3]])],
    )
    def test_it_moves_probabilities_and_no_label(self, plain, logits):
        decoder, row = self.calibrated(plain), np.array(logits[0], dtype=np.float32)
        decoder.temperature = 2.0
        before, after = plain.decode(row, "x"), decoder.decode(row, "x")
        halved = plain.decode(row / 2, "x")
        assert after.probabilities == pytest.approx(halved.probabilities)
        name = "labels" if plain is MULTILABEL else "label"
        assert getattr(after, name) == getattr(before, name)

    def test_it_is_found_on_held_out_texts_and_kept(self, tmp_path):
        decoder = self.calibrated(BINARY)
        # odds of 9 to 1 that are right in three of four cases
        logits = [np.array([math.log(9)], np.float32)] * 4
        targets = [np.array(1), np.array(1), np.array(1), np.array(0)]
        assert decoder.tunes
        decoder.tune(logits, targets)
        assert decoder.temperature == pytest.approx(2.0)
        found = decoder.calibration(logits, targets)
        assert found["calibration_error"] == pytest.approx(0.0, abs=1e-6)
        assert found["calibration_error_before"] == pytest.approx(0.15)
        assert found["brier_score"] == pytest.approx(2 * (3 * 0.25**2 + 0.75**2) / 4)
        decoder.save(tmp_path)
        again = self.calibrated(BINARY)
        again.load(tmp_path)
        assert again.temperature == decoder.temperature
        (wrong,) = again.mistakes(logits[3], targets[3])
        assert wrong.probability == pytest.approx(0.75)

    def test_without_it_nothing_is_written(self, tmp_path):
        BINARY.save(tmp_path)
        assert list(tmp_path.iterdir()) == []
        assert not BINARY.tunes
        assert list(BINARY.calibration([np.zeros(1)], [np.array(1)])) == [
            "calibration_error",
            "brier_score",
        ]
