"""What a recurrent cell must do: by itself, in an encoder, under every head, and in ONNX."""

from __future__ import annotations

import functools
import math
import tempfile
from pathlib import Path

import torch
from torch import Tensor

from seqkit import recipe as recipes
from seqkit.nn.dropout import WeightDropout, set_generator
from seqkit.nn.encoder import Encoder
from seqkit.testing import parity, tiny
from seqkit.testing.cell_equations import B, CellEquations, T
from seqkit.testing.contract import ContractError, NotApplicable
from seqkit.testing.networks import learn, make_network, parameters_of, random_batch
from seqkit.testing.numbers import (
    draw,
    fill,
    flat,
    generator,
    nudge,
    repeatable_modes,
    require_close,
)

#: Steps of each sequence in a padded batch.
LENGTHS = (T, 3, 1)


class CellContract(CellEquations):
    """The contract of :class:`seqkit.cells.base.Cell`; set ``name`` to the cell's."""

    def encoder(self, *, layers: int = 2, bidirectional: bool = True) -> Encoder:
        """A stack of the cell, as training leaves it, in double precision."""
        with torch.random.fork_rng(devices=()):
            encoder = Encoder(
                functools.partial(self.load(), options=self.checked_options()),
                self.input_size,
                self.hidden_size,
                layers=layers,
                bidirectional=bidirectional,
            )
        fill(encoder, 0.0)
        encoder.reset_parameters(generator(1))
        nudge(encoder)
        return encoder.double()

    def test_padding_changes_nothing(self) -> None:
        """What stands after a sequence's end, and how much, reaches no output and no state."""
        x, lengths = self.inputs(), torch.tensor(LENGTHS)
        for directions in (1, 2):
            made = self.encoder(bidirectional=directions == 2)
            for mode, encoder in repeatable_modes(made, x, lengths):
                where = f"in {mode}, with {directions} direction{'s' * (directions == 2)}"
                self._require_unpadded(encoder, x, where)

    def _require_unpadded(self, encoder: Encoder, x: Tensor, where: str) -> None:
        """Hold padded batches against each sequence alone."""
        lengths = torch.tensor(LENGTHS)
        alone = [encoder.run(x[:n, b : b + 1], lengths[b : b + 1]) for b, n in enumerate(LENGTHS)]
        for filling in (0.0, 1e30, float("inf")):
            for more in (0, 4):
                padded = torch.full((T + more, B, self.input_size), filling, dtype=x.dtype)
                for b, n in enumerate(LENGTHS):
                    padded[:n, b] = x[:n, b]
                y, state = encoder.run(padded, lengths)
                for b, n in enumerate(LENGTHS):
                    what = f"with {T + more - n} steps of padding ({filling:g}) {where}"
                    for name, outputs in (("run", y), ("forward", encoder(padded, lengths))):
                        require_close(
                            outputs[:n, b : b + 1],
                            alone[b][0],
                            f"outputs of Encoder.{name} differ {what}",
                        )
                    for got, wanted in zip(flat(state), flat(alone[b][1]), strict=True):
                        require_close(got[b : b + 1], wanted, f"the final state differs {what}")

    def test_gradients_of_padding_are_finite(self) -> None:
        """An infinity in the padding makes no gradient infinite."""
        encoder = self.encoder()
        x = self.inputs()
        x[torch.arange(T).unsqueeze(1) >= torch.tensor(LENGTHS)] = torch.inf
        trained = {n: p for n, p in encoder.named_parameters() if p.requires_grad}
        if not trained:
            raise NotApplicable("none of its parameters is trained")
        y = encoder(x, torch.tensor(LENGTHS))
        loss = (y * draw(*y.shape)).sum()
        gradients = torch.autograd.grad(loss, list(trained.values()), allow_unused=True)
        for name, gradient in zip(trained, gradients, strict=True):
            if gradient is not None and not gradient.isfinite().all():
                raise ContractError(f"an infinity in the padding reaches the gradient of '{name}'")

    def test_recurrent_weights_can_be_dropped(self) -> None:
        """The cell computes with what weight dropout leaves of the weights that it names."""
        cell = self.made()
        if not cell.recurrent_weights:
            raise NotApplicable("it names no recurrent weights")
        names = {name for name, _ in cell.named_parameters(recurse=False)}
        if missing := sorted(set(cell.recurrent_weights) - names):
            raise ContractError(
                f"recurrent_weights names '{missing[0]}', which is no parameter of it"
            )
        dropout, x, state = WeightDropout(0.5), self.inputs(), self.state(cell)
        set_generator(dropout, generator(3))
        with dropout.dropped([cell]):
            left = {name: getattr(cell, name).clone() for name in cell.recurrent_weights}
            dropped = cell(x, state)
        with torch.no_grad():
            for name, weight in left.items():
                cell.get_parameter(name).copy_(weight)
        for got, wanted in zip(flat(dropped), flat(cell(x, state)), strict=True):
            require_close(got, wanted, "it does not compute with what is left of its weights")

    def test_trains_under_every_head(self) -> None:
        """Stacked, in both directions where the head allows, it makes a step with a finite loss."""
        for task in tiny.TASKS:
            recipe = recipes.parse(
                {
                    "cell": self.table(),
                    "embedding": {"size": self.input_size},
                    "encoder": {
                        "hidden_size": self.hidden_size,
                        "layers": 2,
                        "bidirectional": task != "generation",
                    },
                    "head": {"name": task},
                }
            )
            network = make_network(recipe)
            before = parameters_of(network.encoder)
            losses = learn(network, random_batch(recipe), recipe.training, steps=2)
            for when, loss in zip(("first", "second"), losses, strict=True):
                if not math.isfinite(loss):
                    raise ContractError(f"the loss of the {when} step under {task} is {loss}")
            after = parameters_of(network.encoder)
            if before and all(torch.equal(before[name], after[name]) for name in before):
                raise ContractError(f"two steps of training under {task} move none of its weights")

    def test_lowering_equals_torch(self) -> None:
        """Where its spec names a lowering, the ONNX graph gives torch's numbers."""
        if not self.part.spec.lowering:
            raise NotApplicable("its spec names no lowering, so that torch alone runs it")
        with tempfile.TemporaryDirectory() as folder:
            for task in ("classification", "generation"):
                path = tiny.train(
                    task,
                    Path(folder, task),
                    cell=self.table(),
                    encoder={"layers": 2, "bidirectional": task == "classification"},
                    embedding={"size": self.input_size},
                )
                tiny.jolt(path)
                parity.require_equal_to_torch("onnx", path, tolerance=1e-5)
