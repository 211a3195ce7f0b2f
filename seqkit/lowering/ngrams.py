"""The sum of the weights of a text's n-grams, as :mod:`seqkit.nn.ngrams` has it."""

from __future__ import annotations

import numpy as np

from seqkit.lowering.graph import Graph
from seqkit.ngrams import FACTOR, PRIME


def ngrams(
    graph: Graph, ids: str, lengths: str, start: str, table: np.ndarray, *, longest: int
) -> str:
    """Add the weights of each text's n-grams, hashed as :mod:`seqkit.ngrams` says.

    Args:
        graph: Where to.
        ids: int64 ``(T, B)``.
        lengths: int64 ``(B,)``.
        start: What they are added to, ``(B, L)``.
        table: ``(K, L)``, the weights of each bucket.
        longest: The longest n-gram, in tokens.

    Returns:
        ``(B, L)``.
    """
    zero, one = graph.constant(0), graph.constant(1)
    first, buckets = graph.constant([0]), graph.constant(len(table))
    shape = graph.add("Shape", ids)
    T, B = graph.add("Gather", shape, zero), graph.add("Gather", shape, one)
    text = graph.add("Mul", graph.add("Range", zero, B, one), buckets)  # (B,)
    raised = graph.add("Add", ids, one)
    factor, prime = graph.constant(FACTOR), graph.constant(PRIME)
    found = []
    for n in range(1, longest + 1):
        before = graph.constant(n - 1)
        count = graph.add("Max", graph.add("Sub", T, before), zero)
        hashed = graph.constant(n)
        for k in range(n):
            end = graph.add("Unsqueeze", graph.add("Add", count, graph.constant(k)), first)
            part = graph.add("Slice", raised, graph.constant([k]), end, first)
            hashed = graph.add("Mul", graph.add("Add", hashed, part), factor)
            hashed = graph.add("Mod", hashed, prime)
        keys = graph.add("Add", graph.add("Mod", hashed, buckets), text)  # (count, B)
        last = graph.add("Add", graph.add("Range", zero, count, one), before)
        last = graph.add("Unsqueeze", last, graph.constant([1]))
        found.append(graph.add("Compress", keys, _flat(graph, graph.add("Less", last, lengths))))
    # a key is a text and a bucket, so that each bucket counts once a text
    keys = graph.add("Unique", graph.add("Concat", *found, axis=0), sorted=1)
    rows = graph.add("Gather", graph.constant(table), graph.add("Mod", keys, buckets))
    texts = graph.add("Unsqueeze", graph.add("Div", keys, buckets), graph.constant([1]))
    return graph.add("ScatterND", start, texts, rows, reduction="add")


def _flat(graph: Graph, x: str) -> str:
    return graph.add("Reshape", x, graph.constant([-1]))
