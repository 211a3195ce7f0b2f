"""Tokenizers: text to ids and back. One file a tokenizer; none imports torch.

This page declares their options; ``base.py`` is the interface.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from seqkit.specs import Options, TokenizerSpec


class CharOptions(Options, frozen=True, kw_only=True):
    """Options of the ``char`` tokenizer."""

    max_size: Annotated[
        int,
        Meta(
            ge=0,
            description="Most characters kept, by frequency, beside the 3 special symbols "
            "and 256 bytes; 0 keeps all.",
        ),
    ] = 0
    min_count: Annotated[
        int, Meta(ge=1, description="Characters rarer than this become bytes.")
    ] = 1


class WordOptions(Options, frozen=True, kw_only=True):
    """Options of the ``word`` tokenizer."""

    max_size: Annotated[
        int,
        Meta(
            ge=0,
            description="Most words kept, by frequency, beside the 3 special symbols; 0 keeps all.",
        ),
    ] = 50_000
    min_count: Annotated[
        int, Meta(ge=1, description="Words rarer than this become the unknown symbol.")
    ] = 1
    lowercase: Annotated[bool, Meta(description="Look words up in lower case.")] = True
    split: Annotated[
        Literal["unicode", "whitespace"],
        Meta(description="Where words end: by Unicode word rules, or at white space alone."),
    ] = "unicode"
    affixes: Annotated[
        int,
        Meta(
            ge=0,
            le=6,
            description="Describe each word also by its prefixes and suffixes up to this length "
            "and by its shape, hashed; 0 for the word alone. Helps tagging most.",
        ),
    ] = 0
    affix_buckets: Annotated[
        int, Meta(ge=64, le=1 << 20, description="Rows of the table that the hashes index.")
    ] = 8192


class SentencePieceOptions(Options, frozen=True, kw_only=True):
    """Options of the ``sentencepiece`` tokenizer."""

    vocab_size: Annotated[
        int,
        Meta(
            ge=300,
            le=1_000_000,
            description="Ids in all: the 3 special symbols, 256 bytes and the pieces. A corpus "
            "too small for them gives fewer.",
        ),
    ] = 8000
    model: Annotated[
        Literal["unigram", "bpe"], Meta(description="The model that sentencepiece trains.")
    ] = "unigram"
    lowercase: Annotated[
        bool, Meta(description="Fold case before splitting; decoding then gives lower case.")
    ] = False
    character_coverage: Annotated[
        float,
        Meta(gt=0.9, le=1.0, description="Share of characters kept whole; the rest are bytes."),
    ] = 0.9995
    sample: Annotated[
        int, Meta(ge=0, description="Train on at most this many sentences; 0 for all.")
    ] = 1_000_000


TOKENIZERS = [
    TokenizerSpec(
        name="char",
        target="seqkit.tokenizers.char:CharTokenizer",
        summary="one token a character; rare characters as UTF-8 bytes",
        options=CharOptions,
        lossless=True,
    ),
    TokenizerSpec(
        name="byte",
        target="seqkit.tokenizers.byte:ByteTokenizer",
        summary="one token a UTF-8 byte; nothing to train",
        lossless=True,
    ),
    TokenizerSpec(
        name="word",
        target="seqkit.tokenizers.word:WordTokenizer",
        summary="words and punctuation by frequency; the rest is unknown",
        options=WordOptions,
        lossless=False,
    ),
    TokenizerSpec(
        name="sentencepiece",
        target="seqkit.tokenizers.sentencepiece:SentencePieceTokenizer",
        summary="subwords trained by sentencepiece (unigram or BPE), with byte fallback",
        options=SentencePieceOptions,
        lossless=True,
    ),
]
