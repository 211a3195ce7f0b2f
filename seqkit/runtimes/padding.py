"""Batches of examples of like length, and back: numpy alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from seqkit.contextual import Context, Written, side_by_side
from seqkit.encoding import Encoded
from seqkit.spelling import Spelling, distinct
from seqkit.tokenizers.base import PAD

#: Tokens in a batch at most, padding included, which bounds the memory that prediction takes.
BATCH_TOKENS = 16_384


@dataclass(frozen=True, slots=True)
class Padded:
    """Some examples side by side, time first.

    Attributes:
        ids: int64 ``(T, B)``, padding after each example's length.
        lengths: int64 ``(B,)``.
        features: int64 ``(T, B, F)``, or none.
        spelling: The words' characters, or none.
        context: The sentences' characters, or float32 ``(T, B, D)``, what models make of them where
            it is known already; or none.
    """

    ids: np.ndarray
    lengths: np.ndarray
    features: np.ndarray | None
    spelling: Spelling[np.ndarray] | None = None
    context: Context[np.ndarray] | np.ndarray | None = None


def alike(examples: Sequence[Encoded], *, batch_tokens: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """Parts the examples into batches of like length; the indices of each.

    Args:
        examples: In any order.
        batch_tokens: Tokens in a batch at most, padding included; an example that is longer has a
            batch of its own. Where sentences are read a character at a time, characters are what
            is counted.
    """
    sizes = [len(e) if e.letters is None else len(e.letters) for e in examples]
    order = sorted(range(len(examples)), key=sizes.__getitem__)
    start = 0
    while start < len(order):
        end = start + 1
        while end < len(order) and (end - start + 1) * sizes[order[end]] <= batch_tokens:
            end += 1
        yield order[start:end]
        start = end


def pad(examples: Sequence[Encoded]) -> Padded:
    """Pad examples on the right to the longest of them, and to one step at least.

    Args:
        examples: At least one; either all have features, or characters, or none.
    """
    lengths = np.array([len(e) for e in examples], dtype=np.int64)
    T, B = max(1, int(lengths.max())), len(examples)
    ids = np.full((T, B), PAD, dtype=np.int64)
    first = examples[0].features
    features = None if first is None else np.zeros((T, B, first.shape[1]), dtype=np.int64)
    for column, example in enumerate(examples):
        ids[: len(example), column] = example.ids
        if features is not None:
            assert example.features is not None
            features[: len(example), column] = example.features
    return Padded(
        ids, lengths, features, _spelling(examples, ids.shape), _context(examples, ids.shape)
    )


def _spelling(examples: Sequence[Encoded], shape: tuple[int, ...]) -> Spelling[np.ndarray] | None:
    rows = [e.characters for e in examples if e.characters is not None]
    if not rows:
        return None
    characters, places = distinct(np.concatenate(rows))
    words = np.zeros(shape, dtype=np.int64)
    start = 0
    for column, example in enumerate(examples):
        end = start + len(example)
        words[: len(example), column] = places[start:end]
        start = end
    return Spelling(characters, words)


def _context(
    examples: Sequence[Encoded], shape: tuple[int, ...]
) -> Context[np.ndarray] | np.ndarray | None:
    if (first := examples[0].states) is not None:
        states = np.zeros((*shape, first.shape[1]), dtype=np.float32)
        for column, example in enumerate(examples):
            states[: len(example), column] = example.states
        return states
    written = [
        Written(e.letters, e.places)
        for e in examples
        if e.letters is not None and e.places is not None
    ]
    return side_by_side(written, shape[0]) if written else None


def unpad(logits: np.ndarray, examples: Sequence[Encoded]) -> list[np.ndarray]:
    """Each example's own logits, from those of a batch.

    Args:
        logits: ``(B, L)`` or ``(T, B, L)``.
        examples: The batch's, in its order.
    """
    if examples and examples[0].steps is None:
        return list(logits)
    return [logits[e.steps, column] for column, e in enumerate(examples)]
