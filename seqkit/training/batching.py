"""Batches: examples of like length padded on the right, or contiguous streams cut in windows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np
import torch
from torch import Tensor

from seqkit import encoding
from seqkit.contextual import Context
from seqkit.encoding import IGNORED, Encoded
from seqkit.runtimes.padding import pad
from seqkit.runtimes.torch import tensors
from seqkit.spelling import Spelling
from seqkit.tokenizers.base import PAD
from seqkit.training.mixing import Mixed
from seqkit.training.spool import release
from seqkit.training.store import EncodedExamples
from seqkit.training.windows import fixed_ends, random_ends

#: Windows of a text after which the memory of what was read of its file is given back.
_WINDOWS = 256

#: How far lengths are blurred before sorting, so that epochs differ in who stands beside whom.
_BLUR = 0.15


@dataclass(frozen=True, slots=True)
class Batch:
    """Tensors of one step, time first.

    Attributes:
        ids: ``(T, B)`` int64, padding after each sequence's length.
        lengths: ``(B,)`` int64.
        features: ``(T, B, F)`` int64 or none.
        spelling: The words' characters, or none.
        context: The sentences' characters, or float32 ``(T, B, D)``, what models make of them where
            it is known already; or none.
        targets: ``(B,)`` or ``(B, L)`` for many-to-one, or with a teacher ``(B, labels)``;
            ``(S, B)`` for sequence-to-sequence, ``(T, B)`` otherwise; or none.
        fresh: Whether the state starts anew here rather than going on from the batch before.
    """

    ids: Tensor
    lengths: Tensor
    features: Tensor | None = None
    targets: Tensor | None = None
    fresh: bool = True
    spelling: Spelling[Tensor] | None = None
    context: Context[Tensor] | Tensor | None = None

    @property
    def beside(
        self,
    ) -> tuple[Tensor | None, Spelling[Tensor] | None, Context[Tensor] | Tensor | None]:
        """What a network reads beside ids and lengths, in its order."""
        return self.features, self.spelling, self.context

    @property
    def tokens(self) -> int:
        """Real tokens, padding left out."""
        return int(self.lengths.sum())

    @property
    def known(self) -> Tensor | None:
        """Which texts have a target, bool ``(B,)``; none where all have."""
        targets = self.targets
        if targets is None or (targets.ndim == 2 and not targets.is_floating_point()):
            return None
        found = targets != IGNORED if targets.ndim == 1 else ~targets.isnan().any(dim=1)
        return None if bool(found.all()) else found

    def to(self, device: torch.device) -> Batch:
        """The same batch on another device."""
        if device.type == "cpu":
            return self
        moved = [
            None if t is None else t.to(device, non_blocking=True)
            for t in (self.ids, self.features, self.targets)
        ]
        assert moved[0] is not None
        spelling, context = self.spelling, self.context
        if spelling is not None:
            spelling = spelling.map(lambda t: t.to(device, non_blocking=True))
        if isinstance(context, Tensor):
            context = context.to(device, non_blocking=True)
        elif context is not None:
            context = context.map(lambda t: t.to(device, non_blocking=True))
        lengths = self.lengths.to(device)
        return Batch(moved[0], lengths, moved[1], moved[2], self.fresh, spelling, context)


def collate(examples: Sequence[Encoded], *, unseen: int = IGNORED) -> Batch:
    """Pad examples on the right to the longest of them.

    Args:
        examples: At least one; either all have targets or none.
        unseen: As :meth:`seqkit.encoding.Encoded.step_targets` has it.

    Returns:
        A batch of at least one step, so that empty texts have somewhere to stand.
    """
    padded = pad(examples)
    targets = None
    if examples[0].target is not None:
        targets = _beside([e.step_targets(unseen=unseen) for e in examples])
    ids, features, spelling, context = tensors(padded)
    return Batch(
        ids,
        torch.from_numpy(padded.lengths),
        features,
        None if targets is None else torch.from_numpy(targets),
        spelling=spelling,
        context=context,
    )


def _beside(targets: Sequence[np.ndarray]) -> np.ndarray:
    """Rows of indices as columns, padded to the longest; anything else stacked."""
    if targets[0].ndim != 1 or targets[0].dtype.kind != "i":
        return np.stack(targets)
    longest = max(map(len, targets))
    together = np.full((longest, len(targets)), IGNORED, dtype=np.int64)
    for column, target in enumerate(targets):
        together[: len(target), column] = target
    return together


class Targets(Sequence[Tensor]):
    """The target of each example that has one, made into a tensor when it is asked for."""

    def __init__(self, examples: EncodedExamples) -> None:
        self._examples = examples

    def __len__(self) -> int:
        return 0 if self._examples.targets is None else len(self._examples)

    @overload
    def __getitem__(self, index: int) -> Tensor: ...
    @overload
    def __getitem__(self, index: slice) -> list[Tensor]: ...
    def __getitem__(self, index: int | slice) -> Tensor | list[Tensor]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        # a copy, since what is mapped from a file can't be written, which torch has no word for
        return torch.from_numpy(np.array(self._examples.target(index)))


class Examples:
    """Padded batches of examples of like length, in an order drawn anew for each epoch."""

    def __init__(self, examples: Sequence[Encoded], *, batch_size: int) -> None:
        self.examples = examples
        self.batch_size = batch_size
        self._lengths = (
            examples.lengths
            if isinstance(examples, EncodedExamples | Mixed)
            else np.array([len(e) for e in examples])
        )

    @property
    def told(self) -> Sequence[Encoded]:
        """Those with a target."""
        return self.examples.told if isinstance(self.examples, Mixed) else self.examples

    @property
    def steps(self) -> int:
        """Batches in an epoch."""
        return -(-len(self.examples) // self.batch_size)

    @property
    def tokens(self) -> int:
        """Tokens in an epoch."""
        return int(self._lengths.sum())

    def batches(self, rng: np.random.Generator, *, skip: int = 0) -> Iterator[Batch]:
        """One epoch's batches.

        Args:
            rng: Draws the order; the same generator state gives the same batches.
            skip: Batches at the beginning to leave out, where an epoch goes on.
        """
        blurred = self._lengths * rng.uniform(1 - _BLUR, 1 + _BLUR, len(self._lengths))
        order = np.argsort(blurred, kind="stable")
        starts = np.arange(0, len(order), self.batch_size)
        rng.shuffle(starts)
        for start in starts[skip:]:
            yield collate([self.examples[i] for i in order[start : start + self.batch_size]])


class Streams:
    """Windows over contiguous text, ``batch_size`` streams side by side, state carried on.

    All documents are joined, each ended by the end symbol, and dealt out in as many streams of
    equal length. A window's target is its input one step later.

    Args:
        documents: In their order.
        batch_size: Streams side by side.
        bptt: Steps of a window.
        random: Whether each window's steps are drawn around that, anew for each epoch.
    """

    def __init__(
        self, documents: Sequence[Encoded], *, batch_size: int, bptt: int, random: bool = False
    ) -> None:
        #: ``(n,)`` int32, which may lie in a file: only windows of it are ever read.
        self.ids = join(documents)
        # a short corpus gets fewer streams rather than streams shorter than a window
        self.batch_size = max(1, min(batch_size, len(self.ids) // (bptt + 1)))
        self.bptt = bptt
        self.random = random

    @property
    def _stream_length(self) -> int:
        return max(1, (len(self.ids) - 1) // self.batch_size)

    @property
    def steps(self) -> int:
        """Windows in an epoch."""
        return -(-self._stream_length // self.bptt)

    @property
    def tokens(self) -> int:
        """Tokens in an epoch."""
        return self._stream_length * self.batch_size

    def batches(self, rng: np.random.Generator, *, skip: int = 0) -> Iterator[Batch]:
        """One epoch's windows, in order.

        Args:
            rng: Draws where in the text the first stream begins, so that windows and neighbours
                differ between epochs, and then how long windows are.
            skip: Windows at the beginning to leave out, where an epoch goes on.
        """
        n, B = self._stream_length, self.batch_size
        # (B,), where each stream begins; from its end on, the text begins again
        begins = int(rng.integers(len(self.ids))) + n * np.arange(B)
        if self.random:
            ends = random_ends(n, bptt=self.bptt, rng=rng)
        else:
            ends = fixed_ends(n, bptt=self.bptt)
        for index in range(skip, self.steps):
            start, end = int(ends[index - 1]) if index else 0, int(ends[index])
            places = np.arange(start, end + 1)[:, np.newaxis] + begins  # (T + 1, B)
            window = self.ids[places % len(self.ids)].astype(np.int64)
            if index % _WINDOWS == 0:
                release(self.ids)
            yield Batch(
                torch.from_numpy(window[:-1]),
                torch.full((B,), end - start),
                targets=torch.from_numpy(window[1:]),
                fresh=index == 0,
            )


def evaluation_streams(
    documents: Sequence[Encoded], *, window: int = 256, least: int = 2000, most: int = 64
) -> Iterator[Batch]:
    """Windows in which every token of ``documents`` is a target exactly once.

    Args:
        documents: Joined as for training; the very first token is told from the end symbol.
        window: Steps a batch.
        least: Steps that a stream has at least, since each begins without a state.
        most: Streams side by side at most.
    """
    ids = join(documents)
    count = len(ids) - 1
    B = max(1, min(most, count // least))
    n = -(-count // B)
    for start in range(0, n, window):
        steps = np.arange(start, min(start + window, n))[:, np.newaxis]
        places = steps + n * np.arange(B)  # (T, B)
        real = places < count
        places = np.minimum(places, count - 1)
        if start % (_WINDOWS * window) == 0:
            release(ids)
        yield Batch(
            torch.from_numpy(np.where(real, ids[places], PAD).astype(np.int64)),
            torch.full((B,), len(steps)),
            targets=torch.from_numpy(np.where(real, ids[places + 1], IGNORED).astype(np.int64)),
            fresh=start == 0,
        )


def join(documents: Sequence[Encoded]) -> np.ndarray:
    """:func:`seqkit.encoding.join`; of :class:`EncodedExamples`, which lie so already, no copy."""
    return documents.text if isinstance(documents, EncodedExamples) else encoding.join(documents)
