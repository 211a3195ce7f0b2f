"""One token a character; characters that the vocabulary lacks are spelt in bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

from seqkit.tokenizers import CharOptions
from seqkit.tokenizers.base import TrainingText, as_text
from seqkit.tokenizers.pieces import FIRST_BYTE, FIRST_LEARNT, PieceTokenizer, utf8
from seqkit.tokenizers.vocabulary import damaged, rank, read_tokens, write_tokens

_FILE = "characters.jsonl"


class CharTokenizer(PieceTokenizer):
    """Known characters, the most frequent first; before training, all text is bytes."""

    options: CharOptions

    def __init__(self, options: CharOptions) -> None:
        super().__init__(options)
        self._use(())

    def _use(self, characters: Sequence[str]) -> None:
        self.learn((c, c.encode()) for c in characters)
        self._ids = {c: FIRST_LEARNT + i for i, c in enumerate(characters)}

    def train(self, texts: Iterable[TrainingText]) -> None:
        """Count the characters of the texts; given tokens are taken with a space between them."""
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(as_text(text))
        known = {c: n for c, n in counts.items() if not _is_surrogate(c)}
        options = self.options
        self._use(rank(known, max_size=options.max_size, min_count=options.min_count))

    def encode_ids(self, text: str) -> list[int]:
        """The ids of the characters; a rare character gives one for each of its bytes."""
        try:
            return list(map(self._ids.__getitem__, text))
        except KeyError:
            pass
        ids: list[int] = []
        for c in text:
            if (known := self._ids.get(c)) is not None:
                ids.append(known)
            else:
                ids.extend(FIRST_BYTE + byte for byte in utf8(c))
        return ids

    def save(self, directory: Path) -> None:
        """Write the characters to ``characters.jsonl``."""
        write_tokens(directory / _FILE, self.names[FIRST_LEARNT:])

    def load(self, directory: Path) -> None:
        """Read what :meth:`save` wrote; see :meth:`Tokenizer.load` for errors."""
        characters = read_tokens(directory / _FILE)
        if any(len(c) != 1 or _is_surrogate(c) for c in characters):
            raise damaged(directory / _FILE, "it holds a token that is not one character")
        self._use(characters)


def _is_surrogate(c: str) -> bool:
    return "\ud800" <= c <= "\udfff"
