"""The tutorial for plugin authors does what it says, from the first command to the last."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from seqkit import manager

ROOT = Path(__file__).parents[2]

#: Installs what the tutorial installs into the folder ``site``, without a network.
PIP = """#!/bin/sh
if [ "$1" = uninstall ]; then exec rm -r site; fi
exec "{python}" -m pip install --quiet --no-index --no-deps --no-build-isolation \
    --disable-pip-version-check --target site "${{3%\\[test]}}"
"""
#: The programs of the other tests, where plugins are loaded too.
WITH_PLUGINS = """#!/bin/sh
unset SEQKIT_LOAD_PLUGINS
exec {command} "$@"
"""


@pytest.fixture
def variables(environment, tmp_path) -> dict[str, str]:
    """What the page's commands run with: the package's sources are found before its installed copy.

    So it is with ``pip install -e``, which a folder on PYTHONPATH can't have.
    """
    programs = tmp_path / "bin"
    programs.mkdir()
    seqkit = Path(environment["PATH"].split(os.pathsep)[0], "seqkit")
    pytest_command = f'"{sys.executable}" -m pytest -p no:cacheprovider'
    for name, text in {
        "pip": PIP.format(python=sys.executable),
        "seqkit": WITH_PLUGINS.format(command=f'"{seqkit}"'),
        "pytest": WITH_PLUGINS.format(command=pytest_command),
    }.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    folders = [tmp_path / "work" / "seqkit-slim", tmp_path / "work" / "site", ROOT]
    return {
        "PATH": f"{programs}{os.pathsep}{environment['PATH']}",
        "PYTHONPATH": os.pathsep.join(map(str, folders)),
        "SEQKIT_DISABLE_PLUGINS": ",".join(c.plugin.distribution for c in manager.installed()),
    }


def test_the_tutorial_runs_and_prints_what_it_shows(run_page, variables, tmp_path):
    folder = tmp_path / "work"
    folder.mkdir()
    run_page("tutorial-plugin.md", folder, **variables)
    assert {path.name for path in (folder / "models").iterdir()} == {"reviews", "tagger", "tales"}
    options = (folder / "seqkit-slim" / "seqkit_slim" / "__init__.py").read_text(encoding="utf-8")
    assert "] = -1.0\n" in options
