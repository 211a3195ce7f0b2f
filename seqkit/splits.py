"""What is held out of the training examples where a corpus has no development split."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import compress

import numpy as np

from seqkit.examples import Example, TextExample, text_of
from seqkit.specs import Arity

#: Seed of the choice of held-out examples: the same whatever a recipe's seed, so that runs with
#: several seeds are scored on the same ones.
_SEED = 0


class Part:
    """Examples that are made of others, for any number of passes; none of them is kept here.

    Args:
        make: Begins a pass.
    """

    def __init__(self, make: Callable[[], Iterator[Example]]) -> None:
        self._make = make

    def __iter__(self) -> Iterator[Example]:
        return self._make()


def hold_out(examples: Iterable[Example], fraction: float, *, arity: Arity) -> tuple[Part, Part]:
    """Part examples into those to train on and those to score, always in the same way.

    Args:
        examples: All of them, for several passes.
        fraction: The share that is held out.
        arity: The head's. For ``one-to-many`` they are one contiguous text, of which the end is
            held out; otherwise they are drawn at random. A text with a label that no other text
            has is not drawn, since nothing could be learnt of it; for ``sequence-to-sequence``,
            where labels are answers, examples of the same text are drawn together.

    Returns:
        The training examples and the held-out ones, each in their order.
    """
    if arity == "one-to-many":
        return _text(examples, fraction)
    if arity == "sequence-to-sequence":
        return _drawn_by_text(examples, fraction)
    return _drawn(examples, fraction)


def _drawn(examples: Iterable[Example], fraction: float) -> tuple[Part, Part]:
    sets: dict[tuple[str, ...], int] = {}
    # (n,), which of the sets of labels each example has
    of = np.fromiter((sets.setdefault(_labels(e), len(sets)) for e in examples), np.int32)
    held = np.zeros(len(of), dtype=bool)
    order = np.random.default_rng(_SEED).permutation(len(of))
    held[order[: round(len(of) * fraction)]] = True
    left = np.zeros(len(sets), dtype=bool)
    left[of[~held]] = True
    known = {label for labels, stays in zip(sets, left, strict=True) if stays for label in labels}
    held &= np.fromiter((known.issuperset(labels) for labels in sets), bool, len(sets))[of]
    return Part(lambda: compress(examples, ~held)), Part(lambda: compress(examples, held))


def _drawn_by_text(examples: Iterable[Example], fraction: float) -> tuple[Part, Part]:
    texts: dict[str, int] = {}
    # (n,), which of the texts each example has
    of = np.fromiter((texts.setdefault(text_of(e), len(texts)) for e in examples), np.int32)
    drawn = np.zeros(len(texts), dtype=bool)
    order = np.random.default_rng(_SEED).permutation(len(texts))
    drawn[order[: round(len(texts) * fraction)]] = True
    held = drawn[of]
    return Part(lambda: compress(examples, ~held)), Part(lambda: compress(examples, held))


def _labels(example: Example) -> tuple[str, ...]:
    return example.labels if isinstance(example, TextExample) else ()


def _text(examples: Iterable[Example], fraction: float) -> tuple[Part, Part]:
    characters = round(sum(len(text_of(e)) for e in examples) * (1 - fraction))

    def begin() -> Iterator[Example]:
        left = characters
        for example in examples:
            text = text_of(example)
            if head := text[: max(0, left)]:
                yield TextExample(head, example.source)
            left -= len(text)

    def end() -> Iterator[Example]:
        left = characters
        for example in examples:
            text = text_of(example)
            if tail := text[max(0, left) :]:
                yield TextExample(tail, example.source)
            left -= len(text)

    return Part(begin), Part(end)
