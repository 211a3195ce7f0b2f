"""How far back a model's gradient reaches: the vanishing gradient, seen.

Backpropagation through time multiplies the gradient by the derivative of one step for each step
that it goes back, so that it fades or grows as a power of the distance (Hochreiter 1991; Bengio,
Simard and Frasconi 1994, "Learning long-term dependencies with gradient descent is difficult").
What is measured is the norm of the gradient of a loss by the input vector of each step: that of the
last step's answer, or of the one answer that there is to a whole text.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

import msgspec
import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from seqkit.bundle.load import Bundle
from seqkit.decoding.base import Decoder
from seqkit.encoding import IGNORED, Encoded, ExampleEncoder
from seqkit.errors import DataError, UsageError
from seqkit.examples import Example, TextExample, TokensExample, text_of, words_of
from seqkit.nn.network import Network
from seqkit.predictions import Classification, MultiClassification, Tagging
from seqkit.runtimes.padding import alike
from seqkit.runtimes.torch import TorchRuntime
from seqkit.specs import Arity
from seqkit.training.batching import Batch, collate, join

#: Windows of running text, or examples, that are looked at unless more are asked for.
EXAMPLES = 200
#: Steps that are looked back over in running text.
STEPS = 64
#: What the examples of tasks are that have an answer at each step, of which the last one counts.
_ITEMS = {"many-to-many": "sentences", "one-to-many": "windows"}


class Reach(msgspec.Struct, frozen=True, kw_only=True):
    """How large the gradient is by the distance that it has come.

    Attributes:
        model: What the bundle is called.
        task: Its head.
        cell: Its cell.
        loss: What is derived: ``last step``, or ``whole text``.
        items: What the means are over: ``texts``, ``sentences``, or ``windows`` of running text.
        examples: How many.
        norms: Mean norm of the gradient by the input at each distance, from 0, the last step.
        relative: The same as shares of that at distance 0.
        counts: How many of the items are so long.
    """

    model: str
    task: str
    cell: str
    loss: str
    items: str
    examples: int
    norms: list[float]
    relative: list[float]
    counts: list[int]


def reach(
    bundle: Bundle,
    examples: Iterable[Example],
    *,
    limit: int = EXAMPLES,
    steps: int = STEPS,
    name: str = "",
) -> Reach:
    """Measure a model's gradient on some texts.

    Without dropout. The answers are those that the examples are labelled with; where they are not,
    the model's own.

    Args:
        bundle: An open bundle.
        examples: Texts or sentences; for a model that writes, one running text.
        limit: How many of them at most, or windows of the running text.
        steps: Distances at most; also the length of those windows.
        name: What to call the bundle; its path unless given.

    Raises:
        DataError: There is nothing to measure on.
        UsageError: A limit is less than one, the head gives an answer that is no label, or there
            are no layers.
    """
    if min(limit, steps) < 1:
        raise UsageError("There is nothing to measure", fix="Look at a text and a step at least")
    if bundle.recipe.head_spec.reads == "ids":
        raise UsageError(
            f"{bundle.path} has no gradient to measure",
            why=f"the {bundle.manifest.task} head reads ids, and no layer stands before it",
            fix="Name a model with a cell",
        )
    runtime = TorchRuntime(bundle)
    network = runtime.network
    network.encoder.kernel = network.embedding.kernel = None  # which need not know of such leaves
    arity = bundle.recipe.head_spec.arity
    encoder = ExampleEncoder(
        bundle.tokenizer,
        bundle.decoder,
        arity,
        bundle.recipe.encoder,
        characters=bundle.recipe.embedding.spells,
        letters=bundle.letters,
    )
    if arity == "one-to-many":
        batches = _windows(encoder, examples, limit=limit, steps=steps)
    else:
        batches = _labelled(runtime, encoder, islice(examples, limit), arity)
    sums, counts = np.zeros(steps), np.zeros(steps, dtype=np.int64)
    for batch in batches:
        for norms in gradient_norms(network, batch):
            back = norms[::-1][:steps]
            sums[: len(back)] += back
            counts[: len(back)] += 1
    longest = int((counts > 0).sum())
    if not longest:
        raise DataError("There is nothing to measure on", why="no text has a token and an answer")
    means = sums[:longest] / counts[:longest]
    return Reach(
        model=name or str(bundle.path),
        task=bundle.manifest.task,
        cell=bundle.recipe.cell.name,
        loss="last step" if arity in _ITEMS else "whole text",
        items=_ITEMS.get(arity, "texts"),
        examples=int(counts[0]),
        norms=means.tolist(),
        relative=(means / means[0] if means[0] else 0 * means).tolist(),
        counts=counts[:longest].tolist(),
    )


def gradient_norms(network: Network, batch: Batch) -> Iterator[np.ndarray]:
    """The norm of the gradient of each sequence's loss by the input vector of each of its steps.

    Args:
        network: In evaluation mode.
        batch: With targets; the loss is summed over those that are not ignored.

    Returns:
        ``(n,)`` for each sequence of ``n`` steps, the first step first.
    """
    leaves: list[Tensor] = []

    def begin_here(_: nn.Module, __: Any, output: Tensor) -> Tensor:
        if not output.is_floating_point():  # ids in the place of one-hot vectors
            output = F.one_hot(output, network.embedding.output_size).float()
        leaves.append(output.detach().requires_grad_())
        return leaves[0]

    handle = network.embedding.register_forward_hook(begin_here)
    try:
        logits = network(batch.ids, batch.lengths, *batch.beside)
    finally:
        handle.remove()
    assert batch.targets is not None
    total, _ = network.head.loss(logits, batch.targets, batch.lengths)
    (gradient,) = torch.autograd.grad(total, leaves)
    norms = gradient.norm(dim=-1).numpy()  # (T, B)
    for column, length in enumerate(batch.lengths.tolist()):
        yield norms[:length, column]


def _windows(
    encoder: ExampleEncoder, examples: Iterable[Example], *, limit: int, steps: int
) -> Iterator[Batch]:
    """Running text cut in windows, of each of which only the last step has a target."""
    ids = join([encoder.encode(e, with_target=False) for e in examples])
    count = min(limit, (len(ids) - 1) // steps)
    if not count:  # a text that is shorter than a window is one
        count, steps = 1, len(ids) - 1
    if not steps:
        return
    places = np.arange(count) * steps
    window = ids[places + np.arange(steps + 1)[:, np.newaxis]].astype(np.int64)  # (T + 1, B)
    targets = np.full((steps, count), IGNORED, dtype=np.int64)
    targets[-1] = window[-1]
    yield Batch(
        torch.from_numpy(window[:-1]),
        torch.full((count,), steps),
        targets=torch.from_numpy(targets),
    )


def _labelled(
    runtime: TorchRuntime, encoder: ExampleEncoder, examples: Iterable[Example], arity: Arity
) -> Iterator[Batch]:
    """Batches of examples that have an answer; of a tagger, only that to the last token."""
    encoded = []
    for example in examples:
        one = encoder.encode(_answered(runtime, encoder, example), with_target=True)
        if not len(one) or one.target is None:
            continue
        if arity == "many-to-many":
            if one.target[-1] < 0:  # a tag that training never showed
                continue
            target = np.full(len(one.target), IGNORED)
            target[-1] = one.target[-1]
            one = replace(one, target=target)
        encoded.append(one)
    for indices in alike(encoded):
        yield collate([encoded[i] for i in indices])


def _answered(runtime: TorchRuntime, encoder: ExampleEncoder, example: Example) -> Example:
    """The example with its labels, or else with the model's own answer for them."""
    if example.tags if isinstance(example, TokensExample) else example.labels:
        return example
    bare: Encoded = encoder.encode(example, with_target=False)
    if not len(bare):
        return example
    (logits,) = runtime.logits([bare])
    return _with_answer(example, logits, encoder.decoder)


def _with_answer(example: Example, logits: np.ndarray, decoder: Decoder) -> Example:
    words = tuple(words_of(example))
    answer = decoder.decode(logits, example.source, [(word, 0, 0) for word in words])
    match answer:
        case Classification(label=label):
            return TextExample(text_of(example), example.source, (label,))
        case MultiClassification(labels=labels):
            return TextExample(text_of(example), example.source, labels)
        case Tagging(tokens=tokens):
            return TokensExample(words, example.source, tuple(token.tag for token in tokens))
    raise UsageError(
        "These texts have no labels",
        why="what the model answers is none either",
        fix="Name a FILE of labelled examples",
    )
