"""What a contract is, and how its checks are run without pytest."""

from __future__ import annotations

import inspect
import unittest
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from seqkit import lazy, registry
from seqkit.errors import PluginError, did_you_mean
from seqkit.registry import Registered
from seqkit.specs import Options

#: The contract of each kind of part, and of a whole distribution.
CONTRACTS = {
    "plugin": "seqkit.testing.plugin:PluginContract",
    "tokenizer": "seqkit.testing.tokenizer:TokenizerContract",
    "cell": "seqkit.testing.cell:CellContract",
    "head": "seqkit.testing.head:HeadContract",
    "reader": "seqkit.testing.reader:ReaderContract",
    "runtime": "seqkit.testing.runtime:RuntimeContract",
    "model": "seqkit.testing.model:ModelContract",
    "command": "seqkit.testing.command:CommandContract",
    "callback": "seqkit.testing.callback:CallbackContract",
}


class ContractError(AssertionError):
    """A part does not keep its contract; the message says what it does and what is asked."""


class NotApplicable(unittest.SkipTest):
    """A check has nothing to check here; pytest reports it as skipped, with this reason.

    A subclass of a contract that can't keep one of its promises for a good reason overrides that
    check and raises this, so that the reason stands in every report.
    """


class Contract:
    """Checks of one part: methods called ``test_...``, each with a sentence of what it asks.

    Each raises :class:`ContractError`, :class:`NotApplicable`, or whatever the part itself raises.

    Attributes:
        name: What chooses the part: ``mgu`` or ``acme-cells:mgu``.
        options: The part's options where they are not the defaults, as a recipe writes them.
    """

    kind: ClassVar[str] = ""

    name: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Any]] = {}

    @property
    def part(self) -> Registered:
        """The part as it is registered.

        Raises:
            PluginError: There is none of that name.
        """
        return registry.find(self.kind, self.name)

    def load(self) -> Any:
        """What the part's spec names as its target."""
        return lazy.load(self.part.spec.target)

    def checked_options(self) -> Options:
        """The part's options class, made from :attr:`options`.

        Raises:
            ContractError: They are not options of the part.
        """
        import msgspec

        cls: type[Options] = self.part.spec.options
        try:
            return msgspec.convert(dict(self.options), cls)
        except msgspec.ValidationError as error:
            raise ContractError(
                f"the {self.kind} '{self.name}' does not take the options {dict(self.options)}: "
                f"{error}"
            ) from error

    def table(self) -> dict[str, Any]:
        """The section of a recipe that chooses the part with its options."""
        return {"name": self.name, **self.options}


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What became of one check.

    Attributes:
        name: The check's method, without ``test_``.
        asks: What it asks, in one line.
        error: What it raised; none where it passed.
    """

    name: str
    asks: str
    error: BaseException | None = None

    @property
    def status(self) -> Literal["passed", "failed", "skipped"]:
        """``skipped`` is a check that does not apply."""
        if self.error is None:
            return "passed"
        return "skipped" if isinstance(self.error, NotApplicable) else "failed"

    @property
    def reason(self) -> str:
        """Why it failed or does not apply, in words; empty where it passed."""
        if self.error is None:
            return ""
        said = str(self.error)
        if isinstance(self.error, AssertionError | NotApplicable):
            return said
        kind = type(self.error).__name__
        return f"it raised {kind}: {said}" if said else f"it raised {kind}"


def checks(contract: type[Contract], *, name: str = "", **attributes: Any) -> Iterator[CheckResult]:
    """Run every check of a contract, one after the other as results are asked for.

    Args:
        contract: A contract, or a subclass that says more about the part.
        name: What chooses the part; the contract's own where it is empty.
        attributes: Other class attributes of the contract, such as ``options``.

    Raises:
        TypeError: The contract has no such attribute.
    """
    for attribute in attributes:
        if not hasattr(contract, attribute):
            raise TypeError(f"{contract.__name__} has no attribute '{attribute}'")
    given = {**attributes, "name": name or contract.name}
    named = type(contract.__name__, (contract,), {**given, "__module__": contract.__module__})
    for check in _check_names(contract):
        method = getattr(named(), check)
        asks = (inspect.getdoc(method) or "").partition("\n")[0]
        error: BaseException | None = None
        try:
            method()
        # a plugin's part may do anything, sys.exit() too; an interrupt still ends the run
        except (Exception, SystemExit) as raised:  # noqa: BLE001
            error = raised
        yield CheckResult(check.removeprefix("test_"), asks, error)


def contract_for(kind: str) -> type[Contract]:
    """The contract of a kind of part, or of a whole distribution, whose kind is ``plugin``.

    Raises:
        PluginError: There is none for it.
    """
    if kind not in CONTRACTS:
        raise PluginError(
            f"There is no contract for the kind '{kind}'", fix=did_you_mean(kind, CONTRACTS)
        )
    contract: type[Contract] = lazy.load(CONTRACTS[kind])
    return contract


def _check_names(contract: type[Contract]) -> list[str]:
    """The checks in the order in which they are written, a base class's first."""
    found: dict[str, None] = {}
    for cls in reversed(contract.__mro__):
        found |= dict.fromkeys(name for name in vars(cls) if name.startswith("test_"))
    return [name for name in found if callable(getattr(contract, name))]
