"""Checksums that are remembered until a file changes."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from seqkit.training import fingerprint
from seqkit.training.fingerprint import Fingerprints


@pytest.fixture
def read(monkeypatch) -> list:
    """What was read, one entry each time."""
    found, right = [], fingerprint._content

    def content(named):
        found.append(named)
        return right(named)

    monkeypatch.setattr(fingerprint, "_content", content)
    return found


def at_rest(monkeypatch) -> None:
    """Let enough time pass for checksums to be remembered."""
    later = time.time() + 60
    monkeypatch.setattr(fingerprint.time, "time", lambda: later)


def of(folder: Path, *names: str) -> str:
    return Fingerprints(folder / "known").of([folder / n for n in names], folder)


def test_an_unchanged_file_is_read_once(tmp_path, read, monkeypatch):
    (tmp_path / "a").write_text("one")
    at_rest(monkeypatch)
    assert of(tmp_path, "a") == of(tmp_path, "a")
    assert len(read) == 1


def test_a_file_that_was_just_written_is_not_trusted(tmp_path, read):
    (tmp_path / "a").write_text("one")
    before = of(tmp_path, "a")
    (tmp_path / "a").write_text("two")
    assert of(tmp_path, "a") != before
    assert len(read) == 2


def test_content_and_names_count_and_time_does_not(tmp_path, read, monkeypatch):
    (tmp_path / "a").write_text("one")
    (tmp_path / "b").write_text("one")
    at_rest(monkeypatch)
    before = of(tmp_path, "a")
    assert of(tmp_path, "b") != before
    assert of(tmp_path, "a", "b") != before
    os.utime(tmp_path / "a", (0, 0))
    assert of(tmp_path, "a") == before
    assert len(read) == 4


@pytest.mark.parametrize("content", [b"", b"{", b"[1]", b'{"a": 1}', b"\xff"])
def test_what_is_remembered_may_be_lost(tmp_path, read, content, monkeypatch):
    (tmp_path / "a").write_text("one")
    at_rest(monkeypatch)
    before = of(tmp_path, "a")
    (tmp_path / "known").write_bytes(content)
    assert of(tmp_path, "a") == before
    assert len(read) == 2


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        of(tmp_path, "a")
