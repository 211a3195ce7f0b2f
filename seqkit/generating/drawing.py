"""Texts that are drawn token by token, those of several seeds side by side."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from seqkit.decoding.sampling import Sampler, Sampling
from seqkit.decoding.side_by_side import pick_all
from seqkit.decoding.stopping import StopStrings
from seqkit.generating.feeding import feed
from seqkit.generating.writing import Writing
from seqkit.predictions import Generation
from seqkit.runtimes.base import Runtime
from seqkit.tokenizers.base import Tokenizer

#: Texts that are written side by side at most, but for those of a single seed.
_BATCH = 64
#: Others join only where no more than this many are left, so that several seeds are read at once.
_REFILL = 48


class Continuation(Writing):
    """One text whose tokens are drawn.

    Args:
        tokenizer: The model's.
        seed: The text that it follows.
        seed_ids: The seed's ids.
        tokens: How many tokens it has at most.
        stop: Stop strings.
        sampler: Draws them.

    Attributes:
        sampler: Likewise.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        seed: str,
        seed_ids: Sequence[int],
        *,
        tokens: int,
        stop: Sequence[str],
        sampler: Sampler,
    ) -> None:
        super().__init__(tokenizer, seed, seed_ids, tokens=tokens, stop=stop)
        self.sampler = sampler


class Writer:
    """Continues seeds with one model, in one way.

    Args:
        runtime: Runs the model.
        tokenizer: The model's.
        num: How many continuations of each seed; one to :meth:`stream`.
        tokens: Tokens of each at most.
        sampling: How tokens are drawn.
        stop: Strings that end a text; they are not part of it.
        random_seed: Makes the draws repeatable; none for different ones each time. Each text
            draws from a stream of random numbers of its own, which follows from this, from which
            seed it is and from which of its continuations, and not from how many there are.

    Raises:
        UsageError: A sampling option is out of its range, or a stop string is empty.
    """

    def __init__(
        self,
        runtime: Runtime,
        tokenizer: Tokenizer,
        *,
        num: int,
        tokens: int,
        sampling: Sampling,
        stop: Sequence[str],
        random_seed: int | None,
    ) -> None:
        self._runtime = runtime
        self._tokenizer = tokenizer
        self._num = num
        self._tokens = tokens
        self._sampling = sampling
        self._stop = stop
        self._entropy = np.random.SeedSequence(random_seed).entropy
        # refuses its options at once, rather than when the first text is asked for
        Sampler(sampling, np.random.default_rng(0))
        StopStrings(stop)

    def stream(self, seed: str) -> Generator[str, None, Generation]:
        """Continue one seed once; the pieces of its text, which is returned at the end."""
        (text,) = self._begin(seed, 0)
        for _, shown in self._write(iter([[text]])):
            if shown:
                yield shown
        return text.result()

    def many(self, seeds: Iterable[str]) -> Iterator[list[Generation]]:
        """Continue any number of seeds, several side by side.

        Args:
            seeds: Read as texts end and make room for others.

        Returns:
            The texts of each seed, in the order of the seeds.
        """
        waiting: deque[list[Continuation]] = deque()

        def begun() -> Iterator[list[Continuation]]:
            for index, seed in enumerate(seeds):
                waiting.append(self._begin(seed, index))
                yield waiting[-1]

        for text, _ in self._write(begun()):
            while text.finish_reason and waiting and all(t.finish_reason for t in waiting[0]):
                yield [t.result() for t in waiting.popleft()]

    def _begin(self, seed: str, index: int) -> list[Continuation]:
        tokenizer = self._tokenizer
        seed_ids = tokenizer.encode_ids(seed)
        # the first seed's texts are those that it has alone
        key = (index,) if index else ()
        sequences = (
            np.random.SeedSequence(self._entropy, spawn_key=(number, *key))
            for number in range(self._num)
        )
        return [
            Continuation(
                tokenizer,
                seed,
                seed_ids,
                tokens=self._tokens,
                stop=self._stop,
                sampler=Sampler(
                    self._sampling,
                    np.random.default_rng(sequence),
                    banned=(tokenizer.pad_id, tokenizer.unk_id),
                ),
            )
            for sequence in sequences
        ]

    def _write(self, groups: Iterator[list[Continuation]]) -> Iterator[tuple[Continuation, str]]:
        """Write texts side by side, those of a seed from one state; each step of each."""
        runtime, eos = self._runtime, self._tokenizer.eos_id
        alive: list[Continuation] = []
        rows = np.empty((0, 0))  # (B, V)
        state: Any = None
        while True:
            # without any text there is room for those of one seed, however many they are
            room = max((_BATCH - len(alive)) // self._num, not alive)
            if len(alive) <= _REFILL and (fresh := list(itertools.islice(groups, room))):
                if not self._tokens:
                    yield from ((text, "") for group in fresh for text in group)
                    continue
                logits, begun = feed(runtime, [[eos, *group[0].history] for group in fresh])
                if self._num > 1:
                    copies = np.repeat(np.arange(len(fresh)), self._num)
                    logits, begun = logits[copies], runtime.select(begun, copies.tolist())
                if alive:
                    logits, begun = np.concatenate([rows, logits]), runtime.join([state, begun])
                rows, state = logits, begun
                alive += itertools.chain.from_iterable(fresh)
            if not alive:
                return
            drawn = pick_all([t.sampler for t in alive], rows, [t.history for t in alive])
            for text, token in zip(alive, drawn, strict=True):
                yield text, text.push(token)
            kept = [row for row, text in enumerate(alive) if not text.finish_reason]
            if kept and len(kept) < len(alive):
                state = runtime.select(state, kept)
            alive = [alive[row] for row in kept]
            if alive:
                last = np.array([[text.history[-1] for text in alive]])
                rows, state = runtime.advance(last, np.ones(len(alive), dtype=np.int64), state)
