"""What every command of the ``seqkit`` group must do before it does anything."""

from __future__ import annotations

from typing import ClassVar

from seqkit.testing.contract import Contract, ContractError
from seqkit.testing.fresh import run_fresh
from seqkit.testing.running import run

_HELP = """
import sys
from seqkit import lazy
lazy.load(sys.argv[1]).main(["--help"], prog_name=f"seqkit {sys.argv[2]}")
"""


class CommandContract(Contract):
    """The contract of a command; set ``name`` to the word typed after ``seqkit``."""

    kind = "command"

    name: ClassVar[str]

    def test_is_listed(self) -> None:
        """The list of commands shows it with its short help."""
        outcome = run("--help")
        outcome.assert_success()
        listed = " ".join(outcome.output.split())
        if " ".join(self.part.spec.short_help.split()) not in listed:
            raise ContractError(
                f"'seqkit --help' does not show its short help, {self.part.spec.short_help!r}"
            )

    def test_help_explains_it(self) -> None:
        """Asked for help it says how it is used, and ends well."""
        outcome = run(self.name, "--help")
        outcome.assert_success()
        if not outcome.output.startswith(f"Usage: seqkit {self.name}"):
            raise ContractError(f"'seqkit {self.name} --help' begins {outcome.output[:60]!r}")
        if "\n\n  " not in outcome.output.partition("Options:")[0]:
            raise ContractError(
                f"'seqkit {self.name} --help' does not say what it does; give the command a "
                "docstring"
            )

    def test_help_imports_no_torch(self) -> None:
        """Its help comes without importing torch, in a fresh process."""
        fresh = run_fresh(_HELP, self.part.spec.target, self.part.spec.name)
        fresh.require_no_torch("its help")
        if "Usage:" not in fresh.output:
            raise ContractError(f"in a fresh process its help is {fresh.output[:60]!r}")

    def test_unknown_option_is_the_users_error(self) -> None:
        """An option that it does not have ends it with status 2 and one line of error."""
        outcome = run(self.name, "--no-such-option")
        outcome.assert_failure(2)
        if not outcome.errors.startswith("error: ") or outcome.output:
            raise ContractError(
                f"an unknown option prints {outcome.errors[:80]!r} on standard error and "
                f"{outcome.output[:80]!r} on standard output; it must be an error alone"
            )
