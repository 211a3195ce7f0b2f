"""Installed models keep their contract, and others are caught by the right check."""

from __future__ import annotations

import shutil

import pytest

from seqkit.specs import ModelSpec
from seqkit.testing import ModelContract, tiny


def spec(path, **changes) -> ModelSpec:
    given = {"task": "classification", "language": "", "summary": "a sample", **changes}
    return ModelSpec(name="sample", path=path, **given)


@pytest.mark.parametrize("task", tiny.TASKS)
def test_a_bundle_of_each_task_passes(failures, task):
    assert failures(ModelContract, spec(tiny.bundle(task), task=task)) == {}


def test_a_model_of_another_task_is_caught(failures):
    found = failures(ModelContract, spec(tiny.bundle("tagging")))
    assert found == {
        "is_what_its_spec_says": "its spec says the task 'classification', its bundle 'tagging'"
    }


def test_another_language_is_caught(failures):
    found = failures(ModelContract, spec(tiny.bundle("classification"), language="en"))
    assert found == {"is_what_its_spec_says": "its spec says the language 'en', its bundle ''"}


def test_a_missing_card_is_caught(failures, tmp_path):
    path = shutil.copytree(tiny.bundle("classification"), tmp_path / "model")
    (path / "README.md").unlink()
    found = failures(ModelContract, spec(path))
    assert found == {
        "has_a_card": f"{path / 'README.md'} is missing or empty; it is the model's card"
    }


def test_damaged_weights_are_caught(failures, tmp_path):
    path = shutil.copytree(tiny.bundle("classification"), tmp_path / "model")
    (path / "weights.safetensors").write_bytes(b"")
    assert set(failures(ModelContract, spec(path))) == {"predicts", "answers_are_repeatable"}
