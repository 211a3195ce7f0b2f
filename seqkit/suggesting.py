"""The likeliest next words of a generation model: predictive text."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from seqkit.decoding.numerics import softmax
from seqkit.generating.feeding import feed
from seqkit.predictions import Suggestion
from seqkit.runtimes.base import Runtime
from seqkit.tokenizers.base import Tokenizer

#: Signs inside words, and the joiners that some scripts write inside theirs.
_INSIDE = frozenset("'\N{RIGHT SINGLE QUOTATION MARK}-_\u200c\u200d")
#: What a word tokenizer cuts off the word before it.
_CONTRACTIONS = frozenset({"n't", "n\N{RIGHT SINGLE QUOTATION MARK}t"})
#: What tokenizers decode bytes to that make no character by themselves.
_PARTIAL = "\N{REPLACEMENT CHARACTER}"

_LONGEST_WORD = 24  # tokens, those of the white space before it counted
_LONGEST_CHARACTER = 4  # bytes
_BEAM = 24
#: The share of the least likely suggestion below which a beginning is given up: it can't add much
#: to the spellings of a word that was found already.
_NEGLIGIBLE = 0.001


def is_word(text: str) -> bool:
    """Whether a text is one word: it begins with a letter or digit, and ends with no sign."""
    return (
        text[:1].isalnum()
        and text[-1] not in _INSIDE
        and all(map(_is_inside, text))
        and text.lower() not in _CONTRACTIONS
    )


def _is_inside(c: str) -> bool:
    return c.isalnum() or c in _INSIDE or unicodedata.category(c)[0] == "M"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A token's text: white space, then letters, then anything else."""

    space: str
    letters: str
    rest: str

    @classmethod
    def of(cls, text: str) -> _Piece:
        bare = text.lstrip()
        end = next((i for i, c in enumerate(bare) if not _is_inside(c)), len(bare))
        return cls(text[: len(text) - len(bare)], bare[:end], bare[end:])


@dataclass(frozen=True, slots=True)
class _Gap:
    """What white space there must be between a text and its next word.

    Attributes:
        space: The white space that the text ends with, if any.
        needed: Without any, whether there must be some, as after a word.
    """

    space: str
    needed: bool

    def may_end(self, space: str) -> bool:
        """Whether a word may begin after this white space."""
        return space == self.space if self.space else bool(space) or not self.needed

    def may_hold(self, space: str, more: str) -> bool:
        """Whether white space may go on with more of it, which may be nothing."""
        if self.space:
            return self.space.startswith(space + more)
        return not (space and more)  # one token of it


@dataclass(frozen=True, slots=True)
class _Prefix:
    """The beginning of a word.

    Attributes:
        probability: Of all of it.
        row: Where its state is in the batch.
        last: The token that came last.
        space: The white space before the word.
        letters: Its letters so far.
        pending: Tokens of bytes that make no character yet.
    """

    probability: float
    row: int = 0
    last: int = -1
    space: str = ""
    letters: str = ""
    pending: tuple[int, ...] = ()


@dataclass(slots=True)
class _Found:
    """Words that were found.

    Attributes:
        num: How many are wanted.
        begun: The probability that any word begins.
        words: The probability of each word.
    """

    num: int
    begun: float = 0.0
    words: dict[str, float] = field(default_factory=dict)

    def add(self, word: str, probability: float) -> None:
        if is_word(word) and probability > 0:
            self.words[word] = self.words.get(word, 0.0) + probability

    def best(self) -> list[tuple[str, float]]:
        return sorted(self.words.items(), key=lambda item: (-item[1], item[0]))[: self.num]

    def least(self) -> float:
        """What a word needs more than to be among the best."""
        best = self.best()
        return best[-1][1] if len(best) == self.num else 0.0


class WordSearch:
    """Finds the words that may come next, for one model.

    A tokenizer whose tokens are words answers from one step. For others a beam of word beginnings
    is carried on, token by token, until what follows can't be part of the word; a word's
    probability is the sum over its spellings in tokens that the beam kept.

    Args:
        runtime: Runs the model.
        tokenizer: The model's.
    """

    def __init__(self, runtime: Runtime, tokenizer: Tokenizer) -> None:
        self._runtime = runtime
        self._tokenizer = tokenizer
        ids = range(tokenizer.vocab_size)
        if tokenizer.tokens_are_words:
            self._words = np.array([is_word(tokenizer.id_to_token(i)) for i in ids])
            return
        texts = [tokenizer.decode([i]) for i in ids]
        self._pieces = [_Piece.of(text) for text in texts]
        self._partial = np.array([_PARTIAL in text for text in texts])
        self._spaces = sorted({piece.space for piece in self._pieces})
        self._space = np.array([self._spaces.index(piece.space) for piece in self._pieces])
        letters = np.array([bool(p.letters) for p in self._pieces]) & ~self._partial
        starts = np.array([p.letters[:1].isalnum() for p in self._pieces])
        rest = np.array([bool(p.rest) for p in self._pieces])
        self._goes_on = letters & np.array([not p.space for p in self._pieces])
        self._begins = letters & starts
        self._blank = ~letters & ~rest & np.array([bool(p.space) for p in self._pieces])

    def best(self, text: str, *, num: int) -> list[Suggestion]:
        """The likeliest words after a text, given that a word comes next.

        Args:
            text: The text so far. A word that it ends with counts as complete; white space that
                it ends with is what stands before the next one.
            num: How many words.

        Returns:
            At most ``num``, likeliest first.
        """
        # many tokenizers put the white space into one token with the word that follows it
        body = text.rstrip()
        ids = [self._tokenizer.eos_id, *self._tokenizer.encode_ids(body)]
        logits, state = feed(self._runtime, [ids])
        found = _Found(num)
        if self._tokenizer.tokens_are_words:
            self._look_up(self._probabilities(logits)[0], found)
        else:
            gap = _Gap(text[len(body) :], needed=bool(body) and _is_inside(body[-1]))
            self._search(logits, state, gap, found)
        return [Suggestion(word=word, probability=p / found.begun) for word, p in found.best()]

    def _probabilities(self, logits: np.ndarray) -> np.ndarray:
        probabilities = softmax(logits.astype(np.float64))
        probabilities[:, [self._tokenizer.pad_id, self._tokenizer.unk_id]] = 0
        return probabilities

    def _look_up(self, probabilities: np.ndarray, found: _Found) -> None:
        probabilities = np.where(self._words, probabilities, 0.0)
        found.begun = float(probabilities.sum())
        for i in np.argsort(-probabilities, kind="stable")[: found.num]:
            found.add(self._tokenizer.id_to_token(int(i)), float(probabilities[i]))

    def _search(self, logits: np.ndarray, state: object, gap: _Gap, found: _Found) -> None:
        beam = [_Prefix(1.0)]
        for _ in range(_LONGEST_WORD):
            rows = self._probabilities(logits)  # (B, V)
            grown = [longer for p in beam for longer in self._grow(p, rows[p.row], gap, found)]
            grown.sort(key=lambda prefix: -prefix.probability)
            least = _NEGLIGIBLE * found.least()
            beam = [p for p in grown[:_BEAM] if p.probability > least]
            if not beam:
                return
            state = self._runtime.select(state, [p.row for p in beam])
            ids = np.array([[p.last for p in beam]])
            ones = np.ones(len(beam), dtype=np.int64)
            logits, state = self._runtime.advance(ids, ones, state)
            beam = [replace(prefix, row=row) for row, prefix in enumerate(beam)]

    def _grow(
        self, prefix: _Prefix, probabilities: np.ndarray, gap: _Gap, found: _Found
    ) -> Iterator[_Prefix]:
        """What the beginning of a word may go on with; complete words go to ``found``."""
        if prefix.pending:
            allowed = self._partial
        elif prefix.letters:
            allowed = self._goes_on | self._partial
            ended = float(probabilities[~allowed].sum())
            found.add(prefix.letters, prefix.probability * ended)
        else:
            space = prefix.space
            held = np.array([gap.may_hold(space, more) for more in self._spaces])
            done = np.array([gap.may_end(space + more) for more in self._spaces]) & held
            begins = self._begins & done[self._space]
            found.begun += prefix.probability * float(probabilities[begins].sum())
            allowed = begins | self._blank & held[self._space]
            if gap.may_end(space):
                allowed |= self._partial
        ids = np.flatnonzero(allowed)
        for i in ids[np.argsort(-probabilities[ids], kind="stable")[:_BEAM]].tolist():
            p = prefix.probability * float(probabilities[i])
            longer = replace(prefix, probability=p, last=i, pending=())
            if self._partial[i]:
                yield from self._with_byte(longer, (*prefix.pending, i), found)
            else:
                yield from self._with_piece(longer, self._pieces[i], found)

    def _with_piece(self, prefix: _Prefix, piece: _Piece, found: _Found) -> Iterator[_Prefix]:
        letters = prefix.letters + piece.letters
        if piece.rest:
            found.add(letters, prefix.probability)
        else:
            yield replace(prefix, space=prefix.space + piece.space, letters=letters)

    def _with_byte(
        self, prefix: _Prefix, pending: tuple[int, ...], found: _Found
    ) -> Iterator[_Prefix]:
        """Go on with one byte of a character that takes several."""
        text = self._tokenizer.decode(pending)
        if _PARTIAL in text:
            if len(pending) < _LONGEST_CHARACTER:
                yield replace(prefix, pending=pending)
            return
        piece = _Piece.of(text)
        if prefix.letters:
            if piece.letters:
                yield from self._with_piece(prefix, piece, found)
            else:
                found.add(prefix.letters, prefix.probability)
        elif piece.letters[:1].isalnum():
            found.begun += prefix.probability
            yield from self._with_piece(prefix, piece, found)
