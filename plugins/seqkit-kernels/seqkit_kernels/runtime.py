"""The compiled runtime: runs a bundle's network to predict, without torch."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from seqkit import registry
from seqkit.bundle.load import Bundle
from seqkit.bundle.manifest import TOKENIZER, WEIGHTS, damaged
from seqkit.encoding import Encoded
from seqkit.errors import BundleError
from seqkit.lowering.weights import Weights
from seqkit.runtimes.base import Runtime, cores
from seqkit.runtimes.chunks import LongTexts, can_be_read_in_pieces, long_texts
from seqkit_kernels import compiled
from seqkit_kernels.cells import CompiledCells
from seqkit_kernels.heads import OF_ALL_STEPS, POOLINGS, Bag, Classifier, Tagger, concatenated
from seqkit_kernels.network import Network, kind_of
from seqkit_kernels.packed import (
    CellProblem,
    PackedCell,
    ReadingProblem,
    StepProblem,
    address,
)

#: Tokens that are read at once, and that memory grows with; a longer text is read alone, and in
#: pieces where more than its ids would have to be kept.
CHUNK = 1 << 17
#: Multiplications below which a second thread costs more than it saves.
WORTH_A_THREAD = 1 << 17


class CompiledRuntime(Runtime):
    """LSTM, GRU and RNN with the built-in heads, in C++.

    What each word adds to the first layer is looked up in a table, where that is no larger than
    :data:`seqkit_kernels.network.LARGEST_TABLE`, and otherwise computed for each token.
    """

    #: Whether weights are rounded to eight bits.
    eight: ClassVar[bool] = False

    @classmethod
    def obstacle(cls, bundle: Bundle) -> str:
        """A cell or head that is not seqkit's own, or that the library lacks."""
        recipe = bundle.recipe
        parts = {"cell": recipe.cell, "head": recipe.head}
        if recipe.head_spec.reads == "ids":
            del parts["cell"]
        for kind, part in parts.items():
            if registry.find(kind, part.name).distribution != "seqkit":
                return f"it knows the built-in {kind}s alone, not '{part.name}'"
        if "cell" in parts and kind_of(recipe) is None:
            return "it has no GRU with reset before the product"
        if getattr(recipe.head.options, "softmax", "full") != "full":
            return "it has no adaptive softmax"
        return ""

    def __init__(self, bundle: Bundle, *, threads: int = 0) -> None:
        self._tokenizer_path = bundle.path / TOKENIZER
        self._threads = threads or cores()
        self._library = compiled.load()
        self._network = Network(bundle, eight=self.eight)
        self._long = self._reads_long_texts(bundle)

    def _reads_long_texts(self, bundle: Bundle) -> LongTexts | None:
        """What reads a long text in pieces; none where no layer's output has to be kept whole."""
        network = self._network
        head = network.head
        if head is None or not can_be_read_in_pieces(bundle.recipe):
            return None
        if isinstance(head, Classifier) and not self._keeps(0, head.options.pooling):
            return None
        weights = Weights(network.head_weights, bundle.path / WEIGHTS)
        cells = CompiledCells(network, self._piece)
        return long_texts(bundle.recipe, cells, weights, bundle.decoder.output_size)

    def _keeps(self, layer: int, pooling: str) -> bool:
        """Whether a layer's outputs are wanted after it has been read."""
        return pooling in OF_ALL_STEPS or layer < len(self._network.layers) - 1

    def _piece(self, piece: Encoded) -> np.ndarray:
        """What the first layer reads of a piece of text: its ids, or vectors with features."""
        ids = np.ascontiguousarray(piece.ids, dtype=np.int32)
        self._check(ids)
        return self._with_features(ids, [piece]) if self._network.forms else ids

    def logits(self, examples: Sequence[Encoded]) -> list[np.ndarray]:
        """Each example's logits; see :meth:`seqkit.runtimes.base.Runtime.logits`."""
        results = [np.empty(0)] * len(examples)
        lengths = np.array([len(e.ids) for e in examples], dtype=np.int64)
        for indices in _chunks(lengths):
            chosen = [examples[i] for i in indices]
            if lengths[indices[0]] > CHUNK and self._long:
                results[indices[0]] = self._long.logits(chosen[0])
                continue
            for index, row in zip(indices, self._read(chosen, lengths[indices]), strict=True):
                results[index] = row
        return results

    def initial_state(self, batch_size: int) -> np.ndarray:
        """Zeros, ``(layers, 2, B, H)``, ``H`` with its padding."""
        return np.zeros((len(self._network.layers), 2, batch_size, self._network.P), np.float32)

    def advance(
        self, ids: np.ndarray, lengths: np.ndarray, state: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Feed tokens; see :meth:`seqkit.runtimes.base.Runtime.advance`."""
        ids = np.ascontiguousarray(ids, dtype=np.int64)
        lengths = np.ascontiguousarray(lengths, dtype=np.int64)
        T, B = ids.shape
        network = self._network
        assert state.shape == (len(network.layers), 2, B, network.P)
        assert len(lengths) == B
        stack, products = network.stack, network.products
        before = np.array(state) if T > 1 else np.ascontiguousarray(state)
        after = np.empty_like(before)
        *between, logits = (np.empty((B, cell.problem.H), np.float32) for cell in products)
        problem = StepProblem(
            T=T,
            B=B,
            V=network.V,
            threads=self._worth(B * network.work),
            layers=len(network.layers),
            products=len(products),
            ids=address(ids),
            lengths=address(lengths),
            x=self._vectors(stack[0]),
            before=address(before),
            after=address(after),
            between=address(between[0]) if between else None,
            logits=address(logits),
            cells=stack,
        )
        if not self._library.seqkit_step(ctypes.byref(problem)):
            raise self._no_row()
        return logits[:, : network.V], after

    def select(self, state: np.ndarray, rows: Sequence[int]) -> np.ndarray:
        """The states of some sequences of a batch, in the order of ``rows``."""
        return np.ascontiguousarray(state[:, :, list(rows)])

    def join(self, states: Sequence[np.ndarray]) -> np.ndarray:
        """The states of several batches as those of one."""
        return np.concatenate(list(states), axis=2)

    def _read(self, examples: Sequence[Encoded], lengths: np.ndarray) -> list[np.ndarray]:
        network = self._network
        ids = np.concatenate([e.ids for e in examples]).astype(np.int32, copy=False)
        self._check(ids)
        if isinstance(network.head, Bag):
            return list(network.head.logits(examples))
        text = _Text(ids, np.cumsum(lengths) - lengths, lengths)
        head, layers = network.head, network.layers
        pooling = head.options.pooling if isinstance(head, Classifier) else "attention"
        x = self._with_features(ids, examples) if network.forms else None
        for number, cells in enumerate(layers):
            keep = self._keeps(number, pooling)
            x, pooled = self._layer(cells, text, x, keep=keep, pooling=POOLINGS[pooling])
        if isinstance(head, Tagger):
            assert x is not None
            logits = head.logits(x, threads=self._worth(x.size * network.P))
            found = np.split(logits, text.first[1:])
            steps = [e.steps for e in examples]
            return [f if s is None else f[s] for f, s in zip(found, steps, strict=True)]
        assert isinstance(head, Classifier)
        if pooling == "attention":
            assert x is not None
            parts = np.split(self._real(x), text.first[1:])
            return list(head.logits(np.stack([head.attend(part) for part in parts]), examples))
        pooled = self._real(pooled)
        if pooling == "concat":
            assert x is not None
            pooled = concatenated(pooled, self._real(x), text.first)
        if pooling == "mean":
            pooled = pooled / lengths[:, np.newaxis].astype(np.float32)
        return list(head.logits(pooled, examples))

    def _layer(
        self,
        cells: Sequence[PackedCell],
        text: _Text,
        x: np.ndarray | None,
        *,
        keep: bool,
        pooling: int,
    ) -> tuple[np.ndarray | None, np.ndarray]:
        """Each token's output, where it is to be kept, and each text's."""
        B, width = len(text.lengths), len(cells) * self._network.P
        y = np.empty((len(text.ids), width), np.float32) if keep else None
        pooled = np.zeros((B, width), np.float32)
        problem = ReadingProblem(
            B=B,
            threads=self._worth(len(text.ids) * width * self._network.P),
            directions=len(cells),
            pooling=pooling,
            by_id=x is None,
            first=address(text.first),
            lengths=address(text.lengths),
            ids=address(text.ids),
            x=self._vectors(cells[0].problem) if x is None else address(x),
            y=None if y is None else address(y),
            pooled=address(pooled),
            cells=(CellProblem * 2)(*(cell.problem for cell in cells)),
        )
        self._library.seqkit_read(ctypes.byref(problem))
        return y, pooled

    def _vectors(self, first: CellProblem) -> int | None:
        """Where the embedding stands, for a first layer that reads it and not a table."""
        embedding = self._network.embedding
        return None if first.I == 0 or embedding is None else address(embedding)

    def _with_features(self, ids: np.ndarray, examples: Sequence[Encoded]) -> np.ndarray:
        """The vectors of tokens ``(tokens, E + F + S + D)`` whose forms have vectors too."""
        network = self._network
        assert network.embedding is not None
        parts = [network.embedding[ids]]
        if (table := network.features) is not None:
            features = np.concatenate([e.features for e in examples if e.features is not None])
            if not 0 <= features.min() <= features.max() < len(table):
                raise damaged(self._tokenizer_path, "it gives features that have no row")
            parts.append(table[features].sum(axis=1))
        if network.characters is not None:
            rows = np.concatenate([e.characters for e in examples if e.characters is not None])
            threads = self._worth(len(rows) * network.P)
            parts.append(network.characters(rows, threads=threads))
        if network.context is not None:
            parts.append(network.context(examples, threads=self._threads))
        return np.concatenate(parts, axis=1)

    def _real(self, rows: np.ndarray) -> np.ndarray:
        """Without the units that only fill blocks up."""
        network = self._network
        if network.P == network.H:
            return rows
        real = rows.reshape(len(rows), network.directions, network.P)[:, :, : network.H]
        return real.reshape(len(rows), -1)

    def _check(self, ids: np.ndarray) -> None:
        if not 0 <= ids.min() <= ids.max() < self._network.V:
            raise self._no_row()

    def _no_row(self) -> BundleError:
        return damaged(self._tokenizer_path, f"it gives ids not in 0..{self._network.V - 1}")

    def _worth(self, multiplications: int) -> int:
        return self._threads if multiplications >= WORTH_A_THREAD else 1


class EightBitRuntime(CompiledRuntime):
    """The same with weights of eight bits, and what they multiply rounded to eight at each step.

    Tables of what words add are in half precision; poolings and heads that label keep their bits.
    """

    eight = True

    @classmethod
    def obstacle(cls, bundle: Bundle) -> str:
        """What the other runtime lacks, or a processor without the instructions."""
        if found := super().obstacle(bundle):
            return found
        if not compiled.load().seqkit_eight_bits():
            return "this processor has no AVX-512 VNNI, without which eight bits are no faster"
        return ""


@dataclass(frozen=True, slots=True)
class _Text:
    """Several texts' tokens one after the other.

    Attributes:
        ids: int32 ``(tokens,)``.
        first: int64 ``(B,)``, the number of each text's first token.
        lengths: int64 ``(B,)``.
    """

    ids: np.ndarray
    first: np.ndarray
    lengths: np.ndarray


def _chunks(lengths: np.ndarray) -> Iterator[list[int]]:
    """Texts' numbers, the longest first, in parts of :data:`CHUNK` tokens or a single text."""
    part: list[int] = []
    tokens = 0
    order = np.argsort(-lengths, kind="stable")
    for index, length in zip(order.tolist(), lengths[order].tolist(), strict=True):
        if part and tokens + length > CHUNK:
            yield part
            part, tokens = [], 0
        part.append(index)
        tokens += length
    if part:
        yield part
