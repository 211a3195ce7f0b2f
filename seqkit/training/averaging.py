"""Averages of the weights over the steps, which are scored and kept in their place."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from seqkit.recipe.training import Training


class Averaging:
    """Keeps no average: the weights are scored as they are."""

    def step(self) -> None:
        """Take in the weights after a step."""

    def scored(self, value: float, *, greater_is_better: bool) -> None:
        """Hear how well the network did on the development data after an epoch."""

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Have the network hold the averages for a while, where there are any."""
        yield

    def tensors(self) -> dict[str, Tensor]:
        """What a checkpoint needs."""
        return {}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Put back what :meth:`tensors` gave.

        Raises:
            KeyError: One is missing.
            RuntimeError: One has another shape.
        """


class Kept(Averaging, ABC):
    """An average of each parameter, beside the network.

    Args:
        network: Whose parameters are averaged; what else it holds is taken as it is.

    Attributes:
        count: Steps that have been taken in.
    """

    def __init__(self, network: nn.Module) -> None:
        self.parameters = dict(network.named_parameters())
        self.averages: dict[str, Tensor] = {}
        self.count = 0

    @abstractmethod
    def share(self) -> float:
        """How much of the new average is the newest weights, with ``count`` steps before them."""

    @torch.no_grad()
    def step(self) -> None:
        """Move each average towards the newest weights; the first step's are the average."""
        if not self.averages:
            self.averages = {name: p.detach().clone() for name, p in self.parameters.items()}
        else:
            weights = [p.detach() for p in self.parameters.values()]
            torch._foreach_lerp_(list(self.averages.values()), weights, self.share())
        self.count += 1

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """Exchange the averages for the weights for a while."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    def _exchange(self) -> None:
        for name, average in self.averages.items():
            parameter = self.parameters[name]
            parameter.data, self.averages[name] = average, parameter.data

    def tensors(self) -> dict[str, Tensor]:
        """The averages by their parameters' names, and the count."""
        return {**self.averages, ".count": torch.tensor(self.count)}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """See :meth:`Averaging.restore`."""
        self.count = int(tensors[".count"])
        self.averages = {}
        if self.count:
            self.averages = {
                name: torch.empty_like(p).copy_(tensors[name])
                for name, p in self.parameters.items()
            }


class Exponential(Kept):
    """An exponential moving average of the weights.

    Averages of the iterates are Polyak's and Juditsky's (1992, "Acceleration of stochastic
    approximation by averaging"), the moving one as in Kingma and Ba 2015, "Adam", section 7.2.

    ::

        average' = d * average + (1 - d) * weights
        d        = min(decay, (1 + n) / (10 + n))

    The decay ``d`` grows with the steps ``n`` before, so that what was drawn at the beginning is
    soon forgotten, however few steps there are.

    Args:
        network: As in :class:`Kept`.
        decay: ``d`` after many steps, below 1.
    """

    def __init__(self, network: nn.Module, *, decay: float) -> None:
        super().__init__(network)
        self.decay = decay

    def share(self) -> float:
        """``1 - d``."""
        return 1 - min(self.decay, (1 + self.count) / (10 + self.count))


class Triggered(Kept):
    """Averaged SGD with a non-monotonic trigger, NT-ASGD.

    The mean of the weights of all steps since the trigger, which is the first epoch whose score is
    worse than the best of those more than ``interval`` epochs before it (Merity, Keskar and Socher
    2018, "Regularizing and optimizing LSTM language models", algorithm 1).

    Args:
        network: As in :class:`Kept`.
        interval: ``n`` of the paper.

    Attributes:
        scores: Of the epochs so far, the less the better, until the trigger.
        begun: Whether it was triggered.
    """

    def __init__(self, network: nn.Module, *, interval: int) -> None:
        super().__init__(network)
        self.interval = interval
        self.scores: list[float] = []
        self.begun = False

    def share(self) -> float:
        """All steps count alike."""
        return 1 / (self.count + 1)

    def step(self) -> None:
        """Take in the weights, once it was triggered."""
        if self.begun:
            super().step()

    def scored(self, value: float, *, greater_is_better: bool) -> None:
        """Begin to average from the next step on, where the scores have stopped getting better."""
        value = -value if greater_is_better else value
        before = self.scores[: max(0, len(self.scores) - self.interval)]
        self.begun = self.begun or bool(before and value > min(before))
        self.scores.append(value)

    def tensors(self) -> dict[str, Tensor]:
        """The averages, the scores, and whether it was triggered."""
        scores = torch.tensor(self.scores, dtype=torch.float64)
        return {**super().tensors(), ".scores": scores, ".begun": torch.tensor(self.begun)}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """See :meth:`Averaging.restore`."""
        super().restore(tensors)
        self.scores = tensors[".scores"].tolist()
        self.begun = bool(tensors[".begun"])


def make_averaging(network: nn.Module, options: Training) -> Averaging:
    """What the recipe asks for."""
    if options.average == "ema":
        return Exponential(network, decay=options.average_decay)
    if options.average == "asgd":
        return Triggered(network, interval=options.average_interval)
    assert options.average == "none", options.average
    return Averaging()
