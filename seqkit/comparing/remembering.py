"""One cell trained on a memory task at one distance."""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable

import msgspec
import torch
from torch import Tensor, nn

from seqkit import lazy, registry
from seqkit.comparing.memory_tasks import TASKS, MemoryTask
from seqkit.comparing.sizes import nearest_size
from seqkit.nn.encoder import Encoder
from seqkit.training.optimizers import clip_norm

#: Sequences a step, and to score by, which are the same for all.
_BATCH, _SCORED = 32, 256
#: Steps between two scores.
EVERY = 100
#: Accuracy at which a task is learnt, so that training can end.
_SOLVED = 0.995
_LEARNING_RATE, _CLIP_NORM = 0.003, 1.0


class MemoryRecord(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How well a cell remembers over one distance.

    Attributes:
        cell: Its name.
        distance: How far back it had to remember.
        random_seed: Of its weights and its data.
        loss: When the accuracy was at its best; none before the first score.
        accuracy: At its best.
        steps: Steps of training.
        seconds: Their wall time.
        problem: Why training failed; empty where it did not.
    """

    cell: str
    distance: int
    random_seed: int
    loss: float | None = None
    accuracy: float = 0.0
    steps: int = 0
    seconds: float = 0.0
    problem: str = ""


class Rememberer(nn.Module):
    """A cell in the encoder, and a linear layer that reads it at each step.

    Args:
        cell: Its name; it has its default options.
        task: What it is for.
        hidden_size: ``H``.
    """

    def __init__(self, cell: str, task: MemoryTask, hidden_size: int) -> None:
        super().__init__()
        spec = registry.find("cell", cell).spec
        made = functools.partial(lazy.load(spec.target), options=spec.options())
        with torch.random.fork_rng(devices=()):  # a linear layer draws when it is made
            self.encoder = Encoder(made, task.input_size, hidden_size)
            self.output = nn.Linear(hidden_size, task.output_size)

    def reset_parameters(self, generator: torch.Generator) -> None:
        """Draw all parameters anew."""
        self.encoder.reset_parameters(generator)
        nn.init.xavier_uniform_(self.output.weight, generator=generator)
        nn.init.zeros_(self.output.bias)

    def forward(self, x: Tensor) -> Tensor:
        """``(T, B, I)`` to ``(T, B, O)``."""
        lengths = torch.full((x.shape[1],), len(x))
        outputs: Tensor = self.output(self.encoder(x, lengths))
        return outputs


def parameters(cell: str, task: str, hidden_size: int) -> int:
    """How many numbers the network of a cell trains, without drawing any."""
    with torch.device("meta"):
        network = Rememberer(cell, TASKS[task], hidden_size)
    return sum(p.numel() for p in network.parameters())


def hidden_size(cell: str, task: str, target: int) -> int:
    """The hidden size that brings a cell's network nearest to a number of parameters."""
    return nearest_size(functools.partial(parameters, cell, task), target)


def remember(
    cell: str,
    task: str,
    *,
    distance: int,
    hidden_size: int,
    random_seed: int,
    steps: int,
    tell: Callable[[int, float], None],
) -> MemoryRecord:
    """Train a cell at a distance until it has learnt the task or the steps are done.

    Args:
        cell: Its name.
        task: A key of :data:`seqkit.comparing.memory_tasks.TASKS`.
        distance: How far back it must remember.
        hidden_size: Features of each step.
        random_seed: Draws its weights and what it is trained on; what it is scored on is the
            same for every cell and seed.
        steps: Steps of training at most, each on 32 new sequences.
        tell: Is told of the step and its loss, each time before a score is taken.

    Returns:
        The best of the scores that are taken every 100 steps on 256 sequences.
    """
    chosen, began = TASKS[task], time.perf_counter()
    generator = torch.Generator().manual_seed(random_seed)
    network = Rememberer(cell, chosen, hidden_size)
    network.reset_parameters(generator)
    optimizer = torch.optim.Adam(network.parameters(), lr=_LEARNING_RATE)
    scored = chosen.draw(distance, _SCORED, torch.Generator().manual_seed(distance))
    best = MemoryRecord(cell=cell, distance=distance, random_seed=random_seed)
    step = 0
    for step in range(1, steps + 1):
        loss = _step(network, chosen, optimizer, chosen.draw(distance, _BATCH, generator))
        accuracy = best.accuracy
        if due := step % EVERY == 0 or step == steps:
            tell(step, loss)
            with torch.no_grad():
                outputs = network(scored[0])
                loss = float(chosen.loss(outputs, scored[1]))
            accuracy = chosen.accuracy(outputs, scored[1])
        if not math.isfinite(loss):
            problem = f"the loss is {loss} at step {step}"
            return msgspec.structs.replace(best, problem=problem)
        if due and (best.loss is None or accuracy > best.accuracy):
            best = msgspec.structs.replace(best, loss=loss, accuracy=accuracy)
        if accuracy >= _SOLVED:
            break
    seconds = round(time.perf_counter() - began, 3)
    return msgspec.structs.replace(best, steps=step, seconds=seconds)


def _step(
    network: Rememberer,
    task: MemoryTask,
    optimizer: torch.optim.Optimizer,
    drawn: tuple[Tensor, Tensor],
) -> float:
    loss = task.loss(network(drawn[0]), drawn[1])
    optimizer.zero_grad()
    torch.autograd.backward(loss)
    clip_norm(network.parameters(), _CLIP_NORM)
    optimizer.step()
    return float(loss.detach())
