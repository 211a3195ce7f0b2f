"""Commands run in this process, or as real ones; and models trained once for all tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import seqkit
from seqkit import manager
from seqkit.cli.main import cli

ROOT = Path(seqkit.__file__).parents[1]


@pytest.fixture(autouse=True)
def _alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave out the plugins and corpora that happen to be on this machine."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("SEQKIT_DATA", raising=False)
    with manager.isolated():
        yield


@pytest.fixture(scope="session")
def run() -> Callable[..., Result]:
    """``run("classify", "--lines", "-", input=b"...")`` in this process."""

    def run(*arguments: str | Path, input: bytes | str | None = None) -> Result:  # noqa: A002
        return CliRunner().invoke(cli, [str(a) for a in arguments], input=input)

    return run


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SEQKIT_")}
    return {**kept, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1", "COLUMNS": "100"}


@pytest.fixture
def start(environment: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """``start("train", ..., LC_ALL="C")`` as a real process with pipes, ended with the test."""
    with ExitStack() as ended:

        def start(*words: str | Path, stdout: Any = subprocess.PIPE, **variables: str) -> Any:
            process = subprocess.Popen(
                [sys.executable, "-m", "seqkit", *map(str, words)],
                stdin=subprocess.PIPE,
                stdout=stdout,
                stderr=subprocess.PIPE,
                env={**environment, **variables},
            )
            ended.enter_context(process)
            ended.callback(process.kill)
            return process

        yield start


def _train(folder: Path, recipe: str, *options: str) -> Path:
    out = folder / recipe.partition("/")[0]
    words: Sequence[str] = ["train", recipe, "--out", str(out), "--threads", "1", *options]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 0, result.output
    return out


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="session")
def reviews(models: Path) -> Path:
    """A classifier with one label, ``negative`` or ``positive``."""
    return _train(models, "tiny-reviews/lstm", "--epochs", "4")


@pytest.fixture(scope="session")
def topics(models: Path) -> Path:
    """A classifier with several labels."""
    return _train(models, "tiny-topics/lstm", "--epochs", "12")


@pytest.fixture(scope="session")
def tags(models: Path) -> Path:
    """A tagger of universal parts of speech."""
    return _train(models, "tiny-tags/lstm", "--epochs", "3")


@pytest.fixture(scope="session")
def tales(models: Path) -> Path:
    """A generator of characters."""
    return _train(models, "tiny-tales/lstm", "--epochs", "1")


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Commands can be interrupted even where the tests themselves run in the background."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
