"""What a recurrent cell must do by itself: one layer, one direction."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import ClassVar

import torch
import torch.nn.functional as F
from safetensors.numpy import load, save
from torch import Tensor

from seqkit.cells.base import Cell, State
from seqkit.nn.dropout import set_generator
from seqkit.testing.contract import Contract, ContractError, NotApplicable
from seqkit.testing.numbers import (
    EXACT,
    draw,
    fill,
    flat,
    generator,
    nudge,
    repeatable_modes,
    require_all_close,
    require_close,
    require_shape,
    slope,
    weighted_sum,
)
from seqkit.testing.surroundings import random_states

T, B = 7, 3

#: A cell written another way: the cell, features ``(T, B, I)`` and a state to outputs and state.
Reference = Callable[[Cell, Tensor, State], tuple[Tensor, State]]


class CellEquations(Contract):
    """The checks of a cell by itself; :class:`seqkit.testing.cell.CellContract` has the others.

    Attributes:
        reference: The same cell written another way, which it is held against; none for no such
            check.
        input_size: ``I`` of the cells that are made.
        hidden_size: ``H`` of the cells that are made.
    """

    kind = "cell"

    reference: ClassVar[Reference | None] = None
    input_size: ClassVar[int] = 5
    hidden_size: ClassVar[int] = 4

    def new(self, input_size: int, hidden_size: int) -> Cell:
        """A cell that nothing was drawn for, as an encoder makes it, with zeros throughout."""
        with torch.random.fork_rng(devices=()):  # torch's own layers draw when they are made
            cell = self.load()(input_size, hidden_size, self.checked_options())
        if not isinstance(cell, Cell):
            raise ContractError(
                f"{self.part.spec.target} makes a {type(cell).__name__}; a cell is a subclass of "
                "seqkit.cells.base.Cell"
            )
        fill(cell, 0.0)
        return cell

    def fresh(self, seed: int = 1) -> Cell:
        """A cell as training begins with it."""
        cell = self.new(self.input_size, self.hidden_size)
        cell.reset_parameters(generator(seed))
        set_generator(cell, generator(seed))
        return cell

    def made(self, dtype: torch.dtype = torch.float64) -> Cell:
        """A cell as training leaves it: no parameter at zero."""
        cell = self.fresh()
        nudge(cell)
        return cell.to(dtype).eval()

    def state(self, cell: Cell) -> State:
        """A state that is not the one before the first step."""
        return tuple(
            s + draw(*s.shape, seed=90 + i).to(s.dtype) / 2
            for i, s in enumerate(cell.initial_state(B))
        )

    def inputs(self, steps: int = T, batch: int = B) -> Tensor:
        """Features ``(steps, batch, I)``."""
        return draw(steps, batch, self.input_size, seed=steps)

    @property
    def names(self) -> list[str]:
        """What messages call the outputs and each tensor of the state."""
        return ["outputs", *(f"state {name}" for name in self.part.spec.states)]

    def test_shapes(self) -> None:
        """Outputs are (T, B, H) and each of the spec's states (B, H), for T=1 and B=1 too."""
        cell, H = self.made(), self.hidden_size
        declared = self.part.spec.states
        for steps, batch in ((1, 1), (T, 1), (1, B), (T, B)):
            at = f"for T={steps} and B={batch}"
            begun = cell.initial_state(batch)
            y, state = cell(self.inputs(steps, batch))
            y_step, state_step = cell.step(self.inputs(steps, batch)[0], begun)
            for what, tensor, shape in (
                (f"outputs {at}", y, (steps, batch, H)),
                (f"the output of a step {at}", y_step, (batch, H)),
            ):
                require_shape(what, tensor, shape)
            for what, tensors in (
                ("initial_state", begun),
                ("the state after forward", state),
                ("the state after step", state_step),
            ):
                if not isinstance(tensors, tuple) or len(tensors) != len(declared):
                    raise ContractError(
                        f"{what} {at} is {_kind(tensors)}; its spec declares the states {declared}"
                    )
                for name, tensor in zip(declared, tensors, strict=True):
                    require_shape(f"{name} of {what} {at}", tensor, (batch, H))

    def test_weights_follow_from_the_generator(self) -> None:
        """reset_parameters draws every parameter, the same from the same seed, whatever was."""
        first = self.new(self.input_size, self.hidden_size)
        fill(first, math.nan)
        first.reset_parameters(generator(5))
        second = self.made(torch.float32)
        for name, parameter in first.named_parameters():
            if not parameter.isfinite().all():
                raise ContractError(f"reset_parameters does not set every number of '{name}'")
        second.reset_parameters(generator(5))
        for name, tensor in first.state_dict().items():
            if not torch.equal(tensor, second.state_dict()[name]):
                raise ContractError(
                    f"'{name}' differs after reset_parameters with the same seed; all of it must "
                    "be drawn anew from the generator that is handed in"
                )

    def test_leaves_global_generators_alone(self) -> None:
        """Nothing is drawn from the generators that all code shares."""
        cell = self.new(self.input_size, self.hidden_size)

        def reset() -> None:
            cell.reset_parameters(generator(1))
            set_generator(cell, generator(1))

        actions: dict[str, Callable[[], object]] = {
            "reset_parameters": reset,
            "forward in training": lambda: cell.train()(self.inputs().float()),
            "forward in evaluation": lambda: cell.eval()(self.inputs().float()),
            "step": lambda: cell.step(self.inputs()[0].float(), cell.initial_state(B)),
        }
        for what, act in actions.items():
            before = random_states()
            act()
            for owner, state in random_states().items():
                if state != before.get(owner, state):
                    raise ContractError(
                        f"{what} draws from {owner}'s global generator; draw from the one that "
                        "reset_parameters is given"
                    )

    def test_forward_equals_repeated_steps(self) -> None:
        """Forward over T steps gives what T calls of step give."""
        cell = self.made()
        for steps in (1, T):
            x, state = self.inputs(steps), self.state(cell)
            whole = cell(x, state)
            require_all_close(
                flat(whole),
                flat(Cell.forward(cell, x, state)),
                self.names,
                f"forward over {steps} steps differs from step repeated",
            )

    def test_goes_on_from_a_carried_state(self) -> None:
        """A sequence cut in two, with the state carried over, gives what the whole does."""
        cell, x = self.made(), self.inputs()
        y, state = cell(x)
        begun = cell(x, cell.initial_state(B))
        require_all_close(
            flat(begun), flat((y, state)), self.names, "without a state it must begin at the first"
        )
        for cut in (1, 3, T - 1):
            first, carried = cell(x[:cut])
            second, carried = cell(x[cut:], carried)
            require_all_close(
                flat((torch.cat([first, second]), carried)),
                flat((y, state)),
                self.names,
                f"cut after step {cut} it differs from the whole sequence",
            )

    def test_leaves_its_arguments_alone(self) -> None:
        """Neither the input nor the state that it is given is changed."""
        cell, x = self.made(), self.inputs()
        for what in ("forward", "step"):
            given = [x.clone(), *(s.clone() for s in self.state(cell))]
            before = [tensor.clone() for tensor in given]
            run = cell.forward if what == "forward" else cell.step
            run(given[0] if what == "forward" else given[0][0], tuple(given[1:]))
            for name, tensor, was in zip(["input", *self.names[1:]], given, before, strict=True):
                if not torch.equal(tensor, was):
                    raise ContractError(f"{what} changes the {name} that it is given")

    def test_batch_equals_singles(self) -> None:
        """What else stands in a batch makes no difference."""
        x = self.inputs()
        for mode, cell in repeatable_modes(self.made(), x):
            state = self.state(cell)
            together = flat(cell(x, state))
            for b in range(B):
                alone = flat(cell(x[:, b : b + 1], tuple(s[b : b + 1] for s in state)))
                require_all_close(
                    [tensor[..., b : b + 1, :] for tensor in together],
                    alone,
                    self.names,
                    f"sequence {b} in a batch of {B} differs from itself alone, in {mode}",
                )

    def test_every_parameter_gets_a_gradient(self) -> None:
        """The gradient of each parameter is finite and not zero."""
        cell = self.made()
        trained = {n: p for n, p in cell.named_parameters() if p.requires_grad}
        if not trained:
            raise NotApplicable("none of its parameters is trained")
        loss = weighted_sum(flat(cell(self.inputs(), self.state(cell))))
        gradients = torch.autograd.grad(loss, list(trained.values()), allow_unused=True)
        for name, gradient in zip(trained, gradients, strict=True):
            if gradient is None or not gradient.any():
                raise ContractError(
                    f"'{name}' gets no gradient: neither outputs nor states depend on it"
                )
            if not gradient.isfinite().all():
                raise ContractError(f"the gradient of '{name}' is no finite number")

    def test_gradients_are_right(self) -> None:
        """Gradients agree with finite differences, for parameters, input and state."""
        cell = self.made()
        x, state = self.inputs(4), self.state(cell)
        leaves = {
            **{f"'{n}'": p for n, p in cell.named_parameters() if p.requires_grad},
            "the input": x.requires_grad_(),
            **dict(zip(self.names[1:], (s.requires_grad_() for s in state), strict=True)),
        }

        def loss() -> Tensor:
            return weighted_sum(flat(cell(x, state)))

        gradients = torch.autograd.grad(loss(), list(leaves.values()), allow_unused=True)
        for (name, leaf), gradient in zip(leaves.items(), gradients, strict=True):
            for seed in (1, 2):
                along = draw(*leaf.shape, seed=seed)
                said = torch.zeros(()) if gradient is None else (gradient * along).sum()
                require_close(
                    said,
                    slope(loss, leaf, along),
                    f"the gradient of {name} differs from finite differences",
                    tolerance=1e-5,
                )

    def test_equals_its_reference(self) -> None:
        """Outputs and states are those of the reference, where the contract names one."""
        reference = type(self).reference
        if reference is None:
            raise NotApplicable("the contract names no reference to hold it against")
        cell = self.made()
        x, state = self.inputs(), self.state(cell)
        require_all_close(
            flat(cell(x, state)),
            flat(reference(cell, x, state)),
            self.names,
            "it differs from its reference",
        )

    def test_saved_weights_give_the_same(self) -> None:
        """A new cell with the saved weights gives the same outputs."""
        cell, again = self.made(torch.float32), self.new(self.input_size, self.hidden_size).eval()
        content = save({name: tensor.numpy() for name, tensor in cell.state_dict().items()})
        weights = {name: torch.from_numpy(array) for name, array in load(content).items()}
        again.load_state_dict(weights, assign=True)
        x = self.inputs().float()
        require_all_close(
            flat(again(x)), flat(cell(x)), self.names, "loaded weights give another result"
        )

    def test_other_precisions(self) -> None:
        """float32, float64 and bfloat16 stay what they are, and give nearly the same."""
        for dtype, tolerance in (
            (torch.float64, EXACT),
            (torch.float32, 1e-4),
            (torch.bfloat16, 0.05),
        ):
            cell, x = self.made(dtype), self.inputs().to(dtype)
            found, exact = flat(cell(x)), flat(self.made_from(cell)(x.double()))
            for name, tensor, wanted in zip(self.names, found, exact, strict=True):
                if tensor.dtype != dtype:
                    raise ContractError(
                        f"{name} are {tensor.dtype} where input and weights are {dtype}"
                    )
                require_close(tensor, wanted, f"{name} in {dtype}", tolerance=tolerance)

    def made_from(self, cell: Cell) -> Cell:
        """The same cell in double precision, with its parameters as they were rounded."""
        exact = self.made()
        exact.load_state_dict(cell.state_dict())
        return exact

    def test_ids_equal_one_hot_vectors(self) -> None:
        """A cell that takes ids gives for them what it gives for one-hot vectors."""
        cell = self.made()
        if not cell.takes_ids:
            raise NotApplicable("it takes no ids")
        ids = torch.randint(self.input_size, (T, B), generator=generator(3))
        vectors = F.one_hot(ids, self.input_size).double()
        state, wanted = self.state(cell), cell(vectors, self.state(cell))
        for what, found in (
            ("forward", cell(ids, state)),
            ("step", Cell.forward(cell, ids, state)),
        ):
            require_all_close(
                flat(found), flat(wanted), self.names, f"ids differ from vectors in {what}"
            )


def _kind(state: object) -> str:
    return f"a tuple of {len(state)}" if isinstance(state, tuple) else f"a {type(state).__name__}"
