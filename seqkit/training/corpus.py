"""A recipe's corpus in numbers: read, split, and encoded with what was learnt from it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seqkit.corpora import Sources
from seqkit.decoding.base import Decoder
from seqkit.encoding import Encoded, ExampleEncoder, text_of, words_of
from seqkit.errors import DataError
from seqkit.examples import Example
from seqkit.readers.base import OnBad
from seqkit.readers.files import read
from seqkit.recipe import Recipe
from seqkit.splits import hold_out
from seqkit.tokenizers.base import Tokenizer


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus in numbers.

    Attributes:
        train: Encoded training examples; without the empty ones where examples have targets.
        dev: Encoded development examples, likewise; may be none.
        dev_characters: Characters of the development texts, each end counted as one.
    """

    train: list[Encoded]
    dev: list[Encoded]
    dev_characters: int

    def digest(self) -> str:
        """A checksum of all that training and scoring see."""
        digest = hashlib.sha256(f"{len(self.train)} {self.dev_characters}".encode())
        for example in (*self.train, *self.dev):
            digest.update(np.int64(len(example)).tobytes())
            for part in (example.ids, example.features, example.target, example.steps):
                if part is not None:
                    digest.update(part.tobytes())
        return digest.hexdigest()


def prepare(
    recipe: Recipe, sources: Sources, *, tokenizer: Tokenizer, decoder: Decoder, on_bad: OnBad
) -> Corpus:
    """Read and split a corpus, train the tokenizer, learn the labels, and encode.

    Args:
        recipe: What is trained.
        sources: The corpus's files.
        tokenizer: Is trained on the training examples.
        decoder: Learns the labels from them.
        on_bad: What to do with a bad row.

    Raises:
        DataError: A row is bad, a label is missing, or there is nothing to train on.
    """
    arity = recipe.head_spec.arity
    streams = arity == "one-to-many"
    train, dev = _read(sources.train, sources, on_bad), _read(sources.dev, sources, on_bad)
    if not train:
        raise DataError("There is nothing to train on", why="no example was read")
    if not dev:
        train, dev = hold_out(train, sources.dev_fraction, streams=streams)
    decoder.fit(train)
    given = arity == "many-to-many"
    tokenizer.train(words_of(e) if given else text_of(e) for e in train)
    encoder = ExampleEncoder(tokenizer, decoder, arity, recipe.encoder)

    def encoded(examples: Sequence[Example]) -> list[Encoded]:
        numbers = (encoder.encode(e, with_target=not streams) for e in examples)
        # an empty text teaches nothing, and its answer is known; in a stream its end does count
        return [e for e in numbers if streams or len(e)]

    characters = sum(len(text_of(e)) + 1 for e in dev)
    corpus = Corpus(encoded(train), encoded(dev), characters)
    if not any(map(len, corpus.train)):
        raise DataError("There is nothing to train on", why="all examples are empty")
    return corpus


def _read(paths: Sequence[Path], sources: Sources, on_bad: OnBad) -> list[Example]:
    return list(read(paths, reader=sources.reader, encoding=sources.encoding, on_bad=on_bad))
