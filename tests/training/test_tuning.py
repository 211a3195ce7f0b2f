"""What is learnt of the development data after training: kept in the bundle, and nothing else."""

from __future__ import annotations

import json

import pytest

from seqkit import api
from seqkit.errors import DataError
from seqkit.testing import tiny


@pytest.fixture
def trained(tmp_path):
    """Train a tiny classifier on the same corpus each time; its folder."""
    corpus = tiny.write_corpus("classification", tmp_path)

    def train(name, **sections):
        tables = tiny.tables("classification", corpus, **sections)
        api.train(tables, out=tmp_path / name).close()
        return tmp_path / name

    return train


def test_a_temperature_is_kept_beside_weights_that_it_has_not_changed(trained):
    plain, mended = trained("plain"), trained("mended", head={"calibrate": True})
    one, other = ((path / "weights.safetensors").read_bytes() for path in (plain, mended))
    assert one == other
    assert not (plain / "head").exists()
    temperature = json.loads((mended / "head" / "temperature.json").read_text())["temperature"]
    before, after = (json.loads((p / "manifest.json").read_text()) for p in (plain, mended))
    assert before["scores"] == after["scores"]
    assert "calibration" not in before
    assert sorted(after["calibration"]) == [
        "brier_score",
        "brier_score_before",
        "calibration_error",
        "calibration_error_before",
    ]
    assert after["calibration"]["brier_score"] <= after["calibration"]["brier_score_before"]
    assert "were calibrated on the development data" in (mended / "README.md").read_text()
    texts = [example.text for example in tiny.examples("classification")]
    with api.load(plain) as model, api.load(mended) as other_model:
        answers = list(zip(model.classify(texts), other_model.classify(texts), strict=True))
    for answer, mended_answer in answers:
        assert mended_answer.label == answer.label
        odds = answer.probability / (1 - answer.probability)
        told = mended_answer.probability / (1 - mended_answer.probability)
        assert told == pytest.approx(odds ** (1 / temperature), rel=1e-4)


@pytest.mark.parametrize("crf", [False, True])
def test_a_tagger_has_a_temperature_too(tmp_path, crf):
    for name, calibrate in (("plain", False), ("mended", True)):
        head = {"calibrate": calibrate, "crf": crf}
        tiny.train("tagging", tmp_path / name, head=head)
    file = tmp_path / "mended" / "head" / "temperature.json"
    assert not (tmp_path / "plain" / "head" / "temperature.json").exists()
    temperature = json.loads(file.read_text())["temperature"]
    assert temperature != 1
    manifest = json.loads((tmp_path / "mended" / "manifest.json").read_text())
    found = manifest["calibration"]
    assert found["brier_score"] < found["brier_score_before"]
    card = (tmp_path / "mended" / "README.md").read_text()
    assert "were calibrated on the development data" in card
    assert (
        f"| brier score | {found['brier_score']:.4g} | {found['brier_score_before']:.4g} |" in card
    )
    words = ["the", "fox", "likes", "the", "barn"]
    answers = []
    for runtime in ("torch", "onnx"):
        with api.load(tmp_path / "mended", runtime=runtime) as model:
            answers.append([token.probability for token in next(model.tag([words])).tokens])
    assert answers[0] == pytest.approx(answers[1], rel=1e-4)
    with api.load(tmp_path / "plain") as model:
        before = [token.probability for token in next(model.tag([words])).tokens]
    # less sure of all, or surer of all
    assert len({told > was for told, was in zip(answers[0], before, strict=True)}) == 1


def test_without_development_data_there_is_nothing_to_tune_on(tmp_path):
    corpus = tiny.write_corpus("classification", tmp_path)
    tables = tiny.tables("classification", corpus, head={"calibrate": True})
    tables["corpus"] |= {"dev": [], "train": [str(tmp_path / "one.jsonl")]}
    lines = corpus.train.read_text().splitlines(keepends=True)
    (tmp_path / "one.jsonl").write_text("".join(lines[:2]))
    with pytest.raises(DataError, match="nothing to be tuned on"):
        api.train(tables, out=tmp_path / "model")
