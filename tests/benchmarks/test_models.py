"""Models that are made once by a contender's maker, kept, and made anew when anything changes."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks import prepared
from benchmarks.contest import Contender
from benchmarks.environments import Environment, NotInstalled
from benchmarks.models import equip
from benchmarks.settings import Settings

#: Writes what it was given into the model.
PROGRAM = """
import json, pathlib, sys
pathlib.Path(sys.argv[sys.argv.index("--save") + 1]).write_text(" ".join(sys.argv[1:]))
print(json.dumps({}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fake(Environment):
    """Is made at once, or never."""

    fails: str = ""
    requirements: tuple[str, ...] = ()

    def make(self):
        """This interpreter."""
        if self.fails:
            raise NotInstalled(self.fails)
        return Path(sys.executable)


@pytest.fixture
def making(tmp_path, monkeypatch):
    """Lets one maker make the model of ``a``; the cache and what is said are of the test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    said = []

    def make(program=PROGRAM, data="corpus", environment=None, quick=False):
        (tmp_path / "maker.py").write_text(program)
        maker = Contender(
            name="maker",
            script="maker.py",
            about="a fake",
            arguments=("well",),
            environment=environment,
            folder=tmp_path,
        )
        field = [Contender(name=name, script="x.py", about="", arguments=(name,)) for name in "abc"]
        settings = Settings(rounds=3, quick=quick)
        makers = {"a": maker, "b": maker}
        return equip(field, makers, settings, data=tmp_path / data, say=said.append)

    make.said = said
    return make


def test_those_that_need_a_model_get_the_same_one(making, tmp_path):
    (a, b, c), absent = making()
    name, option, path = a.arguments
    assert (name, option, b.arguments) == ("a", "--model", ("b", "--model", path))
    assert c.arguments == ("c",)
    assert absent == {}
    model = Path(path)
    assert model.parent == prepared.cache()
    assert model.read_text().startswith("well --save ")
    assert model.read_text().endswith(f"--data {tmp_path / 'corpus'} --seed 1")
    assert making.said == ["making maker"]


@pytest.mark.parametrize(
    ("change", "made"),
    [
        ({}, 1),
        ({"program": PROGRAM + "# another"}, 2),
        ({"data": "another"}, 2),
        ({"environment": Fake(name="another")}, 2),
    ],
    ids=["nothing", "program", "data", "environment"],
)
def test_a_model_is_made_anew_only_when_something_changes(making, change, made):
    (before, *_), _ = making()
    (after, *_), _ = making(**change)
    assert making.said.count("making maker") == made
    assert Path(after.arguments[-1]).is_file()
    assert Path(before.arguments[-1]).is_file() == (made == 1)  # an outdated one is removed


def test_a_quick_model_does_not_replace_another(making):
    (whole, *_), _ = making()
    (quick, *_), _ = making(quick=True)
    assert Path(quick.arguments[-1]).read_text().endswith("--quick")
    assert Path(whole.arguments[-1]).is_file()


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"program": "raise ValueError('no luck')"}, "ValueError: no luck"),
        ({"environment": Fake(name="b", fails="ERROR: no")}, "it can't be installed: ERROR: no"),
    ],
    ids=["fails", "not installed"],
)
def test_without_a_model_a_contender_is_absent(making, options, reason):
    _, absent = making(**options)
    reason = f"there is no model for it: {reason}"
    assert absent == {"a": reason, "b": reason}
    assert len([line for line in making.said if line == "making maker"]) <= 1
