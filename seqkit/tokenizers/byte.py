"""One token a byte of UTF-8."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from seqkit.specs import Options
from seqkit.tokenizers.base import TrainingText
from seqkit.tokenizers.pieces import FIRST_BYTE, PieceTokenizer, utf8


class ByteTokenizer(PieceTokenizer):
    """Byte ``b`` has id ``3 + b``; there is nothing to learn or to keep."""

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        # No learnt token can be mistaken for a printable ASCII sign here, so it names itself.
        self.names = [
            piece.decode() if len(piece) == 1 and 0x20 < piece[0] < 0x7F else name
            for piece, name in zip(self.pieces, self.names, strict=True)
        ]

    def train(self, texts: Iterable[TrainingText]) -> None:
        """Learn nothing; the texts are not read."""

    def encode_ids(self, text: str) -> list[int]:
        """The ids of the text's bytes."""
        return [FIRST_BYTE + byte for byte in utf8(text)]

    def save(self, directory: Path) -> None:
        """Write nothing."""

    def load(self, directory: Path) -> None:
        """Read nothing."""
