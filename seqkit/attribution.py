"""Which words bring a label its logit: integrated gradients over the input's vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from seqkit.bundle.load import Bundle
from seqkit.encoding import Encoded, ExampleEncoder
from seqkit.errors import UsageError, did_you_mean
from seqkit.examples import Example, TokensExample, text_of
from seqkit.nn.network import Network
from seqkit.predictions import Classification, MultiClassification, Tagging
from seqkit.reports import Explanation, WordShare, tolerance
from seqkit.runtimes.padding import pad
from seqkit.runtimes.torch import TorchRuntime, tensors
from seqkit.tokenizers.words import split_words

#: Steps at most; where the integral takes more to be near enough, its sum is left coarse.
MOST_STEPS = 1024
#: The pieces that the path is cut in at first, each later one in so many, and the steps of each.
_PIECES, _PARTS, _NODES = 8, 4, 4
#: Pieces that are no longer than this are cut no more: a float32 hardly tells places in them apart.
_NARROW = 1e-7
#: The longest text, in tokens: all that the cell computes of it is kept for the gradient.
MOST_TOKENS = 10_000
#: Vectors that are run at once at most, and numbers in them, which bound the memory.
_VECTORS, _NUMBERS = 16_384, 1 << 24


@dataclass(frozen=True, slots=True)
class _Logit:
    """The number that is explained: a column of the logits, at one step or of the whole text."""

    column: int
    sign: int
    step: int | None

    def of(self, logits: Tensor) -> Tensor:
        """``(B, L)`` or ``(T, B, L)`` to ``(B,)``."""
        row = logits if self.step is None else logits[self.step]
        return self.sign * row[:, self.column]


class Explainer:
    """Explains one model's labels, for any number of threads.

    This is Sundararajan, Taly and Yan 2017, "Axiomatic attribution for deep networks". For a logit
    ``F`` of the input's vectors ``x`` and a baseline ``x'`` of zeros, which is what padding has,

    ::

        share_i = (x_i - x'_i) * integral over a from 0 to 1 of dF/dx_i (x' + a (x - x'))

    summed over the features of each token. By the axiom of completeness all shares add up to
    ``F(x) - F(x')``, by which :func:`integrate` checks its sum and makes it finer. What a head adds
    to its logits from the ids themselves is shared out by the head, without any sum, and so is all
    that a head makes of ids alone. What is read around a sentence is the same at the baseline, and
    has no share.

    Args:
        bundle: An open bundle.
        encoder: The model's.
        threads: As :class:`seqkit.runtimes.base.Runtime` has it.

    Raises:
        UsageError: The model has no logit for each label.
    """

    def __init__(self, bundle: Bundle, encoder: ExampleEncoder, *, threads: int = 0) -> None:
        self._labels, self._width = bundle.decoder.labels, bundle.decoder.output_size
        self._arity = bundle.recipe.head_spec.arity
        self._encoder = encoder
        pairs = ((1, 2), (len(self._labels), len(self._labels)))
        if (
            self._arity not in ("many-to-one", "many-to-many")
            or not self._labels
            or (self._width, len(self._labels)) not in pairs
        ):
            raise UsageError(
                f"The {bundle.manifest.task} model {bundle.path} can't be explained",
                why="it has no logit for each label",
            )
        self._network: Network = TorchRuntime(bundle, threads=threads).network
        if not self._network.reads_ids:
            # which need not know of vectors that are not the table's own
            self._network.encoder.kernel = None

    def explain(self, example: Example, label: str, *, word: int | None = None) -> Explanation:
        """Share a label's logit out among the words.

        Args:
            example: A text, or given tokens.
            label: One of the model's.
            word: For a tagger, which word's tag it is, counted from 0.

        Raises:
            UsageError: The label or the word is not there, the text is empty or too long, or the
                head reads ids and does not say what each of them brings.
        """
        example = self._in_words(example)
        encoded = self._encoder.encode(example, with_target=False)
        _check_length(len(encoded))
        logit = self._logit(encoded, label, word)
        own = self._own(example, encoded)
        shares, before, after, steps = self._by_vectors(encoded, own, logit)
        residual = after - before - float(shares.sum())
        credit = self._network.head.credit(torch.from_numpy(encoded.ids.astype(np.int64)))
        if credit is None and self._network.reads_ids:
            raise UsageError(
                "What the model makes of a text can't be shared out among its words",
                why=f"{type(self._network.head).__name__} does not say what each token brings",
            )
        if credit is not None:
            direct = (logit.sign * credit[:, logit.column]).double().numpy()
            shares = shares + direct
            before -= float(direct.sum())
        return Explanation(
            text=text_of(example),
            label=label,
            word=word,
            logit=after,
            baseline=before,
            words=self._by_word(example, encoded, own, shares),
            residual=residual,
            steps=steps,
        )

    def _in_words(self, example: Example) -> Example:
        """A text that is to be tagged in its words; anything else as it is."""
        if self._arity == "many-to-one" or isinstance(example, TokensExample):
            return example
        text = example.text
        words = tuple(text[a:b] for a, b in split_words(text))
        return TokensExample(words, example.source, before=example.before, after=example.after)

    def _own(self, example: Example, encoded: Encoded) -> slice:
        """Those of the tokens that are read which are not of what stands around a sentence."""
        if encoded.steps is None:
            return slice(0, len(encoded))
        alone = replace(example, before=(), after=())
        end = int(encoded.steps[-1]) + 1
        return slice(end - len(self._encoder.encode(alone, with_target=False)), end)

    def _logit(self, encoded: Encoded, label: str, word: int | None) -> _Logit:
        if label not in self._labels:
            raise UsageError(
                f"The model has no label '{label}'", fix=did_you_mean(label, self._labels)
            )
        if (word is None) != (encoded.steps is None):
            raise UsageError(
                "The word is missing" if word is None else f"There is a word, {word}",
                why="a tagger has a label for each word, and a classifier one for the whole text",
                fix="Say which word's tag is meant" if word is None else "Leave it out",
            )
        step = None
        if encoded.steps is not None:
            assert word is not None
            if not 0 <= word < len(encoded.steps):
                raise UsageError(
                    f"There is no word {word}", why=f"words are 0 to {len(encoded.steps) - 1}"
                )
            step = int(encoded.steps[word])
        index = self._labels.index(label)
        # one logit for two labels speaks for the second
        return _Logit(index, 1, step) if self._width > 1 else _Logit(0, 2 * index - 1, step)

    def _by_vectors(
        self, encoded: Encoded, own: slice, logit: _Logit
    ) -> tuple[np.ndarray, float, float, int]:
        """Each token's share ``(T,)``, the logit at the baseline, that at the input, and steps."""
        network, padded = self._network, pad([encoded])
        ids, *beside = tensors(padded)  # ids (T, 1)
        if network.reads_ids:
            value = logit.of(network(ids, torch.from_numpy(padded.lengths))).item()
            return np.zeros(len(ids)), value, value, 0
        with torch.no_grad():
            x: Tensor = network.embedding(ids, *beside)
            if not x.is_floating_point():  # ids in the place of one-hot vectors
                x = F.one_hot(x, network.embedding.output_size).float()
        T, _, E = x.shape
        around = x.clone()
        around[own] = 0
        x = x - around
        size = max(1, min(_VECTORS // T, _NUMBERS // (T * E)))

        def inputs(places: np.ndarray) -> Iterator[Tensor]:
            at = torch.from_numpy(places).to(x).view(1, -1, 1)
            # (T, size, E) each
            return (around + at[:, k : k + size] * x for k in range(0, len(places), size))

        def run(one: Tensor) -> Tensor:
            B = one.shape[1]
            return logit.of(network.from_vectors(one, ids.expand(T, B), torch.full((B,), T)))

        @torch.no_grad()
        def values(places: np.ndarray) -> np.ndarray:
            parts = [run(one) for one in inputs(places)]
            return np.asarray(torch.cat(parts).double().numpy())

        def slopes(places: np.ndarray) -> np.ndarray:
            found = []
            for one in inputs(places):
                one.requires_grad_()
                (slope,) = torch.autograd.grad(run(one).sum(), one)
                found.append((slope * x).sum(dim=2))  # (T, size)
            return np.asarray(torch.cat(found, dim=1).double().numpy())

        return integrate(values, slopes)

    def _by_word(
        self, example: Example, encoded: Encoded, own: slice, shares: np.ndarray
    ) -> tuple[WordShare, ...]:
        text = text_of(example)
        if encoded.steps is not None:
            assert isinstance(example, TokensExample)
            spans, start = [], 0
            for token in example.tokens:
                spans.append((start, start + len(token)))
                start += len(token) + 1
            shares = shares[own]
            of = np.searchsorted(encoded.steps - own.start, np.arange(len(shares)))
        else:
            spans, of = self._words_read(text, len(encoded))
        summed = np.bincount(of, weights=shares, minlength=len(spans)).tolist()
        read = np.bincount(of, minlength=len(spans)).tolist()
        return tuple(
            WordShare(text=text[a:b], start=a, end=b, share=share)
            for (a, b), share, tokens in zip(spans, summed, read, strict=True)
            if tokens
        )

    def _words_read(self, text: str, count: int) -> tuple[list[tuple[int, int]], np.ndarray]:
        """The words of a text, and which of them each token that is read is part of, ``(T,)``."""
        offsets = self._encoder.tokenizer.encode(text).offsets
        offsets = offsets[-count:] if self._encoder.limits.keep == "end" else offsets[:count]
        words = split_words(text)
        if self._encoder.tokenizer.tokens_are_words or not words:
            return offsets, np.arange(count)
        ends = np.array([end for _, end in words])
        # a space is part of the word after it
        of = np.searchsorted(ends, [start for start, _ in offsets], side="right")
        return words, of.clip(max=len(words) - 1)


def likeliest(answer: Any, word: int | None) -> str:
    """The likeliest label of a text or of one of its words; empty where there is none.

    Args:
        answer: What the model's decoder answered to the text.
        word: For a tagger, which word, counted from 0.
    """
    match answer:
        case Classification(label=label):
            return label
        case MultiClassification(probabilities=chances):
            return max(chances, key=lambda name: chances[name], default="")
        case Tagging(tokens=tokens) if word is not None and 0 <= word < len(tokens):
            return tokens[word].tag
    return ""


def integrate(
    values: Callable[[np.ndarray], np.ndarray], slopes: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, float, float, int]:
    """Integrate the parts of a function's slope over its path from 0 to 1.

    Over any piece of the path the parts' integrals add up to the difference of the function
    between its ends, which tells where a sum is too coarse: there the piece is cut in smaller
    ones. A recurrent network's logit can rise steeply within a thousandth of the path, where even
    steps would need thousands of them, and it can jump where its state tips over. No sum is near a
    jump, and slopes that were met on one say nothing: what misses more of a piece than there is to
    it is left out.

    Args:
        values: Of places ``(n,)`` the function's values ``(n,)``.
        slopes: Of places ``(n,)`` the parts of its slope, ``(parts, n)``.

    Returns:
        The integral of each part, ``(parts,)``; the function at 0 and at 1; and how many places
        the slopes were asked for.
    """
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    nodes, weights = (nodes + 1) / 2, weights / 2  # from -1..1 to 0..1

    def summed(edges: np.ndarray) -> list[_Piece]:
        ends, widths = values(edges.ravel()).reshape(edges.shape), edges[:, 1] - edges[:, 0]
        places = edges[:, :1] + widths[:, np.newaxis] * nodes  # (pieces, nodes)
        found = slopes(places.ravel()).reshape(-1, *places.shape)  # (parts, pieces, nodes)
        integrals = (found @ weights * widths).T  # (pieces, parts)
        missed = ends[:, 1] - ends[:, 0] - integrals.sum(axis=1)
        return [_Piece(*piece) for piece in zip(edges, integrals, missed, strict=True)]

    before, after = values(np.array([0.0, 1.0])).tolist()
    near = tolerance(after - before)
    pieces, steps = summed(_cut(np.array([0.0, 1.0]), _PIECES)), _PIECES * _NODES
    while sum(abs(piece.missed) for piece in pieces) > near:
        least = near / (2 * len(pieces))
        coarse = [p for p in pieces if abs(p.missed) > least and np.ptp(p.edges) > _NARROW]
        coarse.sort(key=lambda p: -abs(p.missed))
        coarse = coarse[: (MOST_STEPS - steps) // (_PARTS * _NODES)]
        if not coarse:
            break
        edges = np.concatenate([_cut(piece.edges, _PARTS) for piece in coarse])
        pieces = [p for p in pieces if p not in coarse] + summed(edges)
        steps += len(edges) * _NODES
    told = [p.integrals for p in pieces if abs(p.missed) <= abs(p.missed + p.integrals.sum())]
    return np.sum([0 * pieces[0].integrals, *told], axis=0), before, after, steps


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """A piece of the path: its ends ``(2,)``, its integrals, and what their sum misses."""

    edges: np.ndarray
    integrals: np.ndarray
    missed: float


def _cut(edges: np.ndarray, parts: int) -> np.ndarray:
    """A piece in equal parts, the ends of each; ``(parts, 2)``."""
    ends = np.linspace(edges[0], edges[1], parts + 1)
    return np.stack([ends[:-1], ends[1:]], axis=1)


def _check_length(tokens: int) -> None:
    if not tokens:
        raise UsageError("There is nothing to explain", why="the text has no token")
    if tokens > MOST_TOKENS:
        raise UsageError(
            f"The text is too long to explain, {tokens:,} tokens",
            why=f"the gradient of more than {MOST_TOKENS:,} takes too much memory",
            fix="Cut it",
        )
