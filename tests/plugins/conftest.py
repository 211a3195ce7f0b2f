"""Builds the small distributions beside this file and installs them into a folder of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import seqkit

HERE = Path(__file__).parent

Seqkit = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def plugin_site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all of them installed by pip, for ``PYTHONPATH``."""
    site = tmp_path_factory.mktemp("site")
    projects = sorted(str(path.parent) for path in HERE.glob("*/pyproject.toml"))
    assert len(projects) == 6
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", "--quiet", *offline, "--target", str(site)]
    done = subprocess.run([*command, *projects], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return site


@pytest.fixture
def run_seqkit(plugin_site: Path) -> Seqkit:
    """Runs ``seqkit`` with the distributions installed; keywords are environment variables."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("SEQKIT_")}
        source = Path(seqkit.__file__).parents[1]
        environment |= {"PYTHONPATH": f"{plugin_site}{os.pathsep}{source}", **variables}
        return subprocess.run(
            [sys.executable, "-m", "seqkit", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env=environment,
        )

    return run
