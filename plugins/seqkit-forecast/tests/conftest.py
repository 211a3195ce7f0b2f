"""Series made up for tests, and a process in which this package is the only plugin."""

import numpy as np
import pytest
import seqkit_forecast
from seqkit_forecast import Series, Settings, fit

from seqkit import manager


@pytest.fixture(autouse=True)
def _installed(monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    with manager.isolated([seqkit_forecast]):
        yield


@pytest.fixture(scope="session")
def waves():
    """A wave of 11.3 rows on a slope, 150 rows of it."""
    rows = np.arange(150)
    values = 50 + 0.1 * rows + 10 * np.sin(2 * np.pi * rows / 11.3)
    return Series(names=("y",), values=values[:, None])


@pytest.fixture(scope="session")
def quick():
    """Settings that train in a moment."""
    return Settings(horizon=3, season=1, hidden=8, window=12, scaling="standard", epochs=3)


@pytest.fixture(scope="session")
def fitted(waves, quick):
    """A forecaster of the waves."""
    return fit(waves, quick)


@pytest.fixture
def table(tmp_path):
    """Writes a file of lines: ``table("month,y", "2020-01,1")``."""

    def write(*lines, end="\n", name="table.csv"):
        path = tmp_path / name
        path.write_bytes("".join(line + end for line in lines).encode())
        return path

    return write
