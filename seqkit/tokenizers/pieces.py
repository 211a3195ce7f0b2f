"""What the lossless tokenizers share: every id stands for some bytes of UTF-8."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

from seqkit.errors import BundleError
from seqkit.tokenizers.base import SPECIAL_SYMBOLS, Encoding, StreamDecoder, Tokenizer

#: The bytes of padding, unknown and end of text; only a model can come up with an unknown.
SPECIAL_PIECES = (b"", "\N{REPLACEMENT CHARACTER}".encode(), b"")
#: The names of the 256 bytes, whose ids follow those of the special symbols.
BYTE_NAMES = tuple(f"<0x{byte:02X}>" for byte in range(256))
#: The id of byte 0, and that of the first token that is learnt.
FIRST_BYTE = len(SPECIAL_PIECES)
FIRST_LEARNT = FIRST_BYTE + 256


def utf8(text: str) -> bytes:
    """The text in UTF-8, with a lone surrogate as the three bytes that it would have."""
    return text.encode("utf-8", "surrogatepass")


class PieceStreamDecoder(StreamDecoder):
    """Joins bytes and gives each character once its last byte has come."""

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self._pieces = pieces
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def push(self, token_id: int) -> str:
        """Add one id; see :meth:`StreamDecoder.push`."""
        return self._decoder.decode(self._pieces[token_id])

    def flush(self) -> str:
        """End the stream; see :meth:`StreamDecoder.flush`."""
        return self._decoder.decode(b"", final=True)


class PieceTokenizer(Tokenizer):
    """A tokenizer whose pieces, put together, are the text's bytes.

    The ids are padding, unknown, end of text, the 256 bytes, then what is learnt. Subclasses call
    :meth:`learn` and split a text in :meth:`encode_ids`; the rest follows. A lone surrogate, which
    no UTF-8 text can hold, is encoded as its three bytes and decoded as U+FFFD, so that what a
    model writes can always be printed.
    """

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.learn(())

    def learn(self, tokens: Iterable[tuple[str, bytes]]) -> None:
        """Take the learnt tokens, each with the bytes that it stands for, in the order of ids."""
        learnt = list(tokens)
        #: Each id for people to read.
        self.names = [*SPECIAL_SYMBOLS, *BYTE_NAMES, *(name for name, _ in learnt)]
        #: The bytes of each id.
        self.pieces = [*SPECIAL_PIECES, *(bytes([b]) for b in range(256)), *(p for _, p in learnt)]

    @property
    def vocab_size(self) -> int:
        """How many ids there are, special symbols included."""
        return len(self.pieces)

    def encode(self, text: str) -> Encoding:
        """Split ``text``; see :meth:`Tokenizer.encode`.

        Raises:
            BundleError: A damaged model gave pieces that are not the text.
        """
        ids = self.encode_ids(text)
        pieces = [self.pieces[i] for i in ids]
        data = b"".join(pieces)
        if data != utf8(self.fold(text)):
            raise BundleError(
                "the tokenizer's pieces do not add up to the text",
                why="its model is damaged",
                fix="Take the bundle from its source again, or train it again",
            )
        return Encoding(ids, [self.names[i] for i in ids], piece_offsets(data, pieces))

    def decode(self, ids: Sequence[int]) -> str:
        """The text of ``ids``, with U+FFFD for bytes that make no character."""
        pieces = self.pieces
        return b"".join([pieces[i] for i in ids]).decode("utf-8", "replace")

    def id_to_token(self, token_id: int) -> str:
        """The token with this id; see :meth:`Tokenizer.id_to_token`."""
        if token_id < 0:
            raise IndexError(token_id)
        return self.names[token_id]

    def stream_decoder(self) -> StreamDecoder:
        """A decoder that takes ids one at a time, with constant work for each."""
        return PieceStreamDecoder(self.pieces)

    def fold(self, text: str) -> str:
        """The text as it is split: of the same length, perhaps in lower case."""
        return text


def piece_offsets(data: bytes, pieces: Sequence[bytes]) -> list[tuple[int, int]]:
    """Where each piece stands, in characters.

    Args:
        data: The pieces put together: a text in UTF-8.
        pieces: The pieces, none of them empty.

    Returns:
        ``(start, end)`` of the characters that each piece has a byte of.
    """
    ends = list(accumulate(map(len, pieces)))
    starts = [0, *ends[:-1]] if ends else []
    if data.isascii():
        return list(zip(starts, ends, strict=True))
    # Every byte but the continuations (10xxxxxx) begins a character.
    number = list(accumulate((byte & 0xC0) != 0x80 for byte in data))
    return [(number[a] - 1, int(number[b - 1])) for a, b in zip(starts, ends, strict=True)]
