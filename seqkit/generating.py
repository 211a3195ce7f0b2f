"""Text from a generation model: continuations of a seed that stream as they are drawn."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any, TypeAlias

import numpy as np

from seqkit.decoding.sampling import Sampler, Sampling
from seqkit.decoding.stopping import StopStrings
from seqkit.predictions import Generation
from seqkit.runtimes.base import Runtime
from seqkit.tokenizers.base import Tokenizer

#: Texts in the making: yields which of them goes on and with what, and returns all of them.
Parts: TypeAlias = Generator[tuple[int, str], None, list[Generation]]

#: Steps of a seed that are read at once.
_SEED_STEPS = 256


class Continuation:
    """One text in the making.

    Args:
        tokenizer: The model's.
        seed: The text that it follows.
        seed_ids: The seed's ids.
        tokens: How many tokens are drawn at most.
        sampler: Draws them.
        stop: Stop strings.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        seed: str,
        seed_ids: Sequence[int],
        *,
        tokens: int,
        sampler: Sampler,
        stop: Sequence[str],
    ) -> None:
        self._eos_id = tokenizer.eos_id
        self._seed = seed
        self._most = tokens
        self._sampler = sampler
        self._history = list(seed_ids)
        self._decoder = tokenizer.stream_decoder()
        for token in seed_ids:  # so that what follows is spaced as it should be after the seed
            self._decoder.push(token)
        self._spaced = tokenizer.tokens_are_words and seed[-1:].isspace()
        self._stops = StopStrings(stop)
        self._text: list[str] = []
        self._drawn = 0
        self.finish_reason = "" if tokens else "length"

    @property
    def last_id(self) -> int:
        """The token to feed the model next."""
        return self._history[-1]

    def take(self, logits: np.ndarray) -> str:
        """Draw the next token.

        Args:
            logits: ``(V,)``.

        Returns:
            The text that is now certain; :attr:`finish_reason` is set if it is the last.
        """
        token = self._sampler.pick(logits, self._history)
        self._history.append(token)
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


def continue_text(
    runtime: Runtime,
    tokenizer: Tokenizer,
    seed: str,
    *,
    num: int,
    tokens: int,
    sampling: Sampling,
    stop: Sequence[str],
    random_seed: int | None,
) -> Parts:
    """Continue one seed several times side by side.

    Args:
        runtime: Runs the model.
        tokenizer: The model's.
        seed: The text to go on from; may be empty.
        num: How many continuations. Each draws from a stream of random numbers of its own, so
            that one does not change with how many there are.
        tokens: Tokens of each at most.
        sampling: How tokens are drawn.
        stop: Strings that end a text; they are not part of it.
        random_seed: Makes the draws repeatable; none for different ones each time.

    Raises:
        UsageError: A sampling option is out of its range, or a stop string is empty.
    """
    seed_ids = tokenizer.encode_ids(seed)
    entropy = np.random.SeedSequence(random_seed).entropy
    texts = [
        Continuation(
            tokenizer,
            seed,
            seed_ids,
            tokens=tokens,
            sampler=Sampler(
                sampling,
                np.random.default_rng(np.random.SeedSequence(entropy, spawn_key=(index,))),
                banned=(tokenizer.pad_id, tokenizer.unk_id),
            ),
            stop=stop,
        )
        for index in range(num)
    ]
    return _side_by_side(runtime, texts, [tokenizer.eos_id, *seed_ids], going_on=tokens > 0)


def _side_by_side(
    runtime: Runtime, texts: Sequence[Continuation], ids: Sequence[int], *, going_on: bool
) -> Parts:
    alive = list(range(len(texts))) if going_on else []
    logits, state = feed(runtime, ids)
    rows = np.repeat(logits, len(texts), axis=0)  # (B, V)
    state = runtime.select(state, [0] * len(texts))
    while alive:
        for row, index in enumerate(alive):
            if shown := texts[index].take(rows[row]):
                yield index, shown
        kept = [row for row, index in enumerate(alive) if not texts[index].finish_reason]
        if len(kept) < len(alive):
            state = runtime.select(state, kept)
            alive = [alive[row] for row in kept]
        if alive:
            drawn = np.array([[texts[index].last_id for index in alive]])
            output, state = runtime.run(drawn, np.ones(len(alive), dtype=np.int64), state)
            rows = output[0]
    return [text.result() for text in texts]


def finished(parts: Parts) -> list[Generation]:
    """The continuations once they are all written."""
    while True:
        try:
            next(parts)
        except StopIteration as end:
            results: list[Generation] = end.value
            return results


def texts_alone(parts: Parts) -> Generator[str, None, Generation]:
    """The pieces of the only continuation, which is returned at the end."""
    while True:
        try:
            _, text = next(parts)
        except StopIteration as end:
            result: Generation = end.value[0]
            return result
        yield text


def feed(runtime: Runtime, ids: Sequence[int]) -> tuple[np.ndarray, Any]:
    """Read tokens, at least one.

    Returns:
        The logits ``(1, V)`` after the last of them, and the state.
    """
    state = runtime.initial_state(1)
    logits = np.empty((0, 1, 0))
    # in pieces, so that a long seed does not need logits for all its steps at once
    for start in range(0, len(ids), _SEED_STEPS):
        part = np.array(ids[start : start + _SEED_STEPS])[:, np.newaxis]
        logits, state = runtime.run(part, np.array([len(part)]), state)
    return logits[-1], state
