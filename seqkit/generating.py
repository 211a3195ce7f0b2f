"""Text from a generation model: continuations that stream, and suggestions for the next word."""

from __future__ import annotations

import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seqkit.decoding.numerics import softmax
from seqkit.decoding.sampling import Sampler, Sampling
from seqkit.decoding.stopping import StopStrings
from seqkit.predictions import Generation, Suggestion
from seqkit.runtimes.base import Runtime
from seqkit.tokenizers.base import Tokenizer


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
        if seed_ids and tokenizer.tokens_are_words:
            # so that the first new word knows that it follows another one
            self._decoder.push(seed_ids[-1])
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
        shown = self._show(
            self._decoder.push(token) + (self._decoder.flush() if last else ""), last=last
        )
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
) -> Generator[tuple[int, str], None, list[Generation]]:
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

    Yields:
        Which continuation, and the text that it goes on with.

    Returns:
        The finished continuations.
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
    logits, state = _feed(runtime, [tokenizer.eos_id, *seed_ids])
    rows = np.repeat(logits, num, axis=0)  # (num, V)
    state = runtime.select(state, [0] * num)
    alive = list(range(num)) if tokens else []
    while alive:
        for row, index in enumerate(alive):
            if shown := texts[index].take(rows[row]):
                yield index, shown
        kept = [row for row, index in enumerate(alive) if not texts[index].finish_reason]
        if len(kept) < len(alive):
            state = runtime.select(state, kept)
            alive = [alive[row] for row in kept]
        if alive:
            ids = np.array([[texts[index].last_id for index in alive]])
            output, state = runtime.run(ids, np.ones(len(alive), dtype=np.int64), state)
            rows = output[0]
    return [text.result() for text in texts]


def _feed(runtime: Runtime, ids: Sequence[int]) -> tuple[np.ndarray, Any]:
    """Read tokens: the logits ``(1, V)`` after the last of them, and the state."""
    state = runtime.initial_state(1)
    logits = np.empty((0, 1, 0))
    # in pieces, so that a long seed does not need logits for all its steps at once
    for start in range(0, len(ids), _SEED_STEPS):
        part = np.array(ids[start : start + _SEED_STEPS])[:, np.newaxis]
        logits, state = runtime.run(part, np.array([len(part)]), state)
    return logits[-1], state


_SEED_STEPS = 256

#: How a piece of text begins a word, goes on with one, and where it leaves it.
_WORD = re.compile(r"[^\W_](?:[\w'\u2019-]*\w)?|[\w'\u2019-]+")
_PIECE = re.compile(r"(\s*)([\w'\u2019-]*)")
_LONGEST_WORD = 24  # tokens
_BEAM = 24


@dataclass(frozen=True, slots=True)
class _Prefix:
    """The beginning of a word.

    Attributes:
        text: Its letters so far.
        probability: Of those, given that a word comes next.
        row: Where its state is in the batch.
        token: The token that came last.
    """

    text: str
    probability: float
    row: int
    token: int


@dataclass(slots=True)
class _Search:
    """Words that were found, with their probabilities."""

    found: dict[str, float] = field(default_factory=dict)

    def add(self, word: str, probability: float) -> None:
        self.found[word] = self.found.get(word, 0.0) + probability

    def best(self, num: int) -> list[Suggestion]:
        ranked = sorted(self.found.items(), key=lambda item: (-item[1], item[0]))
        return [Suggestion(word=word, probability=p) for word, p in ranked[:num]]


def suggest_words(
    runtime: Runtime, tokenizer: Tokenizer, text: str, *, num: int
) -> list[Suggestion]:
    """The likeliest next words, given that a word comes next.

    A tokenizer whose tokens are words answers from one step. For others a beam of word beginnings
    is carried on, token by token, until what follows can't be part of the word; a word's
    probability is the sum over its spellings in tokens that the beam kept.

    Args:
        runtime: Runs the model.
        tokenizer: The model's.
        text: The text so far; a word that it ends with counts as complete.
        num: How many words.

    Returns:
        At most ``num``, likeliest first.
    """
    text = text.rstrip()
    logits, state = _feed(runtime, [tokenizer.eos_id, *tokenizer.encode_ids(text)])
    probabilities = softmax(logits[0].astype(np.float64))
    probabilities[[tokenizer.pad_id, tokenizer.unk_id]] = 0
    if tokenizer.tokens_are_words:
        return _whole_words(tokenizer, probabilities, num)
    pieces = [tokenizer.decode([i]) for i in range(tokenizer.vocab_size)]
    search = _Search()
    beam = [_Prefix("", 1.0, 0, -1)]
    rows = probabilities[np.newaxis]
    for step in range(_LONGEST_WORD):
        grown: list[_Prefix] = []
        apart = bool(text) and step == 0  # white space must come first
        for prefix in beam:
            grown += _grow(prefix, rows[prefix.row], pieces, search, apart=apart)
        grown.sort(key=lambda p: -p.probability)
        ranked = search.best(num)
        least = ranked[-1].probability if len(ranked) == num else 0.0
        beam = [p for p in grown[:_BEAM] if p.probability > least]
        if not beam:
            break
        state = runtime.select(state, [p.row for p in beam])
        ids = np.array([[p.token for p in beam]])
        output, state = runtime.run(ids, np.ones(len(beam), dtype=np.int64), state)
        rows = softmax(output[0].astype(np.float64))
        beam = [_Prefix(p.text, p.probability, row, p.token) for row, p in enumerate(beam)]
    return search.best(num)


def _grow(
    prefix: _Prefix,
    probabilities: np.ndarray,
    pieces: Sequence[str],
    search: _Search,
    *,
    apart: bool,
) -> list[_Prefix]:
    """What may follow the beginning of a word; a word that ends here goes to ``search``."""
    grown: list[_Prefix] = []
    order = np.argsort(-probabilities)
    if not prefix.text:
        allowed = [i for i in order if _begins(pieces[i], apart=apart)]
        total = float(probabilities[allowed].sum()) or 1.0
        for i in allowed[: 4 * _BEAM]:
            match = _PIECE.match(pieces[i])
            assert match is not None
            p = prefix.probability * float(probabilities[i]) / total
            grown.append(_Prefix(match[2], p, prefix.row, int(i)))
        return grown
    ended = 0.0
    for i in order:
        piece = pieces[i]
        match = _PIECE.match(piece)
        assert match is not None
        p = prefix.probability * float(probabilities[i])
        if match[1] or not match[2]:  # white space, a sign, or the end of the text
            ended += p
        elif len(grown) < _BEAM:
            grown.append(_Prefix(prefix.text + match[2], p, prefix.row, int(i)))
    if _WORD.fullmatch(prefix.text):
        search.add(prefix.text, ended)
    return grown


def _begins(piece: str, *, apart: bool) -> bool:
    """Whether a word may begin with this piece."""
    match = _PIECE.match(piece)
    assert match is not None
    if apart:
        return bool(match[1]) and (bool(match[2]) or match.end() == len(piece))
    return bool(match[2])


def _whole_words(tokenizer: Tokenizer, probabilities: np.ndarray, num: int) -> list[Suggestion]:
    words = np.array(
        [bool(_WORD.fullmatch(tokenizer.id_to_token(i))) for i in range(tokenizer.vocab_size)]
    )
    probabilities = np.where(words, probabilities, 0.0)
    total = probabilities.sum() or 1.0
    return [
        Suggestion(word=tokenizer.id_to_token(int(i)), probability=float(probabilities[i] / total))
        for i in np.argsort(-probabilities, kind="stable")[:num]
        if probabilities[i] > 0
    ]
