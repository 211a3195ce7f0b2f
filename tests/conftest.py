"""Fixtures that every test may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real corpora: ``SEQKIT_TEST_DATA``, or ``shared/data`` beside the checkout."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = Path(os.environ.get("SEQKIT_TEST_DATA", beside))
    if not folder.is_dir():
        pytest.skip("the real corpora are not here: set SEQKIT_TEST_DATA to their folder")
    return folder
