"""``seqkit export``: a file that any ONNX program runs, the same model as in torch."""

from __future__ import annotations

import json

import numpy as np
import onnx
import onnxruntime
import pytest

import seqkit
from seqkit import export
from seqkit.bundle.load import open_bundle


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_classifier_answers_from_the_file_alone_as_seqkit_does(run, reviews, tmp_path):
    result = run("export", reviews, "--to", "onnx")
    assert result.exit_code == 0, result.output
    file = tmp_path / f"{reviews.name}.onnx"
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    lines = dict(line.split("  ", 1) for line in result.stdout.splitlines()[1:])
    shown = {key: value.strip() for key, value in lines.items()}
    assert float(shown.pop("largest difference from torch")) < 1e-5
    assert shown == {
        "file": file.name,
        "bytes": f"{file.stat().st_size:,}",
        "inputs": "ids, lengths",
        "outputs": "logits",
    }

    notes = {note.key: note.value for note in onnx.load(file).metadata_props}
    assert json.loads(notes["labels"]) == ["negative", "positive"]
    text = "A wonderful, delicious meal."
    ids = np.array(open_bundle(reviews).tokenizer.encode_ids(text))[:, np.newaxis]
    session = onnxruntime.InferenceSession(file)
    (logits,) = session.run(None, {"ids": ids, "lengths": np.array([len(ids)])})
    probability = seqkit.load(reviews, runtime="torch").classify(text).probabilities["positive"]
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), [[probability]], rtol=1e-5)


@pytest.mark.parametrize(
    ("model", "inputs", "outputs"),
    [
        ("tags", "ids, lengths, features", "logits"),
        (
            "tales",
            "ids, lengths, state_0_h, state_0_c",
            "logits, next_state_0_h, next_state_0_c",
        ),
    ],
)
def test_every_task_is_written(run, request, tmp_path, model, inputs, outputs):
    path = request.getfixturevalue(model)
    result = run("export", path, "--to", "onnx", "--output", "m.onnx")
    assert result.exit_code == 0, result.output
    onnx.checker.check_model(tmp_path / "m.onnx", full_check=True)
    assert f" {inputs}\n" in result.stdout
    assert f" {outputs}\n" in result.stdout


def test_a_file_that_is_there_is_kept_unless_told_otherwise(run, reviews, tmp_path):
    file = tmp_path / "m.onnx"
    file.write_text("mine")
    words = ["export", reviews, "--to", "onnx", "--output", "m.onnx"]
    result = run(*words)
    assert result.exit_code == 2
    assert result.stderr == (
        "error: m.onnx exists. Name another with --output, or add --overwrite.\n"
    )
    assert file.read_text() == "mine"
    assert run(*words, "--overwrite").exit_code == 0
    onnx.checker.check_model(file)


def test_a_folder_that_is_missing_is_told(run, reviews):
    result = run("export", reviews, "--to", "onnx", "--output", "none/m.onnx")
    assert result.exit_code == 2
    assert result.stderr == "error: There is no folder none. Make it first.\n"


def test_a_graph_that_gives_other_numbers_than_torch_is_not_written(
    run, reviews, tmp_path, monkeypatch
):
    monkeypatch.setattr(export, "TOLERANCE", 1e-12)
    result = run("export", reviews, "--to", "onnx")
    assert result.exit_code == 2
    assert "in ONNX is not the same model. its logits differ from torch's by" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_logits_that_are_no_numbers_are_not_the_same(run, reviews, tmp_path, monkeypatch):
    from seqkit.runtimes.onnx import OnnxRuntime

    real = OnnxRuntime.logits

    def with_one_that_is_none(self, examples):
        *logits, last = real(self, examples)
        return [*logits, last * np.nan]

    monkeypatch.setattr(OnnxRuntime, "logits", with_one_that_is_none)
    assert run("export", reviews, "--to", "onnx").exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_model_that_has_no_onnx_says_why(run, reviews, monkeypatch):
    from seqkit.runtimes.onnx import OnnxRuntime

    monkeypatch.setattr(OnnxRuntime, "obstacle", lambda bundle: "the cell 'x' is odd")
    result = run("export", reviews, "--to", "onnx")
    assert result.exit_code == 2
    assert result.stderr == f"error: {reviews} can't be written in ONNX. the cell 'x' is odd.\n"


@pytest.fixture
def labelled(tmp_path):
    """Four reviews in a file, of which the last has the wrong label on purpose."""
    path = tmp_path / "test.csv"
    path.write_text(
        "text,label\n"
        '"I loved it, it was brilliant and moving.",positive\n'
        '"Terrible, boring and slow, a waste of money.",negative\n'
        '"A wonderful, delicious meal and friendly staff.",positive\n'
        '"Rude staff and cold food.",positive\n'
    )
    return path


def test_int8_weights_make_a_small_file_and_their_score_is_told(run, reviews, labelled, tmp_path):
    words = ["--to", "onnx", "--output"]
    assert run("export", reviews, *words, "large.onnx").exit_code == 0
    result = run("export", reviews, labelled, *words, "small.onnx", "--quantize", "int8")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    shown = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert shown[-3:] == [
        "scored on 4 examples",
        "accuracy with float32 0.7500",
        "accuracy with int8 0.7500",
    ]
    large, small = tmp_path / "large.onnx", tmp_path / "small.onnx"
    assert small.stat().st_size < large.stat().st_size / 2
    notes = [
        {note.key: note.value for note in onnx.load(file).metadata_props} for file in (large, small)
    ]
    assert notes[0] == notes[1]
    feeds = {"ids": np.array([[5], [9]]), "lengths": np.array([2])}
    exact, near = (
        onnxruntime.InferenceSession(file).run(None, feeds)[0] for file in (large, small)
    )
    assert not np.array_equal(exact, near)
    np.testing.assert_allclose(near, exact, atol=0.1)


def test_int8_weights_that_cost_too_much_are_not_written_unless_forced(
    run, reviews, labelled, tmp_path, monkeypatch
):
    monkeypatch.setattr(export, "LOSS", -1.0)
    words = ["export", reviews, labelled, "--to", "onnx", "--quantize", "int8"]
    result = run(*words)
    assert result.exit_code == 2
    assert result.stderr == (
        f"error: int8 weights cost {reviews} too much. accuracy goes from 0.7500 to 0.7500 on "
        "4 examples. Leave out --quantize, or write it all the same with --force.\n"
    )
    assert list(tmp_path.iterdir()) == [labelled]
    assert run(*words, "--force").exit_code == 0
    onnx.checker.check_model(tmp_path / f"{reviews.name}.onnx")


def test_a_generator_has_no_score_to_hold_int8_against(run, tales, tmp_path):
    result = run("export", tales, "--to", "onnx", "--quantize", "int8")
    assert result.exit_code == 2
    assert "a generation model has no labels to measure what they cost by" in result.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "given"), [(["some.csv"], "The file some.csv"), (["--force"], "--force")]
)
def test_what_only_int8_weights_need_is_refused_without_them(run, reviews, words, given):
    result = run("export", reviews, "--to", "onnx", *words)
    assert result.exit_code == 2
    assert result.stderr == (
        f"error: {given} has no use here. only rounded weights are scored. Leave it out, or add "
        "--quantize int8.\n"
    )


def test_a_smaller_bundle_is_written_and_what_it_costs_is_told(run, tags, tmp_path):
    result = run("export", tags, "--to", "bundle", "--weights", "int8", "--force")
    assert result.exit_code == 0, result.output
    path = tmp_path / f"{tags.name}-int8"
    before, after = ((p / "weights.safetensors").stat().st_size for p in (tags, path))
    small, large = open_bundle(path).manifest, open_bundle(tags).manifest
    rounding = small.rounding
    assert rounding.score_before == pytest.approx(large.scores["accuracy"])
    assert result.stdout.splitlines()[1:] == [
        f"bundle                 {path.name}",
        f"bytes of weights       {after:,}, before {before:,}",
        f"scored on              {large.corpus.dev_examples} examples",
        f"accuracy with float32  {rounding.score_before:.4f}",
        f"accuracy with int8     {rounding.score_after:.4f}",
    ]
    told = run("inspect", path).stdout
    assert f"{large.parameters:,} parameters, int8" in told
    assert f"rounding    {rounding.told()}\n" in told
    assert "rounding" not in run("inspect", tags).stdout


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["bundle"], "A bundle would be written as it is. nothing says what its weights are to"),
        (["bundle", "--quantize", "int8"], "--quantize has no use here. it is not for --to bundle"),
        (["onnx", "--weights", "int8"], "--weights has no use here. it is not for --to onnx"),
    ],
)
def test_options_of_the_other_kind_are_refused(run, tags, words, why):
    result = run("export", tags, "--to", *words)
    assert result.exit_code == 2
    assert result.stderr.startswith(f"error: {why}")
