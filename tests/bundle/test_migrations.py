from __future__ import annotations

import pytest

from seqkit.bundle import manifest, migrations
from seqkit.bundle.manifest import FORMAT_VERSION, read_manifest
from seqkit.bundle.migrations import MIGRATIONS, migrate
from seqkit.errors import BundleError


def test_every_older_format_has_its_step():
    assert list(MIGRATIONS) == list(range(1, FORMAT_VERSION))


def test_steps_run_in_order_up_to_the_target(monkeypatch):
    def rename(document):
        document["scores"] = document.pop("metrics")
        return document

    def wrap(document):
        return {**document, "scores": {"all": document["scores"]}}

    monkeypatch.setattr(migrations, "MIGRATIONS", {1: rename, 2: wrap})
    old = {"format_version": 1, "metrics": 0.5}
    assert migrate(old, 2) == {"format_version": 2, "scores": 0.5}
    assert migrate(old, 3) == {"format_version": 3, "scores": {"all": 0.5}}
    assert old == {"format_version": 1, "metrics": 0.5}


def test_reading_migrates_an_older_manifest(bundle, edit_manifest, monkeypatch):
    def rename(document):
        document["language"] = document.pop("tongue")
        return document

    monkeypatch.setattr(migrations, "MIGRATIONS", {1: rename})
    monkeypatch.setattr(manifest, "FORMAT_VERSION", 2)
    edit_manifest({"language": ..., "tongue": "fr"})
    read = read_manifest(bundle)
    assert (read.format_version, read.language) == (2, "fr")


def test_an_older_manifest_that_lacks_what_its_step_needs_is_damage(
    bundle, edit_manifest, monkeypatch
):
    monkeypatch.setattr(migrations, "MIGRATIONS", {1: lambda d: {**d, "x": d["tongue"]["name"]}})
    monkeypatch.setattr(manifest, "FORMAT_VERSION", 2)
    for changes in ({}, {"tongue": 3}):
        edit_manifest(changes)
        with pytest.raises(BundleError, match=r"manifest\.json is damaged"):
            read_manifest(bundle)
