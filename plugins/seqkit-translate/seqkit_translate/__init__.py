"""Translation for seqkit: sentences in, sentences out.

This page declares the parts and their options and imports no torch. On the road of training,
``pairs.py`` reads and ``decoding.py`` makes numbers of translations; ``head.py`` puts together
``attention.py`` and ``layers.py``. On the road of prediction, ``beam.py`` searches,
``translator.py`` runs a trained model, and ``command.py`` is ``seqkit translate``.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from seqkit import CommandSpec, HeadSpec, Options, ReaderSpec, hookimpl


class Search(Options, frozen=True, kw_only=True):
    """How a translation is searched for."""

    beam: Annotated[
        int,
        Meta(
            ge=1,
            le=1000,
            description="Beginnings of a translation that are carried on beside each other; 1 "
            "takes the likeliest token each time.",
        ),
    ] = 5
    length_penalty: Annotated[
        float,
        Meta(
            ge=0,
            le=10,
            description="Divide a translation's logarithm of probability by ((5 + tokens) / 6) to "
            "this power (Wu et al. 2016); 0 prefers short ones.",
        ),
    ] = 0.6
    length_ratio: Annotated[
        float,
        Meta(
            gt=0,
            le=100,
            description="A translation has at most this many tokens for each of the sentence, "
            "and 10 more.",
        ),
    ] = 2.0


class TranslationOptions(Search, frozen=True, kw_only=True):
    """Options of the ``translation`` head: its network, its vocabulary, and how it searches."""

    attention: Annotated[
        Literal["general", "dot", "additive"],
        Meta(
            description="How the translation looks at the sentence: after each step of the cells, "
            "by a general or a plain dot product (Luong et al. 2015), or before it, by an additive "
            "score (Bahdanau et al. 2015)."
        ),
    ] = "general"
    input_feeding: Annotated[
        bool,
        Meta(
            description="With general and dot, tell each step what was made of the one before. "
            "Steps then wait for each other, which takes longer to train."
        ),
    ] = False
    hidden_size: Annotated[
        int,
        Meta(
            ge=0,
            description="Features of each layer that writes the translation; 0 for as many as a "
            "direction of the encoder has.",
        ),
    ] = 0
    layers: Annotated[int, Meta(ge=1, le=64, description="Layers that write the translation.")] = 1
    dropout: Annotated[
        float,
        Meta(
            ge=0,
            lt=1,
            description="Share of features dropped from the translation's embedding, between its "
            "layers, and before its output layer.",
        ),
    ] = 0.0
    label_smoothing: Annotated[
        float,
        Meta(
            ge=0,
            lt=1,
            description="Share of each target's probability that is spread over the vocabulary "
            "while training (Szegedy et al. 2016).",
        ),
    ] = 0.0
    tie_weights: Annotated[
        bool,
        Meta(
            description="Use the translation's embedding as the output weights (Press and Wolf "
            "2017)."
        ),
    ] = True
    shared_vocabulary: Annotated[
        bool,
        Meta(
            description="Write translations with the recipe's tokenizer, trained on both sides, "
            "and with the embedding of the sentences."
        ),
    ] = False
    vocab_size: Annotated[
        int,
        Meta(
            ge=300,
            le=1_000_000,
            description="Without shared_vocabulary, ids of the translations' own sentencepiece "
            "vocabulary: the 3 special symbols, 256 bytes and the pieces.",
        ),
    ] = 8000


class PairsOptions(Options, frozen=True, kw_only=True):
    """Options of the ``pairs`` reader."""

    target_suffix: Annotated[
        str,
        Meta(
            description="Of two parallel files, the end of the other one's name: fr reads "
            "train.fr beside train.en. Empty for one file with two columns."
        ),
    ] = ""
    source_column: Annotated[
        int, Meta(ge=1, description="The sentence's column, counted from 1; tabs part columns.")
    ] = 1
    target_column: Annotated[int, Meta(ge=1, description="The translation's column.")] = 2


HEAD = HeadSpec(
    name="translation",
    target="seqkit_translate.head:TranslationHead",
    decoder="seqkit_translate.decoding:TranslationDecoder",
    summary="a sentence in another language: encoder-decoder with attention",
    options=TranslationOptions,
    arity="sequence-to-sequence",
    command="translate",
    starter={
        "reader": {"name": "pairs"},
        "tokenizer": {"name": "sentencepiece", "vocab_size": 4000},
        "embedding": {"size": 256, "init": "normal", "dropout": 0.2},
        "cell": {"name": "gru"},
        "encoder": {"hidden_size": 256, "bidirectional": True},
        "head": {"vocab_size": 4000, "dropout": 0.2, "label_smoothing": 0.1},
        "training": {
            "epochs": 10,
            "batch_size": 64,
            "learning_rate": 0.002,
            "schedule": "cosine",
            "warmup": 0.05,
        },
    },
)


@hookimpl
def seqkit_register_heads() -> list[HeadSpec]:
    """The head ``translation``."""
    return [HEAD]


@hookimpl
def seqkit_register_readers() -> list[ReaderSpec]:
    """The reader ``pairs``."""
    return [
        ReaderSpec(
            name="pairs",
            target="seqkit_translate.pairs:PairsReader",
            summary="sentences with their translations: two parallel files, or two columns",
            options=PairsOptions,
            suffixes=(),
            tasks=("translation",),
        )
    ]


@hookimpl
def seqkit_register_commands() -> list[CommandSpec]:
    """The command ``translate``."""
    return [
        CommandSpec(
            name="translate",
            target="seqkit_translate.command:translate",
            short_help="Translate sentences.",
        )
    ]
