"""The likeliest sequences of tags, from a score for each tag and for each two neighbours.

Viterbi 1967, "Error bounds for convolutional codes and an asymptotically optimum decoding
algorithm"; as a search over tags: Rabiner 1989, "A tutorial on hidden Markov models", section
III.B. The score of a path is the sum of its tags' scores and of the transitions between them, from
what is before the sentence to what is after it.

Weights are ``(L + 1, L + 1)``, as :attr:`seqkit.decoding.chain.Chain.weights` has them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

#: Numbers that are worked on at once, which fit in a processor's cache.
_AT_ONCE = 1 << 17
#: Tokens that are read side by side at most, padding included.
_MOST_TOKENS = 1 << 16
#: Stands for a tag that the network rules out, so that a path remains where it rules out all.
_LEAST = -1e30


@dataclass(frozen=True, slots=True)
class Group:
    """Sentences side by side, the longest first.

    Attributes:
        indices: Which they are, ``(B,)``.
        emissions: float64 ``(T, B, L)``, zeros beyond each sentence's end.
        alive: ``(T + 1,)``, how many sentences are longer than so many tokens.
    """

    indices: np.ndarray
    emissions: np.ndarray
    alive: list[int]

    def split(self, rows: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
        """Each sentence's number and its own part of rows ``(T, B, ...)``."""
        lengths = (np.array(self.alive)[:, np.newaxis] > np.arange(len(self.indices))).sum(axis=0)
        for column, (index, length) in enumerate(zip(self.indices, lengths, strict=True)):
            yield int(index), rows[:length, column]


def groups(sentences: Sequence[np.ndarray]) -> Iterator[Group]:
    """Parts sentences into groups of like length; those without tokens are left out.

    Args:
        sentences: ``(tokens, L)`` each.
    """
    lengths = np.array([len(s) for s in sentences], dtype=np.int64)
    order = np.argsort(-lengths, kind="stable")[: np.count_nonzero(lengths)]
    start = 0
    while start < len(order):
        T, L = sentences[order[start]].shape
        most = max(1, min(_AT_ONCE // L**2, _MOST_TOKENS // T))
        indices = order[start : start + most]
        emissions = np.zeros((T, len(indices), L))
        for column, index in enumerate(indices):
            emissions[: lengths[index], column] = sentences[index]
        alive = (lengths[indices] > np.arange(T + 1)[:, np.newaxis]).sum(axis=1)
        yield Group(indices, np.maximum(emissions, _LEAST), alive.tolist())
        start += most


def best_paths(weights: np.ndarray, sentences: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The tags of each sentence's best path; of equal ones, the first tags from the end.

    Args:
        weights: ``(L + 1, L + 1)``.
        sentences: Scores of each tag, ``(tokens, L)`` each, without NaN.

    Returns:
        int64 ``(tokens,)`` each.
    """
    found = [np.zeros(0, np.int64)] * len(sentences)
    for group in groups(sentences):
        for index, path in group.split(_best_paths(weights, group)):
            found[index] = path
    return found


def _best_paths(weights: np.ndarray, group: Group) -> np.ndarray:
    """int64 ``(T, B)``."""
    between, begin, end = weights[:-1, :-1], weights[-1, :-1], weights[:-1, -1]
    T, B, _ = group.emissions.shape
    best = begin + group.emissions[0]
    until = [best]  # the best path to each tag at each step, (sentences still alive, L)
    for t in range(1, T):
        n = group.alive[t]
        steps = best[:n, :, np.newaxis] + between  # (n, L before, L after)
        best = steps.max(axis=1) + group.emissions[t, :n]
        until.append(best)
    paths = np.zeros((T, B), np.int64)
    for t in reversed(range(T)):
        n, longer = group.alive[t], group.alive[t + 1]
        paths[t, longer:n] = (until[t][longer:] + end).argmax(axis=1)
        if longer:
            after = paths[t + 1, :longer]
            paths[t, :longer] = (until[t][:longer] + between.T[after]).argmax(axis=1)
    return paths


def n_best_paths(
    weights: np.ndarray, emissions: np.ndarray, num: int
) -> list[tuple[np.ndarray, float]]:
    """The best paths of one sentence, each with its score.

    Schwartz and Chow 1990, "The N-best algorithm": at each step the best ``num`` paths to each tag
    are kept rather than the best one.

    Args:
        weights: ``(L + 1, L + 1)``.
        emissions: Scores of each tag, ``(tokens, L)``, at least one token, without NaN.
        num: How many.

    Returns:
        At most ``num``, the best first; as many as there are allowed ones.
    """
    between, begin, end = weights[:-1, :-1], weights[-1, :-1], weights[:-1, -1]
    emissions = np.maximum(emissions.astype(np.float64), _LEAST)
    L = len(between)
    scores = (begin + emissions[0])[:, np.newaxis]  # (L, paths to each tag)
    came: list[tuple[np.ndarray, int]] = []  # whence each path came, and how many led to a tag
    for row in emissions[1:]:
        steps = scores[:, :, np.newaxis] + between[:, np.newaxis]  # (L, paths, L after)
        flat = steps.reshape(-1, L).T  # (L after, L * paths)
        order = np.argsort(-flat, axis=1, kind="stable")[:, :num]
        came.append((order, scores.shape[1]))
        scores = np.take_along_axis(flat, order, axis=1) + row[:, np.newaxis]
    total = (scores + end[:, np.newaxis]).ravel()
    found = []
    for last in np.argsort(-total, kind="stable")[:num]:
        if total[last] == -np.inf:
            break
        found.append((_trace(came, int(last), scores.shape[1]), float(total[last])))
    return found


def _trace(came: Sequence[tuple[np.ndarray, int]], last: int, paths: int) -> np.ndarray:
    """The tags, int64, of the path whose end is number ``last``, of ``paths`` to each tag."""
    tags = []
    for order, before in reversed(came):
        tag, path = divmod(last, paths)
        tags.append(tag)
        last, paths = int(order[tag, path]), before
    tags.append(last)
    return np.array(tags[::-1], dtype=np.int64)
