"""Answers to any number of examples: cut into blocks, each encoded, run and decoded at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from seqkit.decoding.base import Decoder
from seqkit.encoding import Encoded, ExampleEncoder
from seqkit.examples import Example, TextExample, TokensExample
from seqkit.predictions import Prediction
from seqkit.tokenizers.words import split_words

#: The most examples in a block ...
MOST_EXAMPLES = 512
#: ... and the characters after which it takes no more, so that long ones don't fill memory.
MOST_CHARACTERS = 1_000_000

#: A token in its document: its text, its first character and the one after its last.
_Place = tuple[str, int, int]


def blocks(examples: Iterable[Example]) -> Iterator[list[Example]]:
    """Examples that are run together: one at first, so that its answer comes soon, then more.

    Where a block ends depends on the examples alone, for what is run together can change the last
    digits of an answer, and the same input is to give the same output.

    Args:
        examples: Read as blocks are asked for; where reading fails, what was read before it makes
            the last block, and the error follows.
    """
    block: list[Example] = []
    most, characters = 1, 0
    try:
        for example in examples:
            block.append(example)
            characters += size(example)
            if len(block) == most or characters >= MOST_CHARACTERS:
                yield block
                block, characters = [], 0
                most = min(2 * most, MOST_EXAMPLES)
    except Exception:
        if block:
            yield block
        raise
    if block:
        yield block


def as_examples(texts: Iterable[str | Sequence[str] | Example]) -> Iterator[Example]:
    """Texts and lists of tokens as examples without a source; examples stay as they are.

    Args:
        texts: Read as examples are asked for.
    """
    for text in texts:
        if isinstance(text, TextExample | TokensExample):
            yield text
        elif isinstance(text, str):
            yield TextExample(text, "")
        else:
            yield TokensExample(tuple(text), "")


def size(example: Example) -> int:
    """The characters of an example."""
    if isinstance(example, TextExample):
        return len(example.text)
    return sum(map(len, example.tokens))


class GivesLogits(Protocol):
    """A runtime, or anything else that answers whole examples."""

    def logits(self, examples: Sequence[Encoded]) -> list[np.ndarray]:
        """As :meth:`seqkit.runtimes.base.Runtime.logits` has it."""
        ...


@dataclass(frozen=True, slots=True)
class Predictor:
    """Answers blocks of examples.

    Attributes:
        runtime: Runs the network.
        encoder: Makes its input.
        decoder: Makes answers of its output.
        words: Whether there is an answer for each word, whose place in the text is then found.
    """

    runtime: GivesLogits
    encoder: ExampleEncoder
    decoder: Decoder
    words: bool

    def answers(self, block: Sequence[Example]) -> list[Prediction]:
        """One answer for each example, in their order."""
        places: list[Sequence[_Place]] = [_places(e) if self.words else () for e in block]
        inputs: Sequence[Example] = block
        if self.words:
            inputs = [
                TokensExample(
                    tuple(text for text, _, _ in found), e.source, before=e.before, after=e.after
                )
                for e, found in zip(block, places, strict=True)
            ]
        encoded = [self.encoder.encode(e, with_target=False) for e in inputs]
        filled = [
            (logits, example.source, found)
            for example, found, logits in zip(block, places, self.logits(encoded), strict=True)
            if logits is not None
        ]
        answers = iter(self.decoder.decode_all(*zip(*filled, strict=True)) if filled else ())
        return [
            next(answers) if len(e) else self.decoder.decode_empty(example.source)
            for example, e in zip(block, encoded, strict=True)
        ]

    def logits(self, examples: Sequence[Encoded]) -> Iterator[np.ndarray | None]:
        """Each example's logits, none for one without tokens."""
        logits = iter(self.runtime.logits([e for e in examples if len(e)]))
        return (next(logits) if len(e) else None for e in examples)


def _places(example: Example) -> list[_Place]:
    if isinstance(example, TextExample):
        return [(example.text[a:b], a, b) for a, b in split_words(example.text)]
    places, start = [], 0
    for token in example.tokens:
        places.append((token, start, start + len(token)))
        start += len(token) + 1
    return places
