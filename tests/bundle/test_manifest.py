from __future__ import annotations

import json
import os

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqkit.bundle import manifest as manifests
from seqkit.bundle.manifest import BaselineRecord, Manifest, read_manifest, read_member
from seqkit.errors import BundleError

PART = {"kind": "cell", "name": "gru", "distribution": "seqkit", "version": "0.1.0"}


def message(path):
    with pytest.raises(BundleError) as caught:
        read_manifest(path)
    return str(caught.value)


def test_it_is_written_indented_in_the_order_of_its_fields(bundle):
    text = (bundle / "manifest.json").read_text()
    assert text.startswith('{\n  "format_version": 1,\n  "seqkit_version": "0.1.0",\n')
    assert text.endswith("}\n")
    fields = [field.name for field in msgspec.structs.fields(Manifest)]
    assert list(json.loads(text)) == fields[: fields.index("baseline")]
    assert list(json.loads(text)["scores"]) == ["accuracy", "loss"]


def test_it_reads_back_what_was_written(bundle):
    manifest = read_manifest(bundle)
    assert manifest.labels == ("bad", "good")
    assert manifest.scores == {"accuracy": 0.75, "loss": 0.5}
    assert manifest.corpus.licence == "CC0-1.0"
    assert [(p.kind, p.name, p.distribution) for p in manifest.parts] == [
        ("tokenizer", "char", "seqkit"),
        ("cell", "gru", "seqkit"),
        ("head", "classification", "seqkit"),
        ("callback", "jsonl", "seqkit"),
    ]


BAG = BaselineRecord(
    name="a bag of words", metric="accuracy", score=0.75, train_examples=8, seconds=0.5
)


@pytest.mark.parametrize(
    ("own", "sentence"),
    [
        (0.8, "a bag of words has accuracy 0.7500"),
        (0.75, "a bag of words has accuracy 0.7500, which is as good as this model's 0.7500"),
        (0.5, "a bag of words has accuracy 0.7500, which is better than this model's 0.5000"),
        (None, "a bag of words has accuracy 0.7500"),
    ],
)
def test_what_a_model_is_held_against_stands_beside_its_score(write, tmp_path, own, sentence):
    write(tmp_path / "m", scores={} if own is None else {"accuracy": own}, baseline=BAG)
    manifest = read_manifest(tmp_path / "m")
    assert manifest.baseline == BAG
    assert manifest.beside() == sentence


def test_a_model_that_is_held_against_nothing_says_nothing(bundle):
    assert read_manifest(bundle).beside() == ""


def test_numbers_of_numpy_are_written_as_plain_ones(write, tmp_path):
    write(tmp_path / "m", scores={"accuracy": np.float64(0.25)})
    assert read_manifest(tmp_path / "m").scores == {"accuracy": 0.25}


def test_scores_that_are_no_finite_numbers_are_left_out(write, tmp_path):
    write(tmp_path / "m", scores={"perplexity": float("inf"), "f1": float("nan"), "loss": 800.0})
    assert read_manifest(tmp_path / "m").scores == {"loss": 800.0}


def test_a_newer_format_is_refused_with_the_upgrade(bundle, edit_manifest):
    edit_manifest({"format_version": 2, "labels": "no longer a list"})
    assert message(bundle) == (
        f"{bundle} has bundle format 2. this version of seqkit reads formats up to 1. "
        "Upgrade with: pip install --upgrade seqkit."
    )


@pytest.mark.parametrize("version", [0, -1, True, 1.0, "1", None, ..., [1], {}])
def test_a_format_that_is_no_number_from_one_is_damage(bundle, edit_manifest, version):
    edit_manifest({"format_version": version})
    assert "manifest.json is damaged. it has no format_version" in message(bundle)


def test_a_format_too_large_for_any_machine_is_merely_newer(bundle, edit_manifest):
    file = bundle / "manifest.json"
    file.write_text(file.read_text().replace('"format_version": 1', f'"format_version": {10**30}'))
    assert "has bundle format 1000000000000000000000000000000" in message(bundle)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"labels": "good"}, "$.labels"),
        ({"labels": ["good", 3]}, "$.labels"),
        ({"labels": ["good", "good"]}, "twice"),
        ({"labels": ...}, "labels"),
        ({"vocab_size": -1}, "$.vocab_size"),
        ({"vocab_size": 1.5}, "$.vocab_size"),
        ({"parameters": 10**30}, "$.parameters"),
        ({"parameters": True}, "$.parameters"),
        ({"scores": {"loss": "low"}}, "$.scores"),
        ({"scores": {"loss": None}}, "$.scores"),
        ({"weights": "pickle"}, "pickle"),
        ({"task": "../../etc"}, "$.task"),
        ({"surprise": 1}, "surprise"),
        ({"machine": {"surprise": 1}}, "surprise"),
        ({"corpus": []}, "$.corpus"),
        ({"parts": [{**PART, "distribution": "acme; rm -rf ~"}]}, "distribution"),
        ({"parts": [{**PART, "distribution": "--index-url=http://x"}]}, "distribution"),
        ({"parts": [{**PART, "version": "1; reboot"}]}, "version"),
        ({"parts": [{**PART, "name": "os:system"}]}, "name"),
        ({"parts": [{**PART, "surprise": 1}]}, "surprise"),
    ],
)
def test_a_wrong_value_is_damage_and_named(bundle, edit_manifest, changes, expected):
    edit_manifest(changes)
    text = message(bundle)
    assert text.startswith(f"{bundle}/manifest.json is damaged. ")
    assert expected in text
    assert text.endswith("Take the bundle from its source again, or train it again.")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[1]",
        b'"text"',
        b"{",
        b"\xff\xfe",
        b'{"format_version": 1e999}',
        b'{"format_version": ' + b"9" * 10_000 + b"}",
        b"[" * 200_000,
        b'{"format_version": 1}',
    ],
    ids=str,
)
def test_what_is_no_manifest_is_damage(bundle, content):
    (bundle / "manifest.json").write_bytes(content)
    assert "manifest.json is damaged" in message(bundle)


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_spoilt_bytes_are_a_manifest_or_damage(bundle, data):
    file = bundle / "manifest.json"
    content = file.read_bytes()
    start = data.draw(st.integers(0, len(content) - 1))
    length = data.draw(st.integers(0, 12))
    spoilt = data.draw(st.binary(max_size=12) | st.sampled_from([b"{", b"]", b"null", b"-1", b""]))
    try:
        file.write_bytes(content[:start] + spoilt + content[start + length :])
        assert isinstance(read_manifest(bundle), Manifest)
    except BundleError:
        pass
    finally:
        file.write_bytes(content)


def test_no_more_than_the_limit_is_read(bundle, monkeypatch):
    monkeypatch.setattr(manifests, "_LARGEST_MANIFEST", 100)
    assert "it is larger than the 100 bytes that it may have" in message(bundle)


def test_a_missing_bundle_and_a_folder_without_a_manifest_are_told_apart(tmp_path):
    assert message(tmp_path / "none") == (
        f"There is no bundle {tmp_path}/none. 'seqkit train' makes one."
    )
    assert message(tmp_path).startswith(f"{tmp_path} is not a bundle. it has no manifest.json.")


def test_a_link_out_of_the_bundle_is_not_followed(bundle, tmp_path):
    outside = tmp_path / "outside.json"
    (bundle / "manifest.json").rename(outside)
    (bundle / "manifest.json").symlink_to(outside)
    assert "is a link that leads out of the bundle" in message(bundle)


@pytest.mark.parametrize("name", ["../outside", "tokenizer/../../outside"])
def test_a_member_lies_in_the_bundle(bundle, tmp_path, name):
    (tmp_path / "outside").write_text("secret")
    with pytest.raises(BundleError, match="leads out"):
        read_member(bundle, name, limit=100)


def test_a_pipe_does_not_keep_the_reader_waiting(bundle):
    (bundle / "manifest.json").unlink()
    os.mkfifo(bundle / "manifest.json")
    assert "it is no regular file" in message(bundle)
