"""``seqkit plugins check``: what is checked, how it is shown, and the exit status."""

from __future__ import annotations

import json
from types import SimpleNamespace

import click
import pytest

from seqkit import CellSpec, TokenizerSpec, hookimpl, manager, testing
from seqkit.testing import Contract, ContractError, NotApplicable

CHAR = "seqkit.tokenizers.char:CharTokenizer"


class Odd(Contract):
    """A contract that parts whose name ends in 'bad' do not keep."""

    def test_first(self):
        """It is there."""
        click.echo("a plugin may print")

    def test_second(self):
        """It is good."""
        if self.name.endswith("bad"):
            raise ContractError("it is bad: \x1b[31m1.5\x1b[0m where 1 is asked")

    def test_third(self):
        """It has features."""
        raise NotApplicable("it has no features")


@pytest.fixture(autouse=True)
def ran(monkeypatch) -> list[str]:
    """The kinds whose contracts were run, all of them the one above."""
    kinds = []

    def contract_for(kind):
        kinds.append(kind)
        return Odd

    monkeypatch.setattr(testing, "contract_for", contract_for)
    return kinds


def plugin(name, *, cells=(), tokenizers=()):
    @hookimpl
    def seqkit_register_cells():
        return [CellSpec(name=cell, target=target, summary=cell) for cell, target in cells]

    @hookimpl
    def seqkit_register_tokenizers():
        return [
            TokenizerSpec(name=tokenizer, target=CHAR, summary="characters", lossless=True)
            for tokenizer in tokenizers
        ]

    return SimpleNamespace(
        __name__=name,
        seqkit_register_cells=seqkit_register_cells,
        seqkit_register_tokenizers=seqkit_register_tokenizers,
    )


def test_the_contracts_of_packages_and_parts_are_run_and_those_of_seqkit_are_not(run, ran):
    with manager.isolated([plugin("acme", tokenizers=["good"]), plugin("other", tokenizers=["b"])]):
        result = run("plugins", "check")
    assert (result.exit_code, ran) == (0, ["plugin", "tokenizer", "plugin", "tokenizer"])
    lines = result.stdout.splitlines()
    assert lines[0].startswith("seqkit 0.1.0: ok, ")
    assert lines[1:] == [
        "acme 0: ok, 1 part",
        "other 0: ok, 1 part",
        "",
        "package  part            passed  failed  not applicable",
        "acme     the package          2       0               1",
        "acme     tokenizer good       2       0               1",
        "other    the package          2       0               1",
        "other    tokenizer b          2       0               1",
        "",
        "not applicable:",
        "  acme the package third: it has no features",
        "  acme tokenizer good third: it has no features",
        "  other the package third: it has no features",
        "  other tokenizer b third: it has no features",
    ]
    assert result.stderr == "a plugin may print\n" * 4


def test_a_failure_is_shown_with_what_it_says_and_ends_with_status_1(run):
    with manager.isolated([plugin("acme", tokenizers=["bad"])]):
        result = run("plugins", "check", "tokenizer:bad")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-2:] == [
        "failed:",
        "  acme tokenizer bad second: it is bad: �[31m1.5�[0m where 1 is asked",
    ]


def test_a_name_limits_it(run, ran):
    with manager.isolated([plugin("acme", tokenizers=["good", "bad"])]):
        result = run("plugins", "check", "acme:good")
    assert (result.exit_code, ran) == (0, ["tokenizer"])
    assert result.stdout.startswith("acme 0: ok, 1 part\n\npackage")


def test_a_built_in_part_is_checked_if_it_is_named(run, ran):
    result = run("plugins", "check", "lstm")
    assert (result.exit_code, ran) == (0, ["cell"])
    assert result.stdout.startswith("seqkit 0.1.0: ok, 1 part\n\n")


def test_all_checks_built_in_parts_too(run, ran):
    with manager.isolated():
        result = run("plugins", "check", "--all", "--format", "json")
    parts = json.loads(result.stdout)["parts"]
    assert {"tokenizer", "cell", "head", "reader", "runtime", "command", "callback"} == set(ran)
    assert {part["distribution"] for part in parts} == {"seqkit"}


def test_json_tells_what_became_of_each_check(run):
    with manager.isolated([plugin("acme", tokenizers=["bad"])]):
        result = run("plugins", "check", "bad", "--format", "json")
    assert result.exit_code == 1
    assert json.loads(result.stdout) == {
        "plugins": [
            {"distribution": "acme", "version": "0", "status": "ok", "parts": 1, "problems": []}
        ],
        "parts": [
            {
                "distribution": "acme",
                "kind": "tokenizer",
                "name": "bad",
                "results": [
                    {"check": "first", "status": "passed", "reason": ""},
                    {
                        "check": "second",
                        "status": "failed",
                        "reason": "it is bad: \x1b[31m1.5\x1b[0m where 1 is asked",
                    },
                    {"check": "third", "status": "skipped", "reason": "it has no features"},
                ],
            }
        ],
    }


def test_a_part_that_can_not_be_loaded_is_told_once(run, ran):
    nowhere = plugin("acme", cells=[("lost", "acme_nowhere:Cell")], tokenizers=["good"])
    with manager.isolated([nowhere]):
        result = run("plugins", "check", "acme")
    assert (result.exit_code, ran) == (1, ["plugin", "tokenizer"])
    assert result.stdout.startswith(
        "acme 0: failed\n"
        "  cell 'lost': 'acme_nowhere:Cell' can't be imported. No module named 'acme_nowhere'.\n"
    )


def test_a_package_that_is_set_aside_is_a_failure(run, ran):
    with manager.isolated([SimpleNamespace(__name__="acme")]):
        result = run("plugins", "check", "acme")
    assert (result.exit_code, ran) == (1, [])
    assert result.stdout == (
        "acme 0: failed\n  it implements no hook: mark its functions with @seqkit.hookimpl\n"
    )


def test_an_unknown_name_is_the_users_mistake(run):
    result = run("plugins", "check", "lstn")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: Nothing is called 'lstn'. Did you mean 'lstm'?")


def test_a_name_and_all_exclude_each_other(run):
    result = run("plugins", "check", "lstm", "--all")
    assert result.exit_code == 2
    assert result.stderr == "error: --all goes without a name. Leave out --all or 'lstm'.\n"
