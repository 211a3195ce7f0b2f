"""The how-to guides and explanations: their commands and code run, in a reader's folder."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUN = sorted(
    path.relative_to(ROOT / "docs").as_posix()
    for folder in ("how-to", "explanation")
    for path in (ROOT / "docs" / folder).glob("*.md")
)


def install(project: Path, site: Path) -> None:
    offline = ["--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", "--quiet", *offline, "--target", str(site)]
    done = subprocess.run([*command, str(project)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def seqkit_with(environment):
    """Runs ``seqkit`` in a folder with the packages in a site folder installed."""

    def run(site: Path, folder: Path, *arguments: str) -> str:
        variables = {**environment, "PYTHONPATH": f"{site}{os.pathsep}{ROOT}"}
        del variables["SEQKIT_LOAD_PLUGINS"]
        done = subprocess.run(
            ["/usr/bin/env", "seqkit", *arguments],
            cwd=folder,
            env=variables,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


@pytest.mark.parametrize("guide", RUN)
def test_its_commands_and_code_run(guide, run_page, after_tutorial, tmp_path):
    after_tutorial(tmp_path)
    run_page(guide, tmp_path)


def test_the_package_of_models_is_installed_and_used_by_name(
    run_page, after_tutorial, seqkit_with, tmp_path
):
    after_tutorial(tmp_path)
    run_page("how-to/ship-a-model.md", tmp_path)
    site = tmp_path / "site"
    install(tmp_path / "seqkit-models-shop", site)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "new.txt").write_text("I love it.")
    answer = seqkit_with(
        site, tmp_path / "elsewhere", "classify", "--model", "shop-reviews", "new.txt"
    )
    assert answer.startswith('{"source":"new.txt","label":"')
