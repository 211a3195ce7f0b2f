"""The callback that is built in keeps its contract; others are caught by the right check."""

from __future__ import annotations

import pytest

from seqkit.specs import CallbackSpec
from seqkit.testing import CallbackContract


class TestJsonLines(CallbackContract):
    name = "jsonl"


class TestJsonLinesOfAClassifier(CallbackContract):
    name = "jsonl"
    task = "classification"


def spec(cls: str) -> CallbackSpec:
    return CallbackSpec(name="sample", target=f"sample_callbacks:{cls}", summary="a sample")


def test_a_callback_of_its_own_passes(failures):
    assert failures(CallbackContract, spec("Quiet")) == {}


@pytest.mark.parametrize(
    ("cls", "check", "said"),
    [
        (
            "WantsAStep",
            "ignores_unknown_events",
            "an event that it does not know raises AttributeError: ",
        ),
        (
            "Interrupts",
            "weights_are_the_same_without_it",
            "training with it gives other weights '",
        ),
    ],
)
@pytest.mark.usefixtures("_interruptible")
def test_a_broken_callback_fails_the_check_of_what_is_broken(failures, cls, check, said):
    found = failures(CallbackContract, spec(cls))
    assert found.pop(check).startswith(said)
    assert found == {}


def test_what_is_no_callback_is_told(failures):
    wrong = CallbackSpec(name="sample", target="types:MethodType", summary="a sample")
    found = failures(CallbackContract, wrong)
    assert "is_made_from_its_options" in found


def test_a_callback_that_falls_is_told(failures):
    found = failures(CallbackContract, spec("Falls"), task="classification")
    assert found["training_runs_with_it"] == (
        "it raised ZeroDivisionError: no step is small enough"
    )
