"""The training loop: steps, scores, the best epoch, checkpoints and exact resumption."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from seqkit.bundle.manifest import CHECKPOINTS
from seqkit.errors import BundleError
from seqkit.nn.encoder import EncoderState
from seqkit.nn.network import Network
from seqkit.recipe.training import Training
from seqkit.training import checkpoint
from seqkit.training.activation import ActivationPenalty
from seqkit.training.adversarial import Adversary
from seqkit.training.averaging import make_averaging
from seqkit.training.batching import Batch, Examples, Streams
from seqkit.training.checkpoint import Progress
from seqkit.training.events import Evaluated, Event, Reason, Stepped
from seqkit.training.interrupt import Interruptible
from seqkit.training.language import LanguageLoss, make_language_loss
from seqkit.training.layers import layers_of, parameter_groups, thaw
from seqkit.training.optimizers import clip_norm, make_optimizer, set_rate
from seqkit.training.outcome import Outcome
from seqkit.training.schedules import rate


class _Diverged(Exception):  # noqa: N818 -- a verdict that never leaves this module, not an error
    """What is no number any more, and since when."""


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
        self.greater_is_better = greater_is_better
        self.folder = directory / CHECKPOINTS
        self.progress = progress
        self.tell = tell
        self.layers = layers_of(network)
        self.language: LanguageLoss | None = None
        if options.language_loss and isinstance(data, Examples):
            self.language = make_language_loss(network, data.examples, options, generator)
        beside = [] if self.language is None else list(self.language.parameters())
        #: All that is learnt in steps, with what is needed for learning alone.
        self._learnt = [*network.parameters(), *beside]
        groups = parameter_groups(network, self.layers, options.layer_decay, beside)
        self.optimizer = make_optimizer(groups, options)
        self.averaging = make_averaging(network, options)
        self.penalty = ActivationPenalty(
            network.head, alpha=options.activation, beta=options.temporal_activation
        )
        self.adversary: Adversary | None = None
        if options.adversarial != "none":
            self.adversary = Adversary(network, options, generator)
        self.state: EncoderState | None = None
        # a head may have studied all that there is to learn, and is then scored once
        learns = any(parameter.requires_grad for parameter in network.parameters())
        self.epochs = options.epochs if learns else 1
        self._epoch_steps = -(-data.steps // options.accumulate) if learns else 0
        self.steps = self.epochs * self._epoch_steps
        self._began = self._saved_at = time.perf_counter()

    def restore(self) -> None:
        """Go on from the latest checkpoint in the bundle's folder.

        Raises:
            BundleError: It is missing, damaged, or of another network.
        """
        path = self.folder / checkpoint.LATEST
        tensors, self.progress = checkpoint.read(path)
        try:
            self.network.load_state_dict(_below("network", tensors))
            if self.language is not None:
                self.language.load_state_dict(_below("language", tensors))
            checkpoint.restore_optimizer(self.optimizer, tensors)
            self.averaging.restore(_below("average", tensors))
            self.generator.set_state(tensors["generator"])
            self.state = self._carried(_below("state", tensors))
        except (RuntimeError, KeyError, ValueError) as error:
            raise checkpoint.damaged(path, str(error)) from error

    def _carried(self, tensors: dict[str, Tensor]) -> EncoderState | None:
        """The state in a checkpoint's tensors, in the shape that the network's states have."""
        if not tensors:
            return None
        values = (tensors[str(i)].to(self.generator.device) for i in range(len(tensors)))
        return tuple(tuple(next(values) for _ in p) for p in self.network.initial_state(1))

    def study(self) -> None:
        """Show the head the examples, which a run that is resumed has done already."""
        if isinstance(self.data, Streams):
            return
        started = time.perf_counter()
        self.network.head.study(self.data.told, self.generator)
        self.progress.total_seconds += time.perf_counter() - started

    @property
    def steps_done(self) -> int:
        """Optimiser steps done in all."""
        return self.progress.epoch * self._epoch_steps + self.progress.step

    def run(self) -> Outcome:
        """Train until the epochs are done, patience or time ends, Ctrl-C, or divergence.

        Raises:
            TrainingError: A checkpoint can't be written; the one before it is kept.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        self._began = time.perf_counter() - self.progress.total_seconds
        problem = ""
        with Interruptible() as interrupt:
            try:
                reason = self._epochs(interrupt)
            except _Diverged as error:
                reason, problem = "diverged", str(error)
        self.progress.total_seconds = time.perf_counter() - self._began
        if reason == "interrupted":
            self._checkpoint()
        return Outcome(reason, self.progress, self._best_weights(), problem)

    def _epochs(self, interrupt: Interruptible) -> Reason:
        while self.progress.epoch < self.epochs:
            if interrupt.requested:
                return "interrupted"
            if 0 < self.options.patience <= self.progress.since_best:
                return "early-stopping"
            if self._out_of_time:
                return "out-of-time"
            self._epoch(interrupt)
        return "done"

    @property
    def _out_of_time(self) -> bool:
        limit = self.options.max_seconds if self.steps else 0
        return 0 < limit <= self.progress.total_seconds

    def _epoch(self, interrupt: Interruptible) -> None:
        """Train for the rest of the epoch in progress and score it, unless interrupted."""
        progress = self.progress
        rng = np.random.default_rng([self.random_seed, progress.epoch])
        together = self.options.accumulate
        skip = progress.step * together
        batches = self.data.batches(rng, skip=skip) if self.steps else iter(())
        self.network.train()
        if every := self.options.unfreeze_every:
            thaw(self.layers, 1 + progress.epoch // every)
        started = time.perf_counter()
        for group in _grouped(batches, together):
            learning_rate = self._set_rate(group)
            loss, count = self._step(*group)
            tokens = sum(batch.tokens for batch in group)
            progress.step += 1
            progress.loss += loss
            progress.count += count
            progress.tokens += tokens
            progress.seconds += time.perf_counter() - started
            progress.total_seconds = time.perf_counter() - self._began
            self.tell(
                Stepped(
                    epoch=progress.epoch + 1,
                    step=self.steps_done,
                    loss=progress.loss / max(1.0, progress.count),
                    tokens=tokens,
                    learning_rate=learning_rate,
                )
            )
            if interrupt.requested:
                return
            if self._out_of_time:
                break
            if time.perf_counter() - self._saved_at > self.options.checkpoint_seconds:
                self._checkpoint()
            started = time.perf_counter()
        self._end_epoch()

    def _set_rate(self, batches: tuple[Batch, ...]) -> float:
        limit = self.options.max_seconds
        passed = min(1.0, self.progress.total_seconds / limit) if limit else 0.0
        share = rate(
            self.options.schedule,
            # who will be out of time before the last step goes through the schedule by the clock
            step=max(self.steps_done, int(passed * self.steps)),
            steps=self.steps,
            warmup=self.options.warmup,
        )
        learning_rate = self.options.learning_rate * share
        if self.options.bptt_random and isinstance(self.data, Streams):
            # a short window's mean gradient is that of few steps, which would count for more
            steps = sum(len(batch.ids) for batch in batches) / len(batches)
            learning_rate *= steps / self.data.bptt
        set_rate(self.optimizer, learning_rate)
        return learning_rate

    def _step(self, *batches: Batch) -> tuple[float, float]:
        """One optimiser step; the summed loss in nats and the steps that it was summed over."""
        self.optimizer.zero_grad()
        loss = count = 0.0
        for batch in batches:
            total, steps = self._backward(batch, alone=len(batches) == 1)
            loss += total
            count += steps
        if len(batches) > 1:
            gradients = [p.grad for p in self._learnt if p.grad is not None]
            torch._foreach_div_(gradients, max(1.0, count))
        norm = clip_norm(self._learnt, self.options.clip_norm or math.inf)
        for name, value in (("loss", loss), ("gradient's norm", float(norm))):
            if not math.isfinite(value):
                raise _Diverged(
                    f"The {name} is {value} at step {self.steps_done + 1:,}, in epoch "
                    f"{self.progress.epoch + 1}"
                )
        self.optimizer.step()
        self.averaging.step()
        return loss, count

    def _backward(self, batch: Batch, *, alone: bool) -> tuple[float, float]:
        """Add a batch's gradient, by its mean loss if it is alone in its step, else by the sum."""
        batch = batch.to(self.generator.device)
        assert batch.targets is not None
        if self.adversary is not None:
            return self.adversary.backward(batch, mean=alone)
        if isinstance(self.data, Streams):
            logits = self._carry_on(batch)
        else:
            logits = self.network(batch.ids, batch.lengths, *batch.beside)
        total, count = self.network.head.loss(logits, batch.targets, batch.lengths)
        steps = count.clamp(min=1)
        objective = total / steps if alone else total
        if self.penalty:
            objective = objective + self.penalty.take() * (1 if alone else steps)
        if self.language is not None:
            objective = objective + self.language.take(batch) * (1 if alone else steps)
        torch.autograd.backward(objective)
        return float(total.detach()), float(count)

    def _carry_on(self, batch: Batch) -> Tensor:
        """Logits of a window that goes on from the one before, cut off from its gradient."""
        empty = self.network.initial_state(len(batch.lengths))
        if self.state is None or batch.fresh:
            self.state = empty
        if self.options.state_reset:
            drawn = torch.rand(
                len(batch.lengths), 1, generator=self.generator, device=batch.ids.device
            )
            again = drawn < self.options.state_reset  # (B, 1)
            self.state = tuple(
                tuple(torch.where(again, e, s) for e, s in zip(fresh, part, strict=True))
                for fresh, part in zip(empty, self.state, strict=True)
            )
        logits, state = self.network.run(batch.ids, batch.lengths, self.state, batch.features)
        self.state = tuple(tuple(s.detach() for s in part) for part in state)
        return logits

    def _end_epoch(self) -> None:
        """Score the network, keep it if it is the best so far, and tell."""
        with self.averaging.in_place():
            done = self._score_and_keep()
        if self.metric in done.scores:
            self.averaging.scored(
                done.scores[self.metric], greater_is_better=self.greater_is_better
            )
        # before the checkpoint: a run that is killed in between tells it again, not never
        self.tell(done)
        self._checkpoint()

    def _score_and_keep(self) -> Evaluated:
        progress = self.progress
        scores = self._scores()
        best = self._is_best(scores)
        done = Evaluated(
            epoch=progress.epoch + 1,
            step=self.steps_done,
            train_loss=progress.loss / max(1.0, progress.count),
            scores=scores,
            best=best,
            seconds=progress.seconds,
            tokens_per_second=progress.tokens / max(1e-9, progress.seconds),
        )
        progress.epoch += 1
        progress.step = progress.tokens = 0
        progress.loss = progress.count = progress.seconds = 0.0
        progress.since_best = 0 if best else progress.since_best + 1
        progress.total_seconds = time.perf_counter() - self._began
        self.state = None
        if best:
            progress.best_epoch = progress.epoch
            # a perplexity may be more than a float can hold, which JSON has no way to write
            progress.best_scores = {k: v for k, v in scores.items() if math.isfinite(v)}
            checkpoint.write(
                self.folder / checkpoint.BEST, dict(self.network.state_dict()), progress
            )
        return done

    def _scores(self) -> dict[str, float]:
        if self.score is None:
            return {}
        self.network.eval()
        where = f"on the development data after epoch {self.progress.epoch + 1}"
        try:
            scores = self.score()
        except BundleError as error:  # a decoder's word for logits that are no numbers
            raise _Diverged(f"{error.what[:1].upper()}{error.what[1:]} {where}") from error
        for name in (self.metric, "loss"):
            if not math.isfinite(value := scores.get(name, 0.0)):
                raise _Diverged(f"The {name} is {value} {where}")
        return scores

    def _is_best(self, scores: dict[str, float]) -> bool:
        """Whether this epoch is the best so far; without scores, the last one is."""
        before = self.progress.best_scores.get(self.metric)
        if not scores or before is None:
            return True
        better = scores[self.metric] - before
        return better > 0 if self.greater_is_better else better < 0

    def _checkpoint(self) -> None:
        tensors: dict[str, Tensor] = {
            **{f"network.{name}": t for name, t in self.network.state_dict().items()},
            **checkpoint.optimizer_tensors(self.optimizer),
            **{f"average.{name}": t for name, t in self.averaging.tensors().items()},
            "generator": self.generator.get_state(),
        }
        if self.language is not None:
            tensors |= {f"language.{name}": t for name, t in self.language.state_dict().items()}
        if self.state is not None:
            flat = (tensor for part in self.state for tensor in part)
            tensors |= {f"state.{i}": tensor for i, tensor in enumerate(flat)}
        checkpoint.write(self.folder / checkpoint.LATEST, tensors, self.progress)
        self._saved_at = time.perf_counter()

    def _best_weights(self) -> dict[str, Tensor]:
        progress = self.progress
        if not progress.best_epoch:
            with self.averaging.in_place():
                return {name: tensor.cpu() for name, tensor in self.network.state_dict().items()}
        weights, best = checkpoint.read(self.folder / checkpoint.BEST)
        # a run that was killed between the two files of an epoch has a newer best than it knows
        progress.best_epoch, progress.best_scores = best.best_epoch, best.best_scores
        return weights


def _below(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    start = f"{prefix}."
    return {n.removeprefix(start): t for n, t in tensors.items() if n.startswith(start)}


def _grouped(batches: Iterable[Batch], size: int) -> Iterator[tuple[Batch, ...]]:
    """So many batches at a time; the last may be fewer."""
    remaining = iter(batches)
    while group := tuple(itertools.islice(remaining, size)):
        yield group
