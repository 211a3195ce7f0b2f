"""Tokenizers that each break the contract in one way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from seqkit.tokenizers.base import Draft, Encoding, StreamDecoder, TrainingText
from seqkit.tokenizers.byte import ByteTokenizer
from seqkit.tokenizers.char import CharTokenizer
from seqkit.tokenizers.pieces import PieceStreamDecoder
from seqkit.tokenizers.word import WordTokenizer


class DropsBytes(ByteTokenizer):
    """Decodes ASCII alone."""

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(c for c in super().decode(ids) if c.isascii())


class OffByOne(WordTokenizer):
    """Offsets begin and end one character late."""

    def encode(self, text: str) -> Encoding:
        found = super().encode(text)
        last = len(text)
        offsets = [(min(a + 1, last - 1), min(b + 1, last)) for a, b in found.offsets]
        return Encoding(found.ids, found.tokens, offsets)


class Backwards(WordTokenizer):
    """Offsets stand in the order of their ends, from the last."""

    def encode(self, text: str) -> Encoding:
        found = super().encode(text)
        return Encoding(found.ids, found.tokens, found.offsets[::-1])


class SpellsTheEnd(WordTokenizer):
    """Takes what looks like the end symbol for it."""

    def encode(self, text: str) -> Encoding:
        found = super().encode(text)
        if "<eos>" in text and found.ids:
            found.ids[0] = self.eos_id
        return found

    def encode_ids(self, text: str) -> list[int]:
        return self.encode(text).ids


class DropsTheUnknown(WordTokenizer):
    """Leaves out what it does not know."""

    def encode(self, text: str) -> Encoding:
        found = super().encode(text)
        kept = [i for i, token_id in enumerate(found.ids) if token_id != self.unk_id]
        return Encoding(
            [found.ids[i] for i in kept],
            [found.tokens[i] for i in kept],
            [found.offsets[i] for i in kept],
        )

    def encode_ids(self, text: str) -> list[int]:
        return self.encode(text).ids


class OutOfRange(WordTokenizer):
    """Gives unknown words an id after the last."""

    def encode(self, text: str) -> Encoding:
        found = super().encode(text)
        ids = [self.vocab_size if i == self.unk_id else i for i in found.ids]
        return Encoding(ids, found.tokens, found.offsets)


class Unordered(CharTokenizer):
    """Learns in the order of a set."""

    def train(self, texts: Iterable[TrainingText]) -> None:
        signs = {sign for text in texts for sign in text}
        super().train([sign for sign in signs if hash(sign) % 2])


class ForgetsItsOrder(WordTokenizer):
    """Saves its words, and loads them the other way round."""

    def load(self, directory: Path) -> None:
        super().load(directory)
        for path in directory.iterdir():
            count, *tokens = path.read_text(encoding="utf-8").splitlines()
            assert int(count) == len(tokens)
            path.write_text("\n".join([count, *tokens[::-1], ""]), encoding="utf-8")
        super().load(directory)


class WantsTorch(ByteTokenizer):
    """Imports torch to encode."""

    def encode_ids(self, text: str) -> list[int]:
        import torch

        assert torch.__version__
        return super().encode_ids(text)


class _Slow(PieceStreamDecoder):
    held = ""

    def push(self, token_id: int) -> str:
        given, self.held = self.held, super().push(token_id)
        return given


class KeepsTheRest(ByteTokenizer):
    """Keeps what it holds back at the end of a stream."""

    def stream_decoder(self) -> StreamDecoder:
        return _Slow(self.pieces)


class NamesAnything(ByteTokenizer):
    """Has a name for ids that there are not."""

    def id_to_token(self, token_id: int) -> str:
        return super().id_to_token(token_id % self.vocab_size)


class DropsEmptyWords(WordTokenizer):
    def encode_words(self, words: Sequence[str]) -> list[list[int]]:
        return [
            ids if word else []
            for word, ids in zip(words, super().encode_words(words), strict=True)
        ]


class WildFeatures(WordTokenizer):
    """Hashes to one row more than there are."""

    def features(self, tokens: Sequence[str]) -> np.ndarray:
        found = super().features(tokens)
        found[0, 0] = self.feature_buckets
        return found


class _Shifted:
    def __init__(self, draft: Draft) -> None:
        self.encode_ids, self._settle = draft.encode_ids, draft.settle

    def settle(self) -> np.ndarray:
        return np.roll(self._settle(), 1)


class WrongDraft(WordTokenizer):
    """Settles on the ids of other words."""

    def draft(self) -> Draft | None:
        draft = super().draft()
        return draft and _Shifted(draft)
