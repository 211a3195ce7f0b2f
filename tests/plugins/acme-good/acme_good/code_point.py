"""Ids are Unicode code points, moved up past the special symbols."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from seqkit.tokenizers.base import SPECIAL_SYMBOLS, Encoding, Tokenizer, TrainingText

FIRST = len(SPECIAL_SYMBOLS)


class CodePointTokenizer(Tokenizer):
    @property
    def vocab_size(self) -> int:
        return FIRST + sys.maxunicode + 1

    def train(self, texts: Iterable[TrainingText]) -> None:
        pass

    def encode(self, text: str) -> Encoding:
        offsets = [(i, i + 1) for i in range(len(text))]
        return Encoding([FIRST + ord(c) for c in text], list(text), offsets)

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(chr(i - FIRST) for i in ids if i >= FIRST)

    def id_to_token(self, token_id: int) -> str:
        if not 0 <= token_id < self.vocab_size:
            raise IndexError(token_id)
        return SPECIAL_SYMBOLS[token_id] if token_id < FIRST else chr(token_id - FIRST)

    def save(self, directory: Path) -> None:
        pass

    def load(self, directory: Path) -> None:
        pass
