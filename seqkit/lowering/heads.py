"""The built-in heads, from the encoder's steps to logits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from seqkit.lowering.adaptive_softmax import adaptive_softmax
from seqkit.lowering.graph import Graph
from seqkit.lowering.ngrams import ngrams
from seqkit.lowering.poolings import POOLINGS, padding
from seqkit.lowering.weights import Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadInput:
    """What a head's lowering is given.

    Attributes:
        ids: int64 ``(T, B)``.
        lengths: int64 ``(B,)``, each at least 1.
        steps: The encoder's output at each step, ``(T, B, D)``, zeros beyond each length; the ids
            for a head that reads those.
        end: What each direction gives after it has read everything, ``(B, D)``; empty likewise.
        embedding: The table of vectors in the graph, ``(V, E)``; empty where input is one-hot.
        embedding_size: ``E``.
        input_size: ``D``.
        output_size: ``L``.
        options: The head's.
        weights: The head's.
    """

    ids: str
    lengths: str
    steps: str
    end: str
    embedding: str
    embedding_size: int
    input_size: int
    output_size: int
    options: Any
    weights: Weights


def generation(graph: Graph, head: HeadInput) -> str:
    """``generation``: the logits after each sequence's last token, ``(B, V)``."""
    x, D, V = head.end, head.input_size, head.output_size
    if head.options.softmax == "adaptive":
        return adaptive_softmax(
            graph,
            x,
            head.weights.below("adaptive."),
            input_size=D,
            vocab_size=V,
            cutoffs=head.options.cutoffs,
        )
    bias = graph.constant(head.weights.take("bias", V))
    if not head.options.tie_weights:
        weight = graph.constant(head.weights.take("weight", V, D))
    else:
        weight = head.embedding
        if head.embedding_size != D:
            projection = head.weights.take("projection.weight", head.embedding_size, D)
            x = graph.add("MatMul", x, graph.constant(projection.T))
    return graph.add("Gemm", x, weight, bias, transB=1)


def classification(graph: Graph, head: HeadInput) -> str:
    """``classification``: ``(B, L)``, with the n-grams' share where there are any."""
    L, options = head.output_size, head.options
    x, P = _pooled(graph, head)
    weight = head.weights.take("output.weight", L, P)
    bias = head.weights.take("output.bias", L)
    if not options.ngrams:
        return graph.add("Gemm", x, graph.constant(weight), graph.constant(bias), transB=1)
    table = head.weights.take("ngrams.weight", options.ngram_buckets, L)
    share = np.float32(options.ngram_share)
    bias = (1 - share) * bias + share * head.weights.take("ngrams.bias", L)
    constants = graph.constant((1 - share) * weight), graph.constant(bias)
    logits = graph.add("Gemm", x, *constants, transB=1)
    return ngrams(graph, head.ids, head.lengths, logits, share * table, longest=options.ngrams)


def _pooled(graph: Graph, head: HeadInput) -> tuple[str, int]:
    """Each text's vector, ``(B, P)``, and ``P``."""
    D, name = head.input_size, head.options.pooling
    if name == "last":
        return head.end, D
    padded = padding(graph, head.ids, head.lengths)
    weights = head.weights.below("pooling.")
    names = ("max", "mean") if name == "concat" else (name,)
    parts = [POOLINGS[part](graph, head.steps, padded, D, weights) for part in names]
    if name != "concat":
        return parts[0], D
    return graph.add("Concat", head.end, *parts, axis=-1), 3 * D


def nbsvm(graph: Graph, head: HeadInput) -> str:
    """``nbsvm``: ``(B, L)``."""
    L, options = head.output_size, head.options
    table = head.weights.take("ngrams.weight", options.ngram_buckets, L)
    bias = graph.constant(head.weights.take("ngrams.bias", L))
    texts = graph.add("Concat", graph.add("Shape", head.lengths), graph.constant([1]), axis=0)
    start = graph.add("Expand", bias, texts)
    return ngrams(graph, head.ids, head.lengths, start, table, longest=options.ngrams)


def tagging(graph: Graph, head: HeadInput) -> str:
    """``tagging``: ``(T, B, L)``; a chain's transitions are the decoder's, which has its own."""
    if head.options.crf:
        for name in ("crf.scores", "crf.barrier"):
            head.weights.take(name, head.output_size + 1, head.output_size + 1)
    weight = head.weights.take("output.weight", head.output_size, head.input_size)
    bias = graph.constant(head.weights.take("output.bias", head.output_size))
    return graph.add("Add", graph.add("MatMul", head.steps, graph.constant(weight.T)), bias)
