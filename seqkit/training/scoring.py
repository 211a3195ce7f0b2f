"""Scores of a network on held-out examples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from seqkit.decoding.base import Decoder
from seqkit.decoding.metrics import SUGGESTIONS, text_scores
from seqkit.encoding import IGNORED, Encoded
from seqkit.nn.network import Network
from seqkit.runtimes.padding import alike
from seqkit.runtimes.torch import answers
from seqkit.training.batching import collate, evaluation_streams

_CPU = torch.device("cpu")


@dataclass(frozen=True, slots=True)
class Scored:
    """What came of scoring examples.

    Attributes:
        scores: ``loss`` in nats a real step, and the decoder's scores.
        logits: Of each example that has any token, or the answers of a head that searches.
        targets: Theirs.
    """

    scores: dict[str, float]
    logits: list[np.ndarray]
    targets: list[np.ndarray]


@torch.no_grad()
def score_examples(
    network: Network,
    examples: Sequence[Encoded],
    decoder: Decoder,
    device: torch.device = _CPU,
    *,
    search: bool = False,
) -> Scored:
    """Score padded examples with targets; empty ones are left out, since none can be told.

    Args:
        network: In evaluation mode.
        examples: With targets.
        decoder: Scores the logits.
        device: The network's.
        search: Whether a head that searches for its answers is to do so, which takes much longer
            than the loss; otherwise that is its only score.
    """
    examples = [e for e in examples if len(e)]
    logits = [np.empty(0)] * len(examples)
    total = count = 0.0
    for indices in alike(examples):
        chosen = [examples[i] for i in indices]
        moved = collate(chosen, unseen=network.head.unseen_target).to(device)
        assert moved.targets is not None
        output = network(moved.ids, moved.lengths, *moved.beside)
        loss, steps = network.head.loss(output, moved.targets, moved.lengths)
        total += float(loss)
        count += float(steps)
        if network.head.searches and not search:
            continue
        for index, row in zip(indices, answers(network, output, chosen), strict=True):
            logits[index] = row
    targets = [e.target for e in examples if e.target is not None]
    scores = {"loss": total / max(1.0, count)}
    if search or not network.head.searches:
        scores |= decoder.score(logits, targets)
    return Scored(scores, logits, targets)


@torch.no_grad()
def score_streams(
    network: Network,
    documents: Sequence[Encoded],
    *,
    characters: int,
    device: torch.device = _CPU,
) -> dict[str, float]:
    """The scores of :func:`seqkit.decoding.metrics.text_scores`, with state carried on.

    Args:
        network: A generation model.
        documents: Scored as one text, each ended by the end symbol.
        characters: How many characters they have, each end counted as one.
        device: The network's.
    """
    total = count = 0.0
    suggested = 0
    state = None
    for batch in evaluation_streams(documents):
        moved = batch.to(device)
        assert moved.targets is not None
        if state is None:
            state = network.initial_state(len(moved.lengths))
        logits, state = network.run(moved.ids, moved.lengths, state)
        loss, steps = network.head.loss(logits, moved.targets, moved.lengths)
        total += float(loss)
        count += float(steps)
        suggested += _suggested(logits, moved.targets)
    return text_scores(total, tokens=int(count), suggested=suggested, characters=characters)


def _suggested(logits: Tensor, targets: Tensor) -> int:
    """How many targets ``(T, B)`` are among their likeliest tokens; see SUGGESTIONS."""
    real = targets != IGNORED
    logits, targets = logits[real], targets[real]
    likelier = logits > logits.gather(1, targets.unsqueeze(1))
    return int((likelier.sum(dim=1) < SUGGESTIONS).sum())
