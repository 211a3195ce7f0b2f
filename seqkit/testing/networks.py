"""Small networks and batches for checks, and training on one."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from seqkit.encoding import IGNORED
from seqkit.nn.network import Network
from seqkit.recipe import Recipe
from seqkit.recipe.training import Training
from seqkit.testing.numbers import generator
from seqkit.training.batching import Batch
from seqkit.training.optimizers import clip_norm, make_optimizer

VOCABULARY, LABELS = 11, 3
LENGTHS = (7, 3, 1)


def make_network(recipe: Recipe, *, vocab_size: int = VOCABULARY, labels: int = LABELS) -> Network:
    """A network as training begins with it.

    Args:
        recipe: What to build.
        vocab_size: Ids of its tokenizer.
        labels: Logits of its head, unless the vocabulary's size decides.
    """
    streams = recipe.head_spec.arity == "one-to-many"
    network = Network(recipe, vocab_size=vocab_size, output_size=vocab_size if streams else labels)
    network.reset_parameters(generator(1))
    return network.train()


def random_batch(recipe: Recipe) -> Batch:
    """Ids of unequal lengths, and targets of the shape that the head's arity asks for."""
    lengths = torch.tensor(LENGTHS)
    T, B = max(LENGTHS), len(LENGTHS)
    g = generator(2)
    ids = torch.randint(3, VOCABULARY, (T, B), generator=g)
    padding = torch.arange(T).unsqueeze(1) >= lengths
    arity = recipe.head_spec.arity
    if arity == "many-to-one":
        return Batch(ids, lengths, targets=torch.arange(B) % LABELS)
    most = VOCABULARY if arity == "one-to-many" else LABELS
    targets = torch.randint(most, (T, B), generator=g).masked_fill(padding, IGNORED)
    return Batch(ids, lengths, targets=targets)


def loss_of(network: Network, batch: Batch) -> Tensor:
    """The mean loss of a batch, with its gradient."""
    assert batch.targets is not None
    logits = network(batch.ids, batch.lengths, batch.features)
    total, count = network.head.loss(logits, batch.targets, batch.lengths)
    return total / count.clamp(min=1)


def learn(
    network: Network, batch: Batch, options: Training, *, steps: int, until: float = 0.0
) -> list[float]:
    """Train on one batch.

    Args:
        network: Is left in training mode.
        batch: With targets.
        options: The recipe's training section, for the optimiser.
        steps: Steps at most.
        until: Stop where the loss is at most this share of the first.

    Returns:
        The loss before each step.
    """
    optimizer = make_optimizer(network.parameters(), options)
    losses: list[float] = []
    with one_thread():
        while len(losses) < steps and not (losses and losses[-1] <= until * losses[0]):
            loss = loss_of(network.train(), batch)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            clip_norm(network.parameters(), options.clip_norm or math.inf)
            optimizer.step()
            losses.append(float(loss.detach()))
    return losses


@contextmanager
def one_thread() -> Iterator[None]:
    """Have torch use one thread for a while: more of them only wait for so small a network."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def parameters_of(module: nn.Module) -> dict[str, Tensor]:
    """A copy of each parameter that is trained."""
    named = module.named_parameters()
    return {name: p.detach().clone() for name, p in named if p.requires_grad}
