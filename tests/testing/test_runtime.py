"""The runtimes that are built in keep their contract, and others are caught by the right check."""

from __future__ import annotations

import pytest

from seqkit import manager
from seqkit.specs import RuntimeSpec
from seqkit.testing import RuntimeContract, checks, inline


class TestTorch(RuntimeContract):
    name = "torch"


class TestOnnx(RuntimeContract):
    name = "seqkit:onnx"


def spec(cls: str, **changes) -> RuntimeSpec:
    target = f"sample_runtimes:{cls}"
    return RuntimeSpec(name="sample", target=target, summary="a sample", rank=-1, **changes)


@pytest.mark.parametrize(
    ("cls", "check", "said"),
    [
        (
            "Imprecise",
            "equals_torch",
            "the logits of text 0 of a batch of lengths [1] (classification) lie up to 0.001 from",
        ),
        (
            "KeepsOneState",
            "advance_leaves_its_state_alone",
            "advance changes the state that it is given",
        ),
        ("JoinsBackwards", "select_and_join", "after join of the sequences [1, 2, 0], the logits"),
        ("ReadsWeightsFirst", "obstacle_reads_no_weights", "it raised BundleError: "),
        (
            "OpensAnything",
            "damaged_weights_are_an_error",
            "it opens a bundle whose weights are cut short; raise BundleError",
        ),
        ("SharesItsInput", "serves_several_threads", "logits from four threads at once"),
    ],
)
def test_a_broken_runtime_fails_the_check_of_what_is_broken(failures, cls, check, said):
    found = failures(RuntimeContract, spec(cls))
    assert found[check].startswith(said)
    others = {"select_and_join", "writes_the_same_text_as_torch", "damaged_weights_are_an_error"}
    allowed = {"KeepsOneState": others, "JoinsBackwards": others, "ReadsWeightsFirst": others}
    assert set(found) <= {check} | allowed.get(cls, set())


def test_other_text_is_caught(failures):
    found = failures(RuntimeContract, spec("WritesOtherText"))
    assert set(found) == {"equals_torch", "writes_the_same_text_as_torch"}
    assert " where torch writes [" in found["writes_the_same_text_as_torch"]


def test_what_depends_on_the_batch_is_caught(failures):
    found = failures(RuntimeContract, spec("FeelsCrowded"))
    assert set(found) == {"equals_torch", "batch_equals_singles"}
    assert found["batch_equals_singles"].startswith("the logits of text 0 in a batch of 4 lie up")


def test_a_looser_tolerance_lets_it_pass(failures):
    assert failures(RuntimeContract, spec("Imprecise", tolerance=0.01)) == {}


def test_a_runtime_that_runs_none_of_the_bundles_says_so():
    with manager.isolated([inline.plugin([spec("RunsNothing")])]):
        results = {r.name: r for r in checks(RuntimeContract, name="sample")}
    assert results["equals_torch"].status == "skipped"
    assert results["equals_torch"].reason.startswith(
        "it can run none of the tiny bundles (generation: it is asleep; "
    )
    assert results["obstacle_reads_no_weights"].status == "passed"
