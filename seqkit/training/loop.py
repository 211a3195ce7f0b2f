"""The training loop: steps, scores, the best epoch, checkpoints and exact resumption."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from seqkit.errors import TrainingError
from seqkit.nn.encoder import EncoderState
from seqkit.nn.network import Network
from seqkit.recipe import Training
from seqkit.training import checkpoint
from seqkit.training.batching import Batch, Examples, Streams
from seqkit.training.checkpoint import Progress
from seqkit.training.events import Evaluated, Event, Stepped
from seqkit.training.interrupt import Interruptible
from seqkit.training.optimizers import make_optimizer
from seqkit.training.schedules import rate


@dataclass(frozen=True, slots=True)
class Outcome:
    """How training ended.

    Attributes:
        reason: ``done``, ``early-stopping`` or ``interrupted``.
        progress: Where it stood.
        weights: The best epoch's, or the latest where no epoch was finished.
    """

    reason: str
    progress: Progress
    weights: dict[str, Tensor]


class Trainer:
    """Trains one network.

    Args:
        network: With its parameters drawn, on its device.
        data: The training batches.
        options: The recipe's training section.
        random_seed: Draws the order of the examples.
        generator: The generator that dropout draws from; its state is part of a checkpoint.
        score: Scores the network on the development data; none for no such data.
        metric: The score that picks the best epoch.
        greater_is_better: Whether a greater one is better.
        directory: The bundle; checkpoints go to a folder in it.
        progress: Where to begin: fresh, or as a checkpoint had it.
        tell: Is told of each step and epoch.
    """

    def __init__(
        self,
        network: Network,
        data: Examples | Streams,
        options: Training,
        *,
        random_seed: int,
        generator: torch.Generator,
        score: Callable[[], dict[str, float]] | None,
        metric: str,
        greater_is_better: bool,
        directory: Path,
        progress: Progress,
        tell: Callable[[Event], None],
    ) -> None:
        self.network = network
        self.data = data
        self.options = options
        self.random_seed = random_seed
        self.generator = generator
        self.score = score
        self.metric = metric
        self.sign = 1 if greater_is_better else -1
        self.folder = directory / checkpoint.FOLDER
        self.progress = progress
        self.tell = tell
        self.optimizer = make_optimizer(network.parameters(), options)
        self.state: EncoderState | None = None
        self.steps = options.epochs * data.steps
        self._saved_at = time.perf_counter()

    def restore(self) -> None:
        """Go on from the latest checkpoint in the bundle's folder."""
        tensors, self.progress = checkpoint.read(self.folder / checkpoint.LATEST)
        self.network.load_state_dict(_below("network", tensors))
        checkpoint.restore_optimizer(self.optimizer, tensors)
        self.generator.set_state(tensors["generator"])
        carried = _below("state", tensors)
        if carried:
            template = self.network.initial_state(1)
            values = iter(carried[str(i)] for i in range(len(carried)))
            self.state = tuple(tuple(next(values) for _ in part) for part in template)

    def run(self) -> Outcome:
        """Train until the epochs are done, patience ends, or Ctrl-C.

        Raises:
            TrainingError: The loss or its gradient is no number; the checkpoint before it is kept.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        progress = self.progress
        began = time.perf_counter() - progress.total_seconds
        reason = "done"
        with Interruptible() as interrupt:
            while progress.epoch < self.options.epochs and reason == "done":
                if self._out_of_patience():
                    reason = "early-stopping"
                    break
                if not self._epoch(interrupt, began):
                    reason = "interrupted"
        progress.total_seconds = time.perf_counter() - began
        if reason == "interrupted":
            self._checkpoint()
        return Outcome(reason, progress, self._best_weights())

    def _out_of_patience(self) -> bool:
        return 0 < self.options.patience <= self.progress.since_best

    def _epoch(self, interrupt: Interruptible, began: float) -> bool:
        """Train for the rest of the epoch in progress and score it; false if interrupted."""
        progress = self.progress
        rng = np.random.default_rng([self.random_seed, progress.epoch])
        batches = self.data.batches(rng, skip=progress.step)
        self.network.train()
        while True:
            started = time.perf_counter()
            batch = next(batches, None)
            if batch is None:
                break
            learning_rate = self._set_rate()
            loss, count = self._step(batch)
            progress.step += 1
            progress.loss += loss
            progress.count += count
            progress.tokens += batch.tokens
            progress.seconds += time.perf_counter() - started
            progress.total_seconds = time.perf_counter() - began
            self.tell(
                Stepped(
                    epoch=progress.epoch + 1,
                    step=self._steps_done(),
                    loss=progress.loss / progress.count,
                    tokens=batch.tokens,
                    learning_rate=learning_rate,
                )
            )
            if interrupt.requested:
                return False
            if time.perf_counter() - self._saved_at > self.options.checkpoint_seconds:
                self._checkpoint()
        self._end_epoch(began)
        return True

    def _steps_done(self) -> int:
        return self.progress.epoch * self.data.steps + self.progress.step

    def _set_rate(self) -> float:
        share = rate(
            self.options.schedule,
            step=self._steps_done(),
            steps=self.steps,
            warmup=self.options.warmup,
        )
        learning_rate = self.options.learning_rate * share
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        return learning_rate

    def _step(self, batch: Batch) -> tuple[float, float]:
        """One optimiser step; the summed loss in nats and the steps that it was summed over."""
        assert batch.targets is not None
        batch = batch.to(self.generator.device)
        if isinstance(self.data, Streams):
            logits = self._carry_on(batch)
        else:
            logits = self.network(batch.ids, batch.lengths, batch.features)
        total, count = self.network.head.loss(logits, batch.targets, batch.lengths)
        self.optimizer.zero_grad()
        (total / count.clamp(min=1)).backward()
        norm = nn.utils.clip_grad_norm_(
            self.network.parameters(), self.options.clip_norm or float("inf")
        )
        if not (torch.isfinite(total) and torch.isfinite(norm)):
            self._give_up(float(total), float(norm))
        self.optimizer.step()
        return float(total.detach()), float(count)

    def _carry_on(self, batch: Batch) -> Tensor:
        """Logits of a window that goes on from the one before, cut off from its gradient."""
        if self.state is None or batch.fresh:
            self.state = self.network.initial_state(len(batch.lengths))
        if self.options.state_reset:
            drawn = torch.rand(
                len(batch.lengths), 1, generator=self.generator, device=batch.ids.device
            )
            again = drawn < self.options.state_reset  # (B, 1)
            empty = self.network.initial_state(len(batch.lengths))
            self.state = tuple(
                tuple(torch.where(again, e, s) for e, s in zip(fresh, part, strict=True))
                for fresh, part in zip(empty, self.state, strict=True)
            )
        logits, state = self.network.run(batch.ids, batch.lengths, self.state, batch.features)
        self.state = tuple(tuple(s.detach() for s in part) for part in state)
        return logits

    def _give_up(self, loss: float, norm: float) -> None:
        raise TrainingError(
            f"The loss is {loss} and its gradient's norm {norm} at step {self._steps_done() + 1}",
            why="training diverged",
            fix=f"Lower training.learning_rate (it is {self.options.learning_rate}) or "
            f"training.clip_norm; the last good state is kept in {self.folder}",
        )

    def _end_epoch(self, began: float) -> None:
        progress = self.progress
        train_loss = progress.loss / max(1.0, progress.count)
        scores: dict[str, float] = {}
        if self.score is not None:
            self.network.eval()
            scores = self.score()
        score = self.sign * scores.get(self.metric, -self.sign * train_loss)
        before = self.sign * progress.best_scores.get(self.metric, -self.sign * float("inf"))
        best = progress.best_epoch == 0 or not scores or score > before
        done = Evaluated(
            epoch=progress.epoch + 1,
            step=self._steps_done(),
            train_loss=train_loss,
            scores=scores,
            best=best,
            seconds=progress.seconds,
            tokens_per_second=progress.tokens / max(1e-9, progress.seconds),
        )
        progress.epoch += 1
        progress.step = progress.tokens = 0
        progress.loss = progress.count = progress.seconds = 0.0
        progress.since_best = 0 if best else progress.since_best + 1
        progress.total_seconds = time.perf_counter() - began
        if best:
            progress.best_epoch, progress.best_scores = progress.epoch, scores
            checkpoint.write(
                self.folder / checkpoint.BEST, dict(self.network.state_dict()), progress
            )
        self.state = None
        self._checkpoint()
        self.tell(done)

    def _checkpoint(self) -> None:
        tensors: dict[str, Tensor] = {
            **{f"network.{name}": t for name, t in self.network.state_dict().items()},
            **checkpoint.optimizer_tensors(self.optimizer),
            "generator": self.generator.get_state(),
        }
        if self.state is not None:
            flat = (tensor for part in self.state for tensor in part)
            tensors |= {f"state.{i}": tensor for i, tensor in enumerate(flat)}
        checkpoint.write(self.folder / checkpoint.LATEST, tensors, self.progress)
        self._saved_at = time.perf_counter()

    def _best_weights(self) -> dict[str, Tensor]:
        if self.progress.best_epoch:
            return checkpoint.read(self.folder / checkpoint.BEST)[0]
        return {name: tensor.cpu() for name, tensor in self.network.state_dict().items()}


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {n.removeprefix(start): t for n, t in tensors.items() if n.startswith(start)}
