"""N-grams in the graph, held against the hash that all runtimes share."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from seqkit.lowering.graph import Graph, embed
from seqkit.lowering.ngrams import ngrams
from seqkit.ngrams import ngram_buckets


@pytest.mark.parametrize("longest", [1, 2, 5])
@pytest.mark.parametrize("buckets", [3, 1 << 20])
def test_each_bucket_of_a_text_adds_its_weights_once(longest, buckets):
    rng = np.random.default_rng(0)
    lengths, T = np.array([7, 1, 3, 2]), 7
    ids = rng.integers(0, 2**31 - 1, (T, 4))
    ids[:3, 2] = 5  # the same n-gram twice
    table = rng.integers(0, 100, (buckets, 2)).astype(np.float32)
    start = rng.integers(0, 100, (4, 2)).astype(np.float32)

    graph = Graph()
    names = [graph.input("ids", np.int64, ["T", "B"]), graph.input("lengths", np.int64, ["B"])]
    before = graph.input("start", np.float32, ["B", 2])
    summed = ngrams(graph, *names, before, table, longest=longest)
    graph.output("sum", summed, ["B", 2])
    model = embed(graph.model({}), graph.arrays)
    session = onnxruntime.InferenceSession(model.SerializeToString())

    flat = np.concatenate([ids[:n, column] for column, n in enumerate(lengths)])
    found, counts = ngram_buckets(flat, lengths, longest=longest, buckets=buckets)
    text = np.repeat(np.arange(4), counts)
    wanted = start.copy()
    np.add.at(wanted, text, table[found])
    (got,) = session.run(None, {"ids": ids, "lengths": lengths, "start": start})
    np.testing.assert_array_equal(got, wanted)
    (alone,) = session.run(None, {"ids": ids[:1, :1], "lengths": lengths[1:2], "start": start[:1]})
    one, _ = ngram_buckets(ids[:1, 0], lengths[1:2], longest=longest, buckets=buckets)
    np.testing.assert_array_equal(alone[0], start[0] + table[one].sum(axis=0))
