"""The multiplications and additions that an epoch can't do without."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from seqkit.training.batching import Batch

#: Products a weight takes part in: forward, for the input's gradient, and for its own.
PASSES = 3
#: What an Adam step moves for each number: the weight, its gradient and both moments are read,
#: all but the gradient written; in float32.
ADAM_BYTES = 4 * 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """A model of one layer and one direction.

    Attributes:
        vocabulary: Rows of the embedding.
        embedding: Features of a word.
        hidden: Features of a step's output.
        gates: Blocks of rows in the cell's weights: 4 of an LSTM.
        outputs: Logits.
    """

    vocabulary: int
    embedding: int
    hidden: int
    gates: int
    outputs: int

    @property
    def per_step(self) -> int:
        """Multiply-adds of a word's way through the cell and back."""
        return PASSES * self.gates * self.hidden * (self.embedding + self.hidden)

    @property
    def per_example(self) -> int:
        """Multiply-adds of the output layer."""
        return PASSES * self.hidden * self.outputs

    @property
    def parameters(self) -> int:
        """Numbers that are trained."""
        cell = self.gates * self.hidden * (self.embedding + self.hidden + 2)
        return self.vocabulary * self.embedding + cell + (self.hidden + 1) * self.outputs


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What an epoch is made of.

    Attributes:
        batches: How many.
        examples: How many.
        tokens: Real words.
        steps: Words and padding: the longest of each batch, times its examples.
    """

    batches: int
    examples: int
    tokens: int
    steps: int

    def operations(self, sizes: Sizes, *, padded: bool = False) -> int:
        """Floating-point operations, two a multiply-add, of the words alone or padding too."""
        steps = self.steps if padded else self.tokens
        return 2 * (steps * sizes.per_step + self.examples * sizes.per_example)

    def adam_bytes(self, sizes: Sizes) -> int:
        """Bytes that Adam moves where it updates every number in every step."""
        return self.batches * ADAM_BYTES * sizes.parameters


def work(batches: Iterable[Batch]) -> Work:
    """Count an epoch's batches and what is in them."""
    number = examples = tokens = steps = 0
    for batch in batches:
        T, B = batch.ids.shape
        number, examples, steps = number + 1, examples + B, steps + T * B
        tokens += batch.tokens
    return Work(batches=number, examples=examples, tokens=tokens, steps=steps)
