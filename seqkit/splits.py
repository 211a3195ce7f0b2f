"""What is held out of the training examples where a corpus has no development split."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqkit.encoding import text_of
from seqkit.examples import Example, TextExample

#: Seed of the choice of held-out examples: the same whatever a recipe's seed, so that runs with
#: several seeds are scored on the same ones.
_SEED = 0


def hold_out(
    examples: Sequence[Example], fraction: float, *, streams: bool
) -> tuple[list[Example], list[Example]]:
    """Part examples into those to train on and those to score, always in the same way.

    Args:
        examples: All of them.
        fraction: The share that is held out.
        streams: Whether they are one contiguous text, of which the end is held out, rather than
            examples drawn at random. A text with a label that no other text has is not drawn,
            since nothing could be learnt of it.

    Returns:
        The training examples and the held-out ones, each in their order.
    """
    return _text(examples, fraction) if streams else _drawn(examples, fraction)


def _drawn(examples: Sequence[Example], fraction: float) -> tuple[list[Example], list[Example]]:
    order = np.random.default_rng(_SEED).permutation(len(examples))
    held = set(order[: round(len(examples) * fraction)].tolist())
    known = {label for i, e in enumerate(examples) if i not in held for label in _labels(e)}
    held = {i for i in held if known.issuperset(_labels(examples[i]))}
    return (
        [e for i, e in enumerate(examples) if i not in held],
        [e for i, e in enumerate(examples) if i in held],
    )


def _labels(example: Example) -> tuple[str, ...]:
    return example.labels if isinstance(example, TextExample) else ()


def _text(examples: Sequence[Example], fraction: float) -> tuple[list[Example], list[Example]]:
    left = round(sum(len(text_of(e)) for e in examples) * (1 - fraction))
    train: list[Example] = []
    dev: list[Example] = []
    for example in examples:
        text = text_of(example)
        if head := text[: max(0, left)]:
            train.append(TextExample(head, example.source))
        if tail := text[max(0, left) :]:
            dev.append(TextExample(tail, example.source))
        left -= len(text)
    return train, dev
