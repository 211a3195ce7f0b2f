"""Contests among tiny programs: turns, seeds, and those who can't take part."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from benchmarks.contest import Contender, Failed, execute, hold
from benchmarks.environments import Environment, NotInstalled
from benchmarks.settings import Settings

PYTHON = Path(sys.executable)
ROOT = Path(__file__).parents[2]
#: Writes its arguments to a log, and prints them as its result.
PROGRAM = """
import json, os, sys
name, *rest = sys.argv[1:]
with open(os.path.join(os.path.dirname(__file__), "log"), "a") as file:
    file.write(f"{name} {' '.join(rest)}\\n")
print("a word before the result")
print(json.dumps({"name": name, "threads": os.environ["OMP_NUM_THREADS"]}))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fake(Environment):
    """Is made at once, or never."""

    here: bool = False
    fails: str = ""
    requirements: tuple[str, ...] = ()

    def ready(self):
        """Whether it was there before."""
        return self.here

    def make(self):
        """This interpreter."""
        if self.fails:
            raise NotInstalled(self.fails)
        return PYTHON


@pytest.fixture
def contender(tmp_path):
    """Makes contenders that run ``PROGRAM``, or another."""

    def make(name, program=PROGRAM, environment=None):
        (tmp_path / f"{name}.py").write_text(program)
        return Contender(
            name=name,
            script=f"{name}.py",
            about="a fake",
            arguments=(name,),
            environment=environment,
            folder=tmp_path,
        )

    return make


def contest(contenders, tmp_path, **settings):
    said = []
    result = hold(
        contenders,
        Settings(**settings),
        data=tmp_path / "data",
        small=tmp_path / "small",
        say=said.append,
    )
    return result, said


def test_all_run_in_turns_after_a_warm_up(contender, tmp_path):
    result, _ = contest([contender("a"), contender("b")], tmp_path, rounds=3, seeds=2, threads=3)
    small, data = f"--data {tmp_path / 'small'}", f"--data {tmp_path / 'data'}"
    assert (tmp_path / "log").read_text().splitlines() == [
        f"a {small} --seed 1 --quick",
        f"b {small} --seed 1 --quick",
        f"a {data} --seed 1",
        f"b {data} --seed 1",
        f"b {data} --seed 2",
        f"a {data} --seed 2",
        f"a {data} --seed 1",
        f"b {data} --seed 1",
    ]
    assert [sorted(results) for results in result.rounds] == [["a", "b"]] * 3
    assert result.rounds[0]["b"].said == {"name": "b", "threads": "3"}
    assert result.rounds[0]["b"].seconds > 0
    assert result.absent == {}


def test_a_quick_one_has_no_warm_up(contender, tmp_path):
    contest([contender("a")], tmp_path, rounds=1, seeds=1, quick=True)
    log = (tmp_path / "log").read_text()
    assert log == f"a --data {tmp_path / 'small'} --seed 1 --quick\n"


def test_what_can_not_be_installed_is_absent_with_the_reason(contender, tmp_path):
    lacking = contender("b", environment=Fake(name="b", fails="ERROR: no b to be had"))
    result, said = contest([contender("a"), lacking], tmp_path, rounds=3)
    assert result.absent == {"b": "it can't be installed: ERROR: no b to be had"}
    assert [sorted(results) for results in result.rounds] == [["a"]] * 3
    assert "b can't be installed: ERROR: no b to be had" in said


def test_one_known_to_be_absent_is_not_run(contender, tmp_path):
    field, data = [contender("a"), contender("b")], tmp_path / "data"
    absent = {"b": "it has no model"}
    result = hold(field, Settings(rounds=3), data=data, small=data, absent=absent)
    assert result.absent == absent
    assert [sorted(results) for results in result.rounds] == [["a"]] * 3


@pytest.mark.parametrize(("at", "finished"), [("round 2 of 3: a", 1), ("round 3 of 3: b", 2)])
def test_ctrl_c_keeps_the_rounds_that_are_over(contender, tmp_path, at, finished):
    def say(text):
        if text.startswith(at):
            raise KeyboardInterrupt

    both, data = [contender("a"), contender("b")], tmp_path / "data"
    result = hold(both, Settings(rounds=3), data=data, small=data, say=say)
    assert [sorted(results) for results in result.rounds] == [["a", "b"]] * finished


def test_ctrl_c_in_the_first_round_leaves_nothing_to_tell(contender, tmp_path):
    def say(text):
        if text.startswith("round 1"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hold([contender("a")], Settings(rounds=3), data=tmp_path, small=tmp_path, say=say)


@pytest.mark.parametrize(
    ("environment", "present"),
    [
        (Fake(name="b"), False),
        (Fake(name="b", here=True), True),
        (Fake(name="b", light=True), True),
    ],
    ids=["heavy", "there", "light"],
)
def test_a_quick_one_makes_only_light_environments(contender, tmp_path, environment, present):
    result, _ = contest([contender("b", environment=environment)], tmp_path, rounds=1, quick=True)
    assert ("b" in result.rounds[0]) == present
    if not present:
        assert result.absent["b"].startswith("its environment is not made yet")


def test_one_that_fails_is_absent_from_then_on(contender, tmp_path):
    program = PROGRAM + "if '2' in rest: raise RuntimeError('out of luck')\n"
    result, said = contest([contender("a"), contender("b", program)], tmp_path, rounds=3, seeds=3)
    assert [sorted(results) for results in result.rounds] == [["a", "b"], ["a"], ["a"]]
    assert result.absent == {"b": "RuntimeError: out of luck"}
    assert "round 2 of 3: b failed: RuntimeError: out of luck" in said


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import sys; sys.exit(7)", "it ended with status 7"),
        ("import os; os.kill(os.getpid(), 9)", "signal 9 ended it"),
        ("print('done')", "it printed no result"),
        ("", "it printed no result"),
    ],
    ids=["status", "killed", "no JSON", "nothing"],
)
def test_a_program_without_a_result_fails(contender, tmp_path, program, reason):
    with pytest.raises(Failed) as caught:
        execute(
            contender("a", program),
            PYTHON,
            data=tmp_path,
            seed=1,
            threads=1,
            quick=False,
        )
    assert str(caught.value) == reason


def test_only_seqkits_own_programs_find_this_checkout(contender, tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "elsewhere")
    program = "import json, os; print(json.dumps({'path': os.environ.get('PYTHONPATH')}))"
    arguments = {"data": tmp_path, "seed": 1, "threads": 1, "quick": False}
    ours = execute(contender("a", program), PYTHON, **arguments)
    peer = contender("b", program, Fake(name="b"))
    theirs = execute(peer, PYTHON, **arguments)
    assert ours.said["path"] == str(ROOT)
    assert theirs.said["path"] is None
