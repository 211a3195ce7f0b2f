"""What every model that a package installs must do."""

from __future__ import annotations

from typing import Any, ClassVar

from seqkit import api
from seqkit.bundle.load import open_bundle
from seqkit.bundle.manifest import CARD
from seqkit.examples import TextExample
from seqkit.model import TextModel
from seqkit.testing.contract import Contract, ContractError


class ModelContract(Contract):
    """The contract of an installed model; set ``name`` to the model's.

    Attributes:
        text: What it is tried on.
    """

    kind = "model"

    text: ClassVar[str] = "The old house stood near the river."

    def model(self) -> TextModel:
        """The model, to predict on one thread."""
        return api.load(self.part.qualified, threads=1)

    def test_is_what_its_spec_says(self) -> None:
        """The bundle opens, and has the task and the language of the spec."""
        spec, manifest = self.part.spec, open_bundle(self.part.spec.path).manifest
        for what, declared, found in (
            ("task", spec.task, manifest.task),
            ("language", spec.language, manifest.language),
        ):
            if declared != found:
                raise ContractError(f"its spec says the {what} '{declared}', its bundle '{found}'")

    def test_has_a_card(self) -> None:
        """A README.md in the bundle says what it is."""
        card = self.part.spec.path / CARD
        if not card.is_file() or not card.read_text(encoding="utf-8").strip():
            raise ContractError(f"{card} is missing or empty; it is the model's card")

    def test_predicts(self) -> None:
        """It gives an answer for its task."""
        with self.model() as model:
            answer = _answer(model, self.text)
        if not answer:
            raise ContractError(f"its answer to {self.text!r} is {answer!r}")

    def test_answers_are_repeatable(self) -> None:
        """Loaded again, it gives the same answer."""
        answers = []
        for _ in range(2):
            with self.model() as model:
                answers.append(_answer(model, self.text))
        if answers[0] != answers[1]:
            raise ContractError(f"it answers {answers[0]!r}, and loaded again {answers[1]!r}")


def _answer(model: TextModel, text: str) -> Any:
    if model.recipe.head_spec.arity == "one-to-many":
        return model.generate(text, tokens=20, random_seed=1)[0].text
    return next(model.predict([TextExample(text, "")]))
