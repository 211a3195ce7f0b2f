"""The heads that are built in keep their contract, and others are caught by the right check."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest

from seqkit import manager
from seqkit.examples import TextExample
from seqkit.heads import ClassificationOptions, TaggingOptions
from seqkit.specs import HeadSpec
from seqkit.testing import HeadContract, checks, inline, tiny


class TestGeneration(HeadContract):
    name = "generation"


class TestGenerationWithPrior(HeadContract):
    name = "generation"
    options: ClassVar = {"prior": "unigram"}


class TestTiedGeneration(HeadContract):
    name = "generation"
    options: ClassVar = {"tie_weights": True}
    sections: ClassVar = {"embedding": {"size": 8}}


class TestClassification(HeadContract):
    name = "seqkit:classification"


class TestAttention(HeadContract):
    name = "classification"
    options: ClassVar = {"pooling": "attention", "class_weights": "balanced"}
    sections: ClassVar = {"encoder": {"bidirectional": True}}


class TestSeveralLabels(HeadContract):
    name = "classification"
    options: ClassVar = {"multi_label": True}
    examples = tuple(
        TextExample(one.text, "", tuple({"fox", "barn", "likes"}.intersection(one.text.split())))
        for one in tiny.examples("classification")
    )


class TestTunedThresholds(HeadContract):
    name = "classification"
    options: ClassVar = {"multi_label": True, "threshold": "tuned", "calibrate": True}
    examples = TestSeveralLabels.examples


class TestNBSVM(HeadContract):
    name = "nbsvm"
    options: ClassVar = {"ngram_buckets": 1000}


class TestNBSVMOfSeveralLabels(HeadContract):
    name = "nbsvm"
    options: ClassVar = {"ngram_buckets": 1000, "multi_label": True}
    examples = TestSeveralLabels.examples


class TestTagging(HeadContract):
    name = "tagging"


class TestCalibratedTagging(HeadContract):
    name = "tagging"
    options: ClassVar = {"calibrate": True}


class TestChain(HeadContract):
    name = "tagging"
    options: ClassVar = {"crf": True}


class TestTaggingWithFeatures(HeadContract):
    name = "tagging"
    sections: ClassVar = {
        "tokenizer": {"name": "word", "affixes": 2},
        "embedding": {"size": 6, "feature_size": 4},
    }


def tagger(**changes: Any) -> HeadSpec:
    return HeadSpec(
        **{
            "name": "sample",
            "target": "seqkit.heads.tagging:TaggingHead",
            "decoder": "seqkit.decoding.tagging:TaggingDecoder",
            "summary": "a sample",
            "options": TaggingOptions,
            "arity": "many-to-many",
            "command": "tag",
            **changes,
        }
    )


def test_a_head_of_its_own_passes(failures):
    assert failures(HeadContract, tagger()) == {}


def test_counted_padding_is_caught(failures):
    found = failures(HeadContract, tagger(target="sample_heads:CountsPadding"))
    assert set(found) == {"padding_does_not_count", "ignored_steps_do_not_count"}
    assert found["padding_does_not_count"].startswith(
        "with 3 more steps of padding (0) there is another loss: "
    )
    assert found["ignored_steps_do_not_count"].startswith("a step whose target is IGNORED moves")


def test_pooled_padding_is_caught(failures):
    pools = tagger(
        target="sample_heads:PoolsPadding",
        decoder="seqkit.decoding.classification:ClassificationDecoder",
        options=ClassificationOptions,
        arity="many-to-one",
        command="classify",
    )
    unequal = tuple(
        TextExample(text, "", (label,))
        for text, label in (("a b c d", "x"), ("a", "y"), ("d c", "x"), ("b b b", "y"))
    )
    found = failures(HeadContract, pools, examples=unequal)
    assert set(found) == {"padding_does_not_count", "learns_four_examples_by_heart"}


@pytest.mark.parametrize(
    ("changes", "check", "said"),
    [
        (
            {"target": "sample_heads:NeverLearns"},
            "learns_four_examples_by_heart",
            "after 300 steps on four examples the loss is ",
        ),
        (
            {"target": "sample_heads:DrawsGlobally"},
            "weights_follow_from_the_generator",
            "reset_parameters draws from a global generator",
        ),
        (
            {"target": "sample_heads:DeadWeight"},
            "parameters_get_gradients",
            "the gradient of 'unused' is none",
        ),
        (
            {"decoder": "heavy_decoder:Heavy"},
            "decoder_imports_no_torch",
            "its decoder imports torch, at ",
        ),
        (
            {"decoder": "sample_decoders:LosesLabels"},
            "labels_survive_saving",
            "the decoder's labels, saved and loaded, are ('DET-saved'",
        ),
    ],
)
@pytest.mark.usefixtures("_light_torch")
def test_a_broken_head_fails_the_check_of_what_is_broken(failures, changes, check, said):
    found = failures(HeadContract, tagger(**changes))
    assert found.pop(check).startswith(said)
    assert found == {}


def test_logits_of_another_shape_are_caught(failures):
    found = failures(HeadContract, tagger(target="sample_heads:WrongShape"))
    assert found["logits_have_their_shape"] == (
        "logits for T=5 and B=1 has shape (1, 5, 3), not (5, 1, 3)"
    )


def test_a_loss_of_no_steps_is_caught(failures):
    found = failures(HeadContract, tagger(target="sample_heads:CountsNothing"))
    assert set(found) == {"loss_is_finite", "ignored_steps_do_not_count"}
    assert found["loss_is_finite"].endswith(
        "over 0 steps, where there are 80 targets in 16 examples"
    )


def test_a_metric_that_is_no_score_is_caught(failures):
    found = failures(HeadContract, tagger(decoder="sample_decoders:OtherMetric"))
    assert set(found) == {"scores_have_the_metric"}
    assert found["scores_have_the_metric"].startswith("its metric is 'luck', and its scores are [")


def test_examples_that_a_head_can_not_learn_from_are_asked_for():
    with manager.isolated([inline.plugin([tagger(decoder="sample_decoders:Choosy")])]):
        results = {r.name: r for r in checks(HeadContract, name="sample")}
    assert results["loss_is_finite"].status == "skipped"
    assert results["loss_is_finite"].reason.startswith("a subclass must set examples, since ")
    assert {r.status for r in results.values()} == {"passed", "skipped"}
