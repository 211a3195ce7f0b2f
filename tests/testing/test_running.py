"""Commands run in this process."""

from __future__ import annotations

import sys

import pytest

from seqkit.testing.running import Outcome, run


def test_words_output_and_status_are_those_of_the_program():
    outcome = run("--version")
    assert (outcome.command, outcome.status, outcome.errors) == ("seqkit --version", 0, "")
    assert outcome.output.startswith("seqkit, version ")


def test_streams_are_put_back():
    before = sys.stdin, sys.stdout, sys.stderr
    run("--no-such-option")
    assert (sys.stdin, sys.stdout, sys.stderr) == before


def test_input_is_text_or_bytes(tmp_path):
    path = tmp_path / "recipe.toml"
    path.write_text('[head]\nname = "tagging"\n', encoding="utf-8")
    for given in ("", b""):
        assert run("recipe", "show", path, input=given).status == run("recipe", "show", path).status


def test_json_is_one_value_or_one_a_line():
    assert Outcome("seqkit", 0, '{"a": 1}\n', "").json() == {"a": 1}
    assert Outcome("seqkit", 0, '{"a": 1}\n{"b": 2}\n', "").json() == [{"a": 1}, {"b": 2}]


def test_what_a_failure_said_stands_in_the_message():
    outcome = Outcome("seqkit tag", 2, "", "error: no model.\n")
    with pytest.raises(AssertionError, match=r"seqkit tag: status 2\nerror: no model\."):
        outcome.assert_success()
    with pytest.raises(AssertionError, match=r"seqkit tag: status 2, not 1\nerror: no model\."):
        outcome.assert_failure(1)
    outcome.assert_failure(2)
