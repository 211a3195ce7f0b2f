"""One token a word; what the vocabulary lacks is unknown."""

from __future__ import annotations

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seqkit.tokenizers import WordOptions
from seqkit.tokenizers.base import (
    EOS,
    PAD,
    SPECIAL_SYMBOLS,
    UNK,
    Encoding,
    StreamDecoder,
    Tokenizer,
    TrainingText,
)
from seqkit.tokenizers.chunks import ChunkIds
from seqkit.tokenizers.features import WordFeatures
from seqkit.tokenizers.vocabulary import rank, read_tokens, write_tokens
from seqkit.tokenizers.words import find_words, split_words

if TYPE_CHECKING:
    import numpy as np

_FILE = "words.jsonl"
_UNKNOWN = SPECIAL_SYMBOLS[UNK]
#: Pieces of text that are remembered while a vocabulary is learnt, and words counted at a time.
_DRAFT_CHUNKS, _COUNTED_AT_ONCE = 1 << 18, 1 << 20

#: What follows without a space, what is followed without one, and what has none on either side;
#: U+2019 is looked up as the straight apostrophe.
_CLOSING = {*".,;:!?)]}%\N{HORIZONTAL ELLIPSIS}'\N{RIGHT DOUBLE QUOTATION MARK}»", "..."} | {
    *("n't", "'s", "'re", "'ve", "'ll", "'d", "'m")
}
_OPENING = {*"([{\N{LEFT DOUBLE QUOTATION MARK}\N{LEFT SINGLE QUOTATION MARK}«$£€#@"}
_JOINING = {"-", "/"}


class WordTokenizer(Tokenizer):
    """Words by frequency after the special symbols.

    With ``split="unicode"`` text is split by the rule of :mod:`seqkit.tokenizers.words`; with
    ``split="whitespace"`` at white space alone, for text whose tokens are already parted. Either
    way white space, line ends included, is no token: a model of lines reads each line as a text of
    its own, which the end symbol then closes. A word ``<unk>`` is the unknown symbol itself.
    """

    options: WordOptions
    tokens_are_words = True

    def __init__(self, options: WordOptions) -> None:
        super().__init__(options)
        self._features = WordFeatures(options.affixes, options.affix_buckets)
        if options.affixes:
            self.feature_count = 2 * options.affixes + 1
            self.feature_buckets = options.affix_buckets
        self._use(())

    def _use(self, words: Sequence[str]) -> None:
        self._tokens = [*SPECIAL_SYMBOLS, *words]
        self._ids = {word: len(SPECIAL_SYMBOLS) + i for i, word in enumerate(words)}
        self._chunks = ChunkIds(self._look_up)

    def _look_up(self, chunk: str) -> list[int]:
        get = self._ids.get
        return [get(word, UNK) for word in self.split(chunk)]

    @property
    def vocab_size(self) -> int:
        """How many ids there are, special symbols included."""
        return len(self._tokens)

    def train(self, texts: Iterable[TrainingText]) -> None:
        """Count the words of the texts; given tokens are counted whole."""
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(
                self.split(text) if isinstance(text, str) else [self._fold(w) for w in text]
            )
        self.learn(counts)

    def admit(self, words: Iterable[str]) -> None:
        """Have words in the vocabulary, after those of the texts; see :meth:`Tokenizer.admit`."""
        taken = (w for w in words if w == self._fold(w) and w not in SPECIAL_SYMBOLS)
        self.admitted = list(dict.fromkeys(taken))

    def learn(self, counts: dict[str, int]) -> Mapping[str, int]:
        """Rank words that are counted already; the ids of those that are kept."""
        counts.pop(_UNKNOWN, None)
        options = self.options
        kept = rank(counts, max_size=options.max_size, min_count=options.min_count)
        self._use(list(dict.fromkeys([*kept, *self.admitted])))
        return self._ids

    def draft(self) -> WordDraft | None:
        """Counts the words and numbers them as they come; see :meth:`Tokenizer.draft`."""
        return None if self.feature_count else WordDraft(self)

    def _fold(self, word: str) -> str:
        return word.lower() if self.options.lowercase else word

    def fold_simple(self, text: str) -> str:
        """The text in lower case where that may be done before splitting; chunks recur more."""
        return self._fold(text) if text.isascii() else text

    def split(self, text: str) -> list[str]:
        """The words as they are looked up."""
        if self.options.split == "whitespace":
            return self._fold(text).split()
        if text.isascii():
            return find_words(self._fold(text))
        # Beyond ASCII, lower case depends on neighbours and may be longer: fold after splitting.
        words = find_words(text)
        return [word.lower() for word in words] if self.options.lowercase else words

    def encode_ids(self, text: str) -> list[int]:
        """The ids of the words."""
        return self._chunks.of(self.fold_simple(text)).tolist()

    def encode(self, text: str) -> Encoding:
        """Split ``text``; see :meth:`Tokenizer.encode`. Tokens stand as they do in the text."""
        if self.options.split == "whitespace":
            offsets = [match.span() for match in re.finditer(r"\S+", text)]
        else:
            offsets = split_words(text)
        tokens = [text[start:end] for start, end in offsets]
        return Encoding([self._ids.get(self._fold(t), UNK) for t in tokens], tokens, offsets)

    def encode_words(self, words: Sequence[str]) -> list[list[int]]:
        """Look each word up whole: one id a word."""
        return [[self._ids.get(self._fold(word), UNK)] for word in words]

    def decode(self, ids: Sequence[int]) -> str:
        """The words with a space between them.

        With ``split="unicode"`` punctuation is attached by the rule of :class:`WordStreamDecoder`.
        """
        decoder = self.stream_decoder()
        return "".join([decoder.push(i) for i in ids])

    def id_to_token(self, token_id: int) -> str:
        """The word with this id; see :meth:`Tokenizer.id_to_token`."""
        if token_id < 0:
            raise IndexError(token_id)
        return self._tokens[token_id]

    def save(self, directory: Path) -> None:
        """Write the words to ``words.jsonl``."""
        write_tokens(directory / _FILE, self._tokens[len(SPECIAL_SYMBOLS) :])

    def load(self, directory: Path) -> None:
        """Read what :meth:`save` wrote; see :meth:`Tokenizer.load` for errors."""
        self._use(read_tokens(directory / _FILE))

    def features(self, tokens: Sequence[str]) -> np.ndarray:
        """Affixes and shape; see :meth:`Tokenizer.features` and :class:`WordFeatures`."""
        return self._features(tokens) if self.feature_count else super().features(tokens)

    def stream_decoder(self) -> StreamDecoder:
        """A decoder that takes ids one at a time, with constant work for each."""
        return WordStreamDecoder(self._tokens, attach=self.options.split == "unicode")


class WordDraft:
    """Counts the words of texts and numbers them in the order in which they are first seen.

    Args:
        tokenizer: Splits the texts, and is given the vocabulary in the end.
    """

    def __init__(self, tokenizer: WordTokenizer) -> None:
        self._tokenizer = tokenizer
        self._numbers: dict[str, int] = {}
        self._chunks = ChunkIds(self._look_up, most=_DRAFT_CHUNKS)
        self._counts: list[np.ndarray] = []
        self._uncounted = array("i")

    def _look_up(self, chunk: str) -> list[int]:
        first, numbers = len(SPECIAL_SYMBOLS), self._numbers
        words = self._tokenizer.split(chunk)
        return [numbers.setdefault(word, first + len(numbers)) for word in words]

    def encode_ids(self, text: str) -> Sequence[int]:
        """The numbers of the words; see :meth:`Draft.encode_ids`."""
        ids = self._chunks.of(self._tokenizer.fold_simple(text))
        self._uncounted.extend(ids)
        if len(self._uncounted) > _COUNTED_AT_ONCE:
            self._count()
        return ids

    def _count(self) -> None:
        import numpy as np  # heavy; only training needs it

        counts = np.bincount(self._uncounted, minlength=len(SPECIAL_SYMBOLS) + len(self._numbers))
        for before in self._counts:
            counts[: len(before)] += before
        self._counts, self._uncounted = [counts], array("i")

    def settle(self) -> np.ndarray:
        """Rank the words; see :meth:`Draft.settle`."""
        import numpy as np  # heavy; only training needs it

        self._count()
        counts = self._counts[0][len(SPECIAL_SYMBOLS) :].tolist()
        ids = self._tokenizer.learn(dict(zip(self._numbers, counts, strict=True)))
        table = [*range(len(SPECIAL_SYMBOLS)), *(ids.get(word, UNK) for word in self._numbers)]
        return np.array(table, dtype=np.int32)


class WordStreamDecoder(StreamDecoder):
    """Writes words with a space between them.

    Where punctuation attaches, no space stands before closing marks (``. , ; : ! ? ) ] } %``, an
    ellipsis, closing quotes, apostrophes, contractions), after opening ones (brackets, opening
    quotes, currency signs, ``# @``), or on either side of ``-`` and ``/``. Straight double quotes
    open and close in turn.

    Args:
        tokens: The word of each id.
        attach: Whether punctuation attaches.
    """

    def __init__(self, tokens: Sequence[str], *, attach: bool) -> None:
        self._tokens = tokens
        self._attach = attach
        self._space = False
        self._quoted = False

    def push(self, token_id: int) -> str:
        """Add one id; see :meth:`StreamDecoder.push`."""
        token = self._tokens[token_id]
        if token_id in (PAD, EOS):
            return ""
        before = after = True
        if self._attach:
            form = token.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
            before = form not in _CLOSING and form not in _JOINING
            after = form not in _OPENING and form not in _JOINING
            if form == '"':
                self._quoted = not self._quoted
                before, after = self._quoted, not self._quoted
        written = f" {token}" if self._space and before else token
        self._space = after
        return written

    def flush(self) -> str:
        """End the stream; nothing is ever held back."""
        return ""
