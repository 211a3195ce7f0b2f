"""Text from a generation model: continuations of seeds, drawn or searched for."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Generator, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from seqkit.decoding.beam import Beam, BeamSearch
from seqkit.decoding.numerics import refuse_nan
from seqkit.decoding.sampling import Sampler, Sampling
from seqkit.decoding.side_by_side import pick_all
from seqkit.decoding.stopping import StopStrings
from seqkit.predictions import Generation
from seqkit.runtimes.base import Runtime
from seqkit.tokenizers.base import PAD, Tokenizer

#: Steps of a seed that are read at once.
_SEED_STEPS = 256
#: Texts that are written side by side at most, but for those of a single seed.
_BATCH = 64
#: Others join only where no more than this many are left, so that several seeds are read at once.
_REFILL = 48


class Writing:
    """One text in the making.

    Args:
        tokenizer: The model's.
        seed: The text that it follows.
        seed_ids: The seed's ids.
        tokens: How many tokens it has at most.
        stop: Stop strings.

    Attributes:
        history: The ids so far, those of the seed included.
        finish_reason: Why it ended; empty while it goes on.

    Raises:
        UsageError: A stop string is empty.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        seed: str,
        seed_ids: Sequence[int],
        *,
        tokens: int,
        stop: Sequence[str],
    ) -> None:
        self._eos_id = tokenizer.eos_id
        self._seed = seed
        self._most = tokens
        self.history = list(seed_ids)
        self._decoder = tokenizer.stream_decoder()
        for token in seed_ids:  # so that what follows is spaced as it should be after the seed
            self._decoder.push(token)
        self._spaced = tokenizer.tokens_are_words and seed[-1:].isspace()
        self._stops = StopStrings(stop)
        self._text: list[str] = []
        self._drawn = 0
        self.finish_reason = "" if tokens else "length"

    def push(self, token: int) -> str:
        """Add the next token.

        Returns:
            The text that is now certain; :attr:`finish_reason` is set if it is the last.
        """
        self.history.append(token)
        self._drawn += 1
        if token == self._eos_id:
            self.finish_reason = "end"
            return self._show(self._decoder.flush(), last=True)
        last = self._drawn == self._most
        text = self._decoder.push(token)
        if self._spaced and text:  # the seed ends with the white space that parts words
            text, self._spaced = text.removeprefix(" "), False
        if last:
            text += self._decoder.flush()
        shown = self._show(text, last=last)
        if last and not self.finish_reason:
            self.finish_reason = "length"
        return shown

    def _show(self, text: str, *, last: bool) -> str:
        shown, stopped = self._stops.push(text)
        if stopped:
            self.finish_reason = "stop"
        elif last:
            shown += self._stops.flush()
        self._text.append(shown)
        return shown

    def result(self) -> Generation:
        """What it came to."""
        return Generation(
            seed=self._seed,
            text="".join(self._text),
            tokens=self._drawn,
            finish_reason=self.finish_reason,
        )


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


def search(
    runtime: Runtime,
    tokenizer: Tokenizer,
    seeds: Iterable[str],
    *,
    num: int,
    tokens: int,
    beam: BeamSearch,
    stop: Sequence[str],
) -> Iterator[list[Generation]]:
    """The continuations of seeds that a beam search finds to be the likeliest.

    Args:
        runtime: Runs the model.
        tokenizer: The model's.
        seeds: The texts to go on from, read as their continuations are asked for.
        num: How many of each, at most the beam's width.
        tokens: Tokens of each at most.
        beam: How to search.
        stop: Strings that end a text; they are not part of it.

    Returns:
        ``num`` of each seed, the best first; fewer where the model allows no more.

    Raises:
        UsageError: An option is out of its range, or a stop string is empty.
    """
    StopStrings(stop)
    eos, banned = tokenizer.eos_id, (tokenizer.pad_id, tokenizer.unk_id)
    Beam(beam, num=num, tokens=tokens, eos_id=eos)

    def found(seed: str) -> list[Generation]:
        seed_ids = tokenizer.encode_ids(seed)

        def written(ids: Sequence[int]) -> Writing:
            text = Writing(tokenizer, seed, seed_ids, tokens=tokens, stop=stop)
            for token in ids:
                text.push(token)
            return text

        def stopped(ids: Sequence[int]) -> bool:
            return written(ids).finish_reason == "stop"

        paths = Beam(
            beam,
            num=num,
            tokens=tokens,
            eos_id=eos,
            banned=banned,
            ends=stopped if stop else None,
        )
        logits, state = feed(runtime, [[eos, *seed_ids]])
        while not paths.finished:
            refuse_nan(logits)
            parents, last = paths.grow(logits)
            if not paths.finished:
                state = runtime.select(state, parents)
                ones = np.ones(len(last), dtype=np.int64)
                logits, state = runtime.advance(np.array([last]), ones, state)
        return [written(ids).result() for ids in paths.best()]

    return map(found, seeds)


def feed(runtime: Runtime, sequences: Sequence[Sequence[int]]) -> tuple[np.ndarray, Any]:
    """Read tokens of several sequences, at least one of each.

    Returns:
        The logits ``(B, V)`` after the last of each, and the state then.
    """
    going = list(range(len(sequences)))
    state = runtime.initial_state(len(going))
    done: list[int] = []
    rows, states = [], []
    # in pieces, so that long seeds do not need memory for all their steps at once
    for start in itertools.count(0, _SEED_STEPS):
        parts = [sequences[i][start : start + _SEED_STEPS] for i in going]
        lengths = np.array([len(part) for part in parts])
        ids = np.full((lengths.max(), len(parts)), PAD)
        for column, part in enumerate(parts):
            ids[: len(part), column] = part
        logits, state = runtime.advance(ids, lengths, state)
        ended = [row for row, i in enumerate(going) if len(sequences[i]) <= start + _SEED_STEPS]
        if len(ended) == len(sequences):
            break  # most often all are short
        if ended:
            done += [going[row] for row in ended]
            rows.append(logits[ended])
            states.append(runtime.select(state, ended))
        kept = [row for row in range(len(going)) if row not in ended]
        if not kept:
            order = np.argsort(done)
            return np.concatenate(rows)[order], runtime.select(runtime.join(states), order.tolist())
        state = runtime.select(state, kept)
        going = [going[row] for row in kept]
    return logits, state
