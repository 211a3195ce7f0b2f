"""A network of seqkit and one step of its training, on numbers drawn at random."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from seqkit import recipe as recipes
from seqkit.nn.kernels import Kernels, installed
from seqkit.nn.network import Network
from seqkit.recipe import Recipe
from seqkit.training.memory import keep_large_buffers
from seqkit.training.optimizers import make_optimizer

EMBEDDING = 64
_FIRST_ID = 3  # those before it stand for padding and the like


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """The sizes that a step's time hangs on.

    Attributes:
        length: Steps of time.
        hidden: Features of the cell's output.
        batch: Sequences.
        vocabulary: Tokens that the head tells from each other.
        threads: Processor threads.
    """

    length: int = 64
    hidden: int = 256
    batch: int = 32
    vocabulary: int = 1024
    threads: int = 1


class Step:
    """A training step: forward, loss, backward, the gradient's norm, and Adam.

    Args:
        cell: The cell's name.
        point: Its sizes.
    """

    def __init__(self, cell: str, point: Point) -> None:
        keep_large_buffers()
        self.threads = point.threads
        recipe = _recipe(cell, point)
        generator = torch.Generator().manual_seed(0)
        size = point.vocabulary
        self.network = network(recipe, vocab_size=size, output_size=size)
        self.network.reset_parameters(generator)
        self.network.train()
        self.optimizer = make_optimizer(self.network.parameters(), recipe.training)
        shape = (2, point.length, point.batch)
        self.ids, self.targets = torch.randint(_FIRST_ID, size, shape, generator=generator)
        self.lengths = torch.full((point.batch,), point.length)

    def __call__(self) -> float:
        """Do one step; the loss in nats a token."""
        torch.set_num_threads(self.threads)
        logits = self.network(self.ids, self.lengths)
        total, count = self.network.head.loss(logits, self.targets, self.lengths)
        self.optimizer.zero_grad()
        torch.autograd.backward(total / count)
        nn.utils.clip_grad_norm_(self.network.parameters(), float("inf"))
        self.optimizer.step()
        return float(total.detach()) / float(count)


def network(recipe: Recipe, *, vocab_size: int, output_size: int) -> Network:
    """A network as training makes it, with the kernels that are installed."""
    kernels = installed(recipe.cell.name) if recipe.training.kernels else Kernels()
    return Network(recipe, vocab_size=vocab_size, output_size=output_size, kernels=kernels)


def kernels_of(cell: str) -> str:
    """The kernels that a network of this cell has, for the conditions of a report."""
    found = installed(cell)
    named = {"cell": found.cell, "embedding": found.embedding}
    return ", ".join(part for part, kernel in named.items() if kernel) or "none"


def _recipe(cell: str, point: Point) -> Recipe:
    return recipes.parse(
        {
            "corpus": {"train": ["none"]},
            "tokenizer": {"name": "char"},
            "embedding": {"size": EMBEDDING},
            "cell": {"name": cell},
            "encoder": {"hidden_size": point.hidden},
            "head": {"name": "generation"},
        }
    )
