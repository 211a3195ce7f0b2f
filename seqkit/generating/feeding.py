"""Texts that a generation model has read: its logits and its state after them."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from seqkit.runtimes.base import Runtime
from seqkit.tokenizers.base import PAD

#: Steps of a text that are read at once.
_STEPS = 256


def feed(runtime: Runtime, sequences: Sequence[Sequence[int]]) -> tuple[np.ndarray, Any]:
    """Read tokens of several sequences, at least one of each.

    Returns:
        The logits ``(B, V)`` after the last of each, and the state then.
    """
    going = list(range(len(sequences)))
    state = runtime.initial_state(len(going))
    done: list[int] = []
    rows, states = [], []
    # in pieces, so that long seeds do not need memory for all their steps at once
    for start in itertools.count(0, _STEPS):
        parts = [sequences[i][start : start + _STEPS] for i in going]
        lengths = np.array([len(part) for part in parts])
        ids = np.full((lengths.max(), len(parts)), PAD)
        for column, part in enumerate(parts):
            ids[: len(part), column] = part
        logits, state = runtime.advance(ids, lengths, state)
        ended = [row for row, i in enumerate(going) if len(sequences[i]) <= start + _STEPS]
        if len(ended) == len(sequences):
            break  # most often all are short
        if ended:
            done += [going[row] for row in ended]
            rows.append(logits[ended])
            states.append(runtime.select(state, ended))
        kept = [row for row in range(len(going)) if row not in ended]
        if not kept:
            order = np.argsort(done)
            return np.concatenate(rows)[order], runtime.select(runtime.join(states), order.tolist())
        state = runtime.select(state, kept)
        going = [going[row] for row in kept]
    return logits, state
