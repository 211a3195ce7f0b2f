"""Tokenizers trained on a few made-up sentences, and texts that break careless ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from seqkit.tokenizers import CharOptions, SentencePieceOptions, WordOptions
from seqkit.tokenizers.base import Tokenizer
from seqkit.tokenizers.byte import ByteTokenizer
from seqkit.tokenizers.char import CharTokenizer
from seqkit.tokenizers.sentencepiece import SentencePieceTokenizer
from seqkit.tokenizers.word import WordTokenizer

SENTENCES = [
    "The miller's daughter didn't mind the rain, and the rain didn't mind her.",
    "A heron stood in the mill-pond; it stood there all day.",
    "Über die Brücke ging niemand — only the rain went over.",
    "Fish at 3.50 a pound! Fish, fresh fish, said the man by the bridge.",
    "雨が降る。 The daughter laughed 😀 and the heron flew off.",
] * 8

MAKERS: dict[str, Callable[[], Tokenizer]] = {
    "byte": lambda: ByteTokenizer(None),
    "char": lambda: CharTokenizer(CharOptions(min_count=9)),
    "word": lambda: WordTokenizer(WordOptions()),
    "word-whitespace": lambda: WordTokenizer(WordOptions(split="whitespace", lowercase=False)),
    "unigram": lambda: SentencePieceTokenizer(SentencePieceOptions(vocab_size=360)),
    "bpe": lambda: SentencePieceTokenizer(SentencePieceOptions(vocab_size=360, model="bpe")),
    "unigram-lower": lambda: SentencePieceTokenizer(
        SentencePieceOptions(vocab_size=360, lowercase=True)
    ),
}
LOSSLESS = ("byte", "char", "unigram", "bpe")

NASTY = [
    "",
    " ",
    "  two  spaces  ",
    "line\nline\r\nline\rline\n\n",
    "tab\tand\0NUL",
    "\ufeff",
    "\ufeffBOM first",
    "cafe\u0301 and e\u0301\u0323 alone \u0301",
    "😀👩‍🚀👍🏽🇫🇷",
    "a meta \u2581symbol\u2581 and \u2585 too",
    "<unk> <pad> <eos> <s> </s> <0x41>",
    "İstanbul'da ΟΔΟΣ ﬃ ß Ǆ",
    "नमस्ते 日本語 می‌خواهم",
    "\U0010ffff\ufffe\ufffd\x85\u2028",
]


def _trained(name: str) -> Tokenizer:
    tokenizer = MAKERS[name]()
    tokenizer.train(iter(SENTENCES))
    return tokenizer


@pytest.fixture(scope="session", params=MAKERS)
def make(request: pytest.FixtureRequest) -> Callable[[], Tokenizer]:
    """Makes one kind of tokenizer, untrained."""
    return MAKERS[request.param]


@pytest.fixture(scope="session", params=MAKERS)
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    """Each kind of tokenizer, trained."""
    return _trained(request.param)


@pytest.fixture(scope="session", params=LOSSLESS)
def lossless(request: pytest.FixtureRequest) -> Tokenizer:
    """Each lossless kind, trained."""
    return _trained(request.param)


@pytest.fixture(params=NASTY, ids=ascii)
def nasty(request: pytest.FixtureRequest) -> str:
    """A text that breaks careless tokenizers."""
    return request.param


@pytest.fixture(scope="session")
def sentences() -> list[str]:
    """What the tokenizers were trained on."""
    return SENTENCES
