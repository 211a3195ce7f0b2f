"""Where the time of seqkit's own training loop goes, taken while it runs."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Any

import torch
from torch import Tensor

from seqkit.nn.network import Network
from seqkit.training.events import Event, Stepped

PHASES = (
    "batching",
    "embedding",
    "dropout",
    "encoder, forward",
    "head and loss, both ways",
    "encoder, backward",
    "dropout, backward",
    "embedding, backward",
    "gradient's norm",
    "optimiser",
    "the rest",
)


class Stopwatch:
    """Adds up the time from one mark to the next under a phase's name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._last = time.perf_counter()

    def mark(self, phase: str) -> None:
        """Count the time since the last mark for ``phase``."""
        now = time.perf_counter()
        self.seconds[phase] += now - self._last
        self._last = now

    def shares(self) -> dict[str, float]:
        """Each phase's share of all, in the order of :data:`PHASES`."""
        total = sum(self.seconds.values())
        return {name: self.seconds[name] / total for name in PHASES} if total else {}


def watch(network: Network, optimizer: torch.optim.Optimizer) -> Stopwatch:
    """Put marks between the parts of a network and of its training step, on the CPU.

    A part's backward pass lies between the gradient of its output and that of its input, since
    the gradients are computed one after the other, the last part's first. Where one kernel looks up
    and drops out, both count as the embedding.

    Args:
        network: With a learned embedding.
        optimizer: Of its parameters.
    """
    watch = Stopwatch()
    dropping = False  # whether dropout is a step of its own, and not the look-up's

    def when_known(tensor: Tensor, phase: str) -> None:
        if tensor.requires_grad:
            tensor.register_hook(lambda _: watch.mark(phase))

    def begun(*_: Any) -> None:
        nonlocal dropping
        dropping = False
        watch.mark("batching")

    def looked_up(_: Any, given: tuple[Tensor, ...]) -> None:
        nonlocal dropping
        dropping = True
        watch.mark("embedding")
        when_known(given[0], "dropout, backward")

    def embedded(_: Any, __: Any, output: Tensor) -> None:
        watch.mark("dropout" if dropping else "embedding")
        when_known(output, "encoder, backward")

    def encoded(_: Any, __: Any, output: Tensor) -> None:
        watch.mark("encoder, forward")
        when_known(output, "head and loss, both ways")

    network.embedding.register_forward_pre_hook(begun)
    network.embedding.dropout.register_forward_pre_hook(looked_up)
    network.embedding.register_forward_hook(embedded)
    network.encoder.register_forward_hook(encoded)
    assert network.embedding.weight is not None
    network.embedding.weight.register_post_accumulate_grad_hook(
        lambda _: watch.mark("embedding, backward")
    )
    optimizer.register_step_pre_hook(lambda *_: watch.mark("gradient's norm"))
    optimizer.register_step_post_hook(lambda *_: watch.mark("optimiser"))
    return watch


def stepped(watch: Stopwatch, event: Event) -> None:
    """A step has ended."""
    if isinstance(event, Stepped):
        watch.mark("the rest")
