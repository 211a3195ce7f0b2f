"""Checks run without pytest, and what pytest makes of them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from seqkit import registry
from seqkit.errors import PluginError
from seqkit.specs import SPEC_CLASSES
from seqkit.testing import (
    CheckResult,
    Contract,
    ContractError,
    NotApplicable,
    checks,
    contract_for,
)

pytest_plugins = ["pytester"]


class Even(Contract):
    """A contract of numbers."""

    kind = "cell"
    number = 2

    def test_is_even(self) -> None:
        """It is even.

        Nothing else is looked at.
        """
        if self.number % 2:
            raise ContractError(f"{self.number} is odd")

    def test_is_small(self) -> None:
        """It is small."""
        if self.number < 0:
            raise NotApplicable("negative numbers have no size")
        if self.number > 9:
            raise KeyError("large")

    def helper(self) -> None:
        raise AssertionError("it is no check")


class EvenAndRound(Even):
    def test_is_round(self) -> None:
        """It is round."""
        if self.number > 1000:
            sys.exit(3)


def outcomes(**attributes) -> list[tuple[str, str, str]]:
    return [(r.name, r.status, r.reason) for r in checks(Even, **attributes)]


def test_each_check_is_run_and_reported():
    assert outcomes() == [("is_even", "passed", ""), ("is_small", "passed", "")]
    assert [r.asks for r in checks(Even)] == ["It is even.", "It is small."]
    assert [r.error for r in checks(Even)] == [None, None]


def test_one_that_fails_does_not_stop_the_rest():
    assert outcomes(number=11) == [
        ("is_even", "failed", "11 is odd"),
        ("is_small", "failed", "it raised KeyError: 'large'"),
    ]


def test_one_that_does_not_apply_has_its_reason():
    assert outcomes(number=-2)[1] == ("is_small", "skipped", "negative numbers have no size")


def test_checks_of_a_subclass_come_after_its_bases():
    results = list(checks(EvenAndRound, number=1002))
    assert [r.name for r in results] == ["is_even", "is_small", "is_round"]
    assert results[2].status == "failed"
    assert results[2].reason == "it raised SystemExit: 3"


def test_an_interrupt_is_not_held_up():
    class Interrupted(Contract):
        def test_it(self) -> None:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        next(checks(Interrupted))


def test_the_class_itself_is_left_as_it_was():
    list(checks(Even, name="seven", number=7))
    assert (Even.name, Even.number) == ("", 2)


def test_an_attribute_that_there_is_not_is_refused():
    with pytest.raises(TypeError, match="Even has no attribute 'nmber'"):
        next(checks(Even, nmber=3))


def test_a_result_without_an_error_passed():
    assert CheckResult("it", "asks").status == "passed"


def test_every_kind_but_kernels_has_a_contract():
    for kind in SPEC_CLASSES:
        if kind != "kernel":
            assert contract_for(kind).kind == kind
    assert contract_for("plugin").kind == "plugin"
    with pytest.raises(PluginError, match="Did you mean 'cell'"):
        contract_for("cells")


def test_a_part_that_there_is_not_is_an_error():
    with pytest.raises(PluginError, match="Did you mean 'lstm'"):
        _ = type("Lost", (Even,), {"name": "lstn"})().part


def test_options_that_are_not_the_parts_are_told():
    with pytest.raises(ContractError, match="does not take the options"):
        type("Odd", (Even,), {"name": "gru", "options": {"reset": "never"}})().checked_options()


def test_options_are_laid_over_the_defaults():
    contract = type("Odd", (Even,), {"name": "gru", "options": {"reset": "before"}})()
    assert contract.checked_options() == registry.find("cell", "gru").spec.options(reset="before")
    assert contract.table() == {"name": "gru", "reset": "before"}


TEST_FILE = """
from seqkit.testing import Contract, ContractError, NotApplicable

class EvenContract(Contract):
    def test_is_even(self):
        if self.number % 2:
            raise ContractError(f"{self.number} is odd")

    def test_is_small(self):
        raise NotApplicable("nobody knows")

class TestTwo(EvenContract):
    number = 2

class TestThree(EvenContract):
    number = 3
"""


def test_pytest_finds_checks_and_skips_those_that_do_not_apply(pytester):
    pytester.makepyfile(TEST_FILE)
    result = pytester.runpytest_inprocess("-rs")
    result.assert_outcomes(passed=1, failed=1, skipped=2)
    result.stdout.fnmatch_lines(["*ContractError: 3 is odd", "*nobody knows"])


def test_neither_pytest_nor_torch_is_needed_to_run_checks():
    code = (
        "import sys; sys.modules['pytest'] = sys.modules['torch'] = None\n"
        "from seqkit.testing import checks, ReaderContract\n"
        "for result in checks(ReaderContract, name='text', good=b'a b', count=1):\n"
        "    if result.status == 'passed': print(result.name)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert "reads_every_example\n" in done.stdout
