"""What every observer of training must do."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import ClassVar

from seqkit.bundle.load import open_bundle
from seqkit.testing import tiny
from seqkit.testing.contract import Contract, ContractError
from seqkit.training.callbacks import Callback
from seqkit.training.events import Event


class Unheard(Event, frozen=True, kw_only=True):
    """An event that no callback has heard of, as a later version of seqkit may have."""


class CallbackContract(Contract):
    """The contract of :class:`seqkit.training.callbacks.Callback`; set ``name`` to the callback's.

    Attributes:
        task: What is trained with it.
    """

    kind = "callback"

    task: ClassVar[str] = "generation"

    def test_is_made_from_its_options(self) -> None:
        """It is made from its options and the bundle's directory, and is a Callback."""
        with tempfile.TemporaryDirectory() as folder:
            made = self.load()(self.checked_options(), Path(folder))
        if not isinstance(made, Callback):
            raise ContractError(
                f"{self.part.spec.target} makes a {type(made).__name__}; a callback is a subclass "
                "of seqkit.training.callbacks.Callback"
            )

    def test_ignores_unknown_events(self) -> None:
        """An event that it does not know makes no difference."""
        with tempfile.TemporaryDirectory() as folder:
            made = self.load()(self.checked_options(), Path(folder))
            try:
                made.on_event(Unheard())
            except Exception as error:
                raise ContractError(
                    f"an event that it does not know raises {type(error).__name__}: {error}; look "
                    "at the event's class and ignore the others"
                ) from error
            if left := sorted(path.name for path in Path(folder).iterdir()):
                raise ContractError(f"an event that it does not know makes it write {left[0]}")

    def test_training_runs_with_it(self) -> None:
        """A model is trained with it, and its options stand in the bundle's recipe."""
        with tempfile.TemporaryDirectory() as folder:
            path = tiny.train(self.task, Path(folder, "bundle"), callbacks=[self.table()])
            chosen = open_bundle(path).recipe.callbacks
        if [part.options for part in chosen] != [self.checked_options()]:
            raise ContractError(f"the bundle's recipe has the callbacks {chosen}")

    def test_weights_are_the_same_without_it(self) -> None:
        """It watches: the weights are those of training without it, bit for bit."""
        with tempfile.TemporaryDirectory() as folder:
            weights = [
                open_bundle(tiny.train(self.task, Path(folder, name), callbacks=chosen)).weights()
                for name, chosen in (("with", [self.table()]), ("without", []))
            ]
        for name, array in weights[0].items():
            if array.tobytes() != weights[1][name].tobytes():
                raise ContractError(f"training with it gives other weights '{name}'")
