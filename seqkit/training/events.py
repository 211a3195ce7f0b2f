"""What observers of training are told, in the order in which it happens."""

from __future__ import annotations

from typing import Literal

import msgspec

#: How training ended: all epochs done, no better score for too long, the recipe's time used up,
#: Ctrl-C, or no number any more.
Reason = Literal["done", "early-stopping", "out-of-time", "interrupted", "diverged"]


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="event", tag=str.lower):
    """Base of the events; ``msgspec.json.encode`` writes any of them."""


class Answered(Event, frozen=True, kw_only=True):
    """Before training, a teacher has answered some texts more.

    Attributes:
        texts: How many it has answered by now.
        total: How many it is asked about.
        seconds: Wall time that it took so far; 0 for answers that were kept from another run.
    """

    texts: int
    total: int
    seconds: float


class Started(Event, frozen=True, kw_only=True):
    """Training begins or goes on.

    Attributes:
        path: The bundle that will be written.
        task: The head's name.
        device: ``cpu`` or ``cuda``.
        parameters: How many numbers are trained.
        train_examples: Examples trained on; for generation, documents.
        unlabelled_examples: Texts without a label that are learnt from too.
        dev_examples: Examples scored after each epoch.
        train_tokens: Tokens in one epoch.
        epochs: Epochs asked for; 1 where nothing is learnt in steps.
        steps: Optimiser steps in all; 0 where all has been learnt at once.
        step: Steps done before a resumed run was interrupted; 0 for a fresh one.
        metric: The score that picks the best epoch.
    """

    path: str
    task: str
    device: str
    parameters: int
    train_examples: int
    unlabelled_examples: int = 0
    dev_examples: int
    train_tokens: int
    epochs: int
    steps: int
    step: int
    metric: str


class Transferred(Event, frozen=True, kw_only=True):
    """Weights were taken over from elsewhere before the first step.

    Attributes:
        source: The model, or the file, as the recipe names it.
        tokens: Tokens of the vocabulary, special symbols not counted.
        found: How many of them it knew.
    """

    source: str
    tokens: int
    found: int


class Compared(Event, frozen=True, kw_only=True):
    """Before the first step, something quicker than a network was scored for comparison.

    Attributes:
        name: What it is, such as a bag of words.
        metric: The score that picks the best epoch.
        score: Its value on the development data.
        seconds: Wall time that it took, which is no part of training's.
    """

    name: str
    metric: str
    score: float
    seconds: float


class Stepped(Event, frozen=True, kw_only=True):
    """One optimiser step was done.

    Attributes:
        epoch: Counted from 1.
        step: Steps done in all.
        loss: Mean loss a real step in this epoch so far, in nats.
        tokens: Real tokens in this step.
        learning_rate: The rate that the step used.
    """

    epoch: int
    step: int
    loss: float
    tokens: int
    learning_rate: float


class Evaluated(Event, frozen=True, kw_only=True):
    """An epoch ended and the development examples were scored.

    Attributes:
        epoch: Counted from 1.
        step: Steps done in all.
        train_loss: Mean loss a real step in this epoch, in nats; 0 where there were none.
        scores: The development scores, ``loss`` among them; empty without development data.
        best: Whether this is the best epoch so far.
        seconds: Wall time of the epoch's training, without the scoring.
        tokens_per_second: Training throughput in this epoch.
    """

    epoch: int
    step: int
    train_loss: float
    scores: dict[str, float]
    best: bool
    seconds: float
    tokens_per_second: float


class Finished(Event, frozen=True, kw_only=True):
    """Training ended; the bundle with the best epoch's weights is written next.

    After divergence it is written only where an epoch was finished, and an error follows.

    Attributes:
        reason: ``done``, ``early-stopping``, ``out-of-time``, ``interrupted`` by Ctrl-C, or
            ``diverged``.
        best_epoch: The epoch that the weights are from; 0 where none was finished.
        scores: Its development scores.
        seconds: Wall time of the whole run.
        path: The bundle.
    """

    reason: Reason
    best_epoch: int
    scores: dict[str, float]
    seconds: float
    path: str
