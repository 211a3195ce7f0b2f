"""The tutorial does what it says."""

from __future__ import annotations

from seqkit.bundle.manifest import read_manifest


def test_the_tutorial_runs_and_prints_what_it_shows(after_tutorial, tmp_path):
    after_tutorial(tmp_path)
    names = {path.name for path in (tmp_path / "models").iterdir()}
    assert names == {"first", "reviews", "lstm", "gru", "tagger", "tales"}


def test_the_second_model_is_better_than_guessing_as_it_says(after_tutorial, tmp_path):
    after_tutorial(tmp_path)
    assert read_manifest(tmp_path / "models" / "reviews").scores["accuracy"] > 0.65
