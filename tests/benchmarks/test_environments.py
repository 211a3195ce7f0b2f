"""Environments: made once, made anew when their requirements change, or known not to be had."""

from __future__ import annotations

import re
import sys

import pytest

from benchmarks import environments
from benchmarks.environments import REQUIREMENTS, Environment, NotInstalled


@pytest.fixture
def calls(monkeypatch, tmp_path):
    """What would be run instead of venv and pip; requirements are read from ``tmp_path``."""
    calls = []
    monkeypatch.setattr(environments, "REQUIREMENTS", tmp_path)

    def call(*command):
        calls.append(command)
        if "venv" in command:
            environments.Path(command[-1]).mkdir(parents=True)

    monkeypatch.setattr(environments, "_call", call)
    return calls


@pytest.fixture
def environment(tmp_path):
    """One that needs two files of requirements."""
    (tmp_path / "first.txt").write_text("torch==1\n")
    (tmp_path / "then.txt").write_text("peer==1\n")
    return Environment(
        name="peer", requirements=("first.txt", "then.txt"), folder=tmp_path / "environments"
    )


def test_requirements_are_installed_in_their_order(environment, calls, tmp_path):
    assert not environment.ready()
    assert environment.make() == environment.path / "bin" / "python"
    assert [command[1:3] for command in calls[:1]] == [("-m", "venv")]
    assert [command[-1] for command in calls[1:]] == [
        str(tmp_path / "first.txt"),
        str(tmp_path / "then.txt"),
    ]
    assert environment.ready()


def test_what_is_ready_is_not_made_again(environment, calls):
    environment.make()
    made = len(calls)
    environment.make()
    assert len(calls) == made


def test_other_requirements_make_it_anew(environment, calls, tmp_path):
    environment.make()
    (environment.path / "old").touch()
    (tmp_path / "then.txt").write_text("peer==2\n")
    assert not environment.ready()
    environment.make()
    assert not (environment.path / "old").exists()


def test_one_that_was_broken_off_is_not_ready(environment, calls, monkeypatch):
    def fails(*command):
        if "pip" in command:
            raise NotInstalled("no room")
        environment.path.mkdir(parents=True)

    monkeypatch.setattr(environments, "_call", fails)
    with pytest.raises(NotInstalled, match="no room"):
        environment.make()
    assert environment.path.is_dir()
    assert not environment.ready()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ("ERROR: no peer==9 to be had\\nnotice: a newer pip", "ERROR: no peer==9 to be had"),
        ("killed\\n\\n", "killed"),
        ("", "pip ended with 3"),
    ],
)
def test_the_reason_is_the_last_error(said, reason):
    program = f"import sys; sys.stderr.write('{said}'); sys.exit(3)"
    with pytest.raises(NotInstalled) as caught:
        environments._call(sys.executable, "-c", program)
    assert str(caught.value) == reason


@pytest.mark.parametrize("path", sorted(REQUIREMENTS.glob("*.txt")), ids=lambda path: path.name)
def test_every_requirement_is_pinned(path):
    for line in path.read_text().splitlines():
        assert re.fullmatch(r"[A-Za-z0-9._-]+==[A-Za-z0-9.]+", line), line
