"""The site builds without a warning and asks no other site for anything; the demo is sound."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("material", reason="the site needs seqkit[docs]")

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    return folder


def test_the_generated_pages_are_part_of_it(site):
    for name in ("recipe", "parts", "commands", "python"):
        assert (site / "reference" / name / "index.html").is_file()


def test_quoted_code_is_shown_with_its_line(site, docs):
    code = "h = torch.sigmoid(o) * torch.tanh(c)"
    lines = (ROOT / "seqkit" / "cells" / "lstm.py").read_text(encoding="utf-8").splitlines()
    (number,) = (n for n, line in enumerate(lines, 1) if code in line)
    page = (site / "explanation" / "lstm" / "index.html").read_text(encoding="utf-8")
    assert f"seqkit/cells/lstm.py:{number}" in page


def test_programs_are_not_part_of_it(site):
    assert [*site.rglob("*.py"), *site.rglob("*.sh")] == []


def test_no_page_loads_anything_from_elsewhere(site):
    loads = re.compile(r"<(?:script|img|iframe|link)[^>]+(?:src|href)=\"?(https?:[^\" >]+)")
    for page in site.rglob("*.html"):
        found = list(loads.findall(page.read_text(encoding="utf-8")))
        assert found == [], page


def test_the_demo_shows_each_command_before_it_runs_it(tmp_path):
    stand_in = tmp_path / "seqkit"
    stand_in.write_text('#!/bin/sh\necho "ran $1"\n')
    stand_in.chmod(0o755)
    done = subprocess.run(
        ["sh", str(ROOT / "docs" / "demo.sh"), "./seqkit"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for command in ("generate", "classify", "tag"):
        assert re.search(rf"^\$ seqkit {command} .*\nran {command}$", done.stdout, re.MULTILINE)
