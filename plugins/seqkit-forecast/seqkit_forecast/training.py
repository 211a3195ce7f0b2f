"""Trains a network on windows, and keeps the weights that forecast the validation tail best."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

import torch
from torch import Tensor

from seqkit.errors import TrainingError
from seqkit.recipe.training import Training
from seqkit.training.optimizers import clip_norm, make_optimizer
from seqkit_forecast.model import Network, quantile_loss
from seqkit_forecast.windows import Windows

#: Adam's rate, the largest norm of the gradient, and epochs without a better score before training
#: ends: chosen on validation tails of monthly and daily series, as is the size of a batch.
_RATE, _NORM, _PATIENCE = 0.003, 1.0, 10
#: Windows a step at least and at most, and steps a pass in between.
_SMALLEST, _LARGEST, _STEPS = 8, 32, 32
#: Windows a pass at most; of more, each pass takes others.
_MOST = 8192


@dataclass(frozen=True, slots=True)
class Trained:
    """What training came to; the network has the weights of its best epoch.

    Attributes:
        loss: The best score, less is better.
        epoch: The epoch that it was reached in, from 1; 0 for the network as it began.
        epochs: How many epochs there were.
    """

    loss: float
    epoch: int
    epochs: int


def train(
    network: Network,
    windows: Windows,
    quantiles: Tensor,
    generator: torch.Generator,
    *,
    epochs: int,
    score: Callable[[], float],
    stop: Callable[[], bool],
) -> Trained:
    """Train until the score has not improved for some epochs.

    Args:
        network: As in :func:`passes`.
        windows: As there.
        quantiles: As there.
        generator: As there.
        epochs: The most passes.
        score: How bad the network is on what it does not learn from.
        stop: As in :func:`passes`.

    Raises:
        TrainingError: The network never says a number.
    """
    best = Trained(float("inf"), 0, 0)
    kept: dict[str, Tensor] = {}
    epoch = 0
    # the network as it begins, which is a baseline, and then after each pass
    for epoch in islice(passes(network, windows, quantiles, generator, stop=stop), epochs + 1):
        loss = score()
        if loss < best.loss:
            best = Trained(loss, epoch, epoch)
            kept = {name: tensor.clone() for name, tensor in network.state_dict().items()}
        if epoch - best.epoch >= _PATIENCE:
            break
    if not kept:
        raise TrainingError("The forecasts are no numbers", fix="Try another scaling or cell")
    network.load_state_dict(kept)
    return Trained(best.loss, best.epoch, epoch)


def passes(
    network: Network,
    windows: Windows,
    quantiles: Tensor,
    generator: torch.Generator,
    *,
    stop: Callable[[], bool],
) -> Iterator[int]:
    """Draw a network's parameters, then train it pass by pass.

    Args:
        network: What to train.
        windows: To learn from, with targets.
        quantiles: ``(Q,)``.
        generator: Draws the parameters and the order of windows.
        stop: Whether somebody wants to end it; asked after each step.

    Yields:
        0 before the first pass, then the number of passes after each, for ever or until ``stop``.
    """
    network.reset_parameters(generator)
    optimizer = make_optimizer(network.parameters(), Training(learning_rate=_RATE))
    size = min(max(len(windows) // _STEPS, _SMALLEST), _LARGEST)
    done = 0
    while True:
        yield done
        network.train()
        for chosen in torch.randperm(len(windows), generator=generator)[:_MOST].split(size):
            if stop():
                return
            optimizer.zero_grad()
            said = network(windows.take(chosen))
            quantile_loss(said, windows.goals(chosen), quantiles).backward()
            clip_norm(network.parameters(), _NORM)
            optimizer.step()
        done += 1
