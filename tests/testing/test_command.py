"""The commands that are built in keep their contract, and others are caught by the right check."""

from __future__ import annotations

import pytest

from seqkit.specs import CommandSpec
from seqkit.testing import CommandContract


class TestTrain(CommandContract):
    name = "train"


class TestClassify(CommandContract):
    name = "classify"


class TestPlugins(CommandContract):
    name = "plugins"


def spec(target: str) -> CommandSpec:
    name = target.partition(":")[2]
    return CommandSpec(name=name, target=target, short_help="Count what there is.")


def test_a_command_of_its_own_passes(failures):
    assert failures(CommandContract, spec("sample_commands:count")) == {}


@pytest.mark.parametrize(
    ("target", "check", "said"),
    [
        (
            "sample_commands:silent",
            "help_explains_it",
            "'seqkit silent --help' does not say what it does; give the command a docstring",
        ),
        (
            "sample_commands:lenient",
            "unknown_option_is_the_users_error",
            "seqkit lenient --no-such-option: status 0, not 2\n1",
        ),
        ("heavy_commands:heavy", "help_imports_no_torch", "its help imports torch, at "),
    ],
)
@pytest.mark.usefixtures("_light_torch")
def test_a_broken_command_fails_the_check_of_what_is_broken(failures, target, check, said):
    found = failures(CommandContract, spec(target))
    assert found.pop(check).startswith(said)
    assert found == {}


def test_a_command_that_there_is_not_is_told(failures):
    found = failures(CommandContract, spec("sample_commands:missing"))
    assert "sample_commands:missing' does not exist" in found["help_explains_it"]
