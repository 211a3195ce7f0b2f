"""Every package that can be begun with keeps its contract, and passes its other tests."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree

import pytest

import seqkit
from seqkit import manager
from seqkit.scaffold import SUMMARIES
from seqkit.scaffold.package import write

ROOT = Path(seqkit.__file__).parents[1]


def install(project: Path, site: Path) -> None:
    """Have a package found, and its modules where they are, as ``pip install -e`` does."""
    facts = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    record = site / f"{facts['name'].replace('-', '_')}-{facts['version']}.dist-info"
    record.mkdir(parents=True)
    name, version = facts["name"], facts["version"]
    (record / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    points = facts["entry-points"]["seqkit"].items()
    lines = [f"{point} = {module}" for point, module in points]
    (record / "entry_points.txt").write_text("\n".join(["[seqkit]", *lines, ""]))


@pytest.fixture(scope="module")
def outcomes(tiny, tmp_path_factory) -> dict[str, Counter[str]]:
    """Of each kind, how many of the tests in its package passed, failed and were skipped."""
    folder = tmp_path_factory.mktemp("kinds")
    bundle = folder / "bundle"
    tiny.train("classification", bundle)
    with manager.isolated():
        for kind in SUMMARIES:
            given = str(bundle) if kind == "model" else ""
            write(kind, f"my-{kind}", folder=folder / kind, bundle=given)
            install(folder / kind, folder / "site")
    paths = [*(folder / kind for kind in SUMMARIES), folder / "site", ROOT]
    kept = {k: v for k, v in os.environ.items() if not k.startswith("SEQKIT_")}
    options = ["-q", "-W", "error", "-p", "no:cacheprovider", f"--junitxml={folder / 'said.xml'}"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *SUMMARIES],
        cwd=folder,
        env={**kept, "PYTHONPATH": os.pathsep.join(map(str, paths)), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Counter[str]] = {kind: Counter() for kind in SUMMARIES}
    for case in ElementTree.parse(folder / "said.xml").iter("testcase"):
        (kind,) = (k for k in SUMMARIES if f"test_my_{k}" in case.attrib["classname"])
        found[kind]["skipped" if case.find("skipped") is not None else "passed"] += 1
    return found


@pytest.mark.parametrize("kind", SUMMARIES)
def test_its_tests_pass(kind, outcomes):
    assert outcomes[kind]["passed"] >= 12
    assert outcomes[kind]["skipped"] <= 2
