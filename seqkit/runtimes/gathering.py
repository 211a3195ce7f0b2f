"""What heads make of a text that is read piece by piece: numpy alone, the same for each runtime."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from seqkit.encoding import Encoded
from seqkit.lowering.weights import Weights
from seqkit.ngrams import NGramSum
from seqkit.specs import Options


def covers(options: Options, known: frozenset[str]) -> bool:
    """Whether all that options say is known: any other option has its default."""
    rest = set(options.__struct_fields__) - known
    return all(getattr(options, name) == getattr(type(options)(), name) for name in rest)


class Gathering(ABC):
    """The answer to one text in the making."""

    @abstractmethod
    def add(self, steps: np.ndarray, start: int, *, back: bool = False) -> None:
        """Take what the encoder gives for one piece.

        Args:
            steps: ``(n, D)``, in the order of the text; ``(n, D / 2)`` of one direction where
                the head does not want both :attr:`Gatherer.together`.
            start: The text's token that the piece begins with.
            back: Whether they are those of the backward direction alone, whose pieces come from
                the last to the first.
        """

    @abstractmethod
    def logits(self) -> np.ndarray:
        """The logits, after all pieces; see :meth:`seqkit.runtimes.base.Runtime.logits`."""


class Gatherer(ABC):
    """A head that can answer to a text in pieces; a head's spec names its class.

    What it gives is what the head gives for the whole text, to rounding, in memory that does not
    grow with the text.

    Args:
        weights: The head's.
        input_size: ``D``, features of each step.
        output_size: ``L``.
        options: The head's, which :meth:`fits` has seen.
    """

    #: The options that it knows of; with others it stands back unless they have their defaults.
    known: ClassVar[frozenset[str]] = frozenset()
    #: Whether it needs both directions' features of a step at once.
    together: bool = True

    @classmethod
    def fits(cls, options: Any) -> bool:
        """Whether it can do what a head of such options does."""
        return covers(options, cls.known)

    @abstractmethod
    def __init__(
        self, weights: Weights, *, input_size: int, output_size: int, options: Any
    ) -> None: ...

    @abstractmethod
    def begin(self, text: Encoded) -> Gathering:
        """Begin with a text, which has at least one token."""


class Classifying(Gatherer):
    """The ``classification`` head."""

    known = frozenset(
        {"pooling", "ngrams", "ngram_buckets", "ngram_share"}
        | {"multi_label", "threshold", "calibrate"}
        | {"dropout", "class_weights", "label_smoothing"}
    )

    def __init__(
        self, weights: Weights, *, input_size: int, output_size: int, options: Any
    ) -> None:
        D, L = input_size, output_size
        self.options, self.size = options, D
        P = 3 * D if options.pooling == "concat" else D
        self.W, self.b = weights.take("output.weight", L, P), weights.take("output.bias", L)
        self.together = options.pooling == "attention"
        if self.together:
            part = weights.below("pooling.")
            self.attention = part.take("W", D, D), part.take("b", D), part.take("v", D)
        if options.ngrams:
            self.ngrams = weights.take("ngrams.weight", options.ngram_buckets, L)
            self.ngrams_bias = weights.take("ngrams.bias", L)

    @classmethod
    def fits(cls, options: Any) -> bool:
        """Whether it knows the options, and the pooling among them."""
        return super().fits(options) and options.pooling in (*POOLINGS, "attention")

    def begin(self, text: Encoded) -> Gathering:
        """Begin with a text."""
        if self.together:
            return Attention(self, text)
        return POOLINGS[self.options.pooling](self, text)

    def mix(self, logits: np.ndarray, text: Encoded) -> np.ndarray:
        """Add the n-grams' share to the encoder's, where there are any; ``(L,)`` float32."""
        options = self.options
        if options.ngrams:
            share = options.ngram_share
            summed = NGramSum(self.ngrams, longest=options.ngrams).of(text.ids)
            logits = (1 - share) * logits + share * (summed + self.ngrams_bias)
        return np.asarray(logits, dtype=np.float32)


class Pooled(Gathering):
    """Steps that become one vector, from which the logits follow.

    Sums are of double precision: so many small numbers are added that single would lose some.

    Args:
        head: Its weights.
        text: What is read.
    """

    def __init__(self, head: Classifying, text: Encoded) -> None:
        self.head, self.text = head, text
        self.pooled = np.full(head.size, self.first, dtype=np.float64)

    #: What the vector is before the first piece.
    first: ClassVar[float] = 0.0

    def vector(self) -> np.ndarray:
        """The steps as one vector ``(D,)``, after all pieces."""
        return self.pooled

    def logits(self) -> np.ndarray:
        """``(L,)``."""
        return self.head.mix(self.head.W @ self.vector() + self.head.b, self.text)

    def place(self, steps: np.ndarray, *, back: bool) -> np.ndarray:
        """The part of the vector that is of the same features as some steps."""
        width = steps.shape[1]
        return self.pooled[width:] if back else self.pooled[:width]


class Last(Pooled):
    """What each direction gives after it has read everything."""

    def add(self, steps: np.ndarray, start: int, *, back: bool = False) -> None:  # noqa: ARG002 -- the last piece read stays
        """Keep the step that was read last; see :meth:`Gathering.add`."""
        self.place(steps, back=back)[:] = steps[0 if back else -1]


class Mean(Pooled):
    """The mean over the steps."""

    def add(self, steps: np.ndarray, start: int, *, back: bool = False) -> None:  # noqa: ARG002 -- a sum has no order
        """Sum; see :meth:`Gathering.add`."""
        self.place(steps, back=back)[:] += steps.sum(axis=0, dtype=np.float64)

    def vector(self) -> np.ndarray:
        """The sum by the number of steps."""
        return np.asarray(self.pooled / len(self.text))


class Max(Pooled):
    """The greatest value of each feature over the steps."""

    first = -np.inf

    def add(self, steps: np.ndarray, start: int, *, back: bool = False) -> None:  # noqa: ARG002 -- a maximum has no order
        """Keep the greater; see :meth:`Gathering.add`."""
        place = self.place(steps, back=back)
        np.maximum(place, steps.max(axis=0), out=place)


class Attention(Pooled):
    """The mean of the steps by weights from learned additive attention.

    The softmax is that of Milakov and Gimelshein 2018, "Online normalizer calculation for
    softmax": with each piece the greatest score ``m`` so far may grow, and what was summed before
    is scaled to it,

    ::

        m'   = max(m, max_t s_t)
        d'   = d   exp(m - m') + sum_t exp(s_t - m')
        out' = out exp(m - m') + sum_t exp(s_t - m') y_t

    and the mean is ``out / d`` in the end.
    """

    def __init__(self, head: Classifying, text: Encoded) -> None:
        super().__init__(head, text)
        self.greatest, self.total = -np.inf, 0.0

    def add(self, steps: np.ndarray, start: int, *, back: bool = False) -> None:  # noqa: ARG002 -- a sum has no order
        """Sum by the weights so far; see :meth:`Gathering.add`."""
        W, b, v = self.head.attention
        scores = (np.tanh(steps @ W.T + b) @ v).astype(np.float64)
        greatest = max(self.greatest, float(scores.max()))
        before, weights = np.exp(self.greatest - greatest), np.exp(scores - greatest)
        self.total = self.total * before + weights.sum()
        self.pooled = self.pooled * before + weights @ steps
        self.greatest = greatest

    def vector(self) -> np.ndarray:
        """The weighted sum by the sum of the weights."""
        return np.asarray(self.pooled / self.total)


class Concat(Pooled):
    """What ``last``, ``max`` and ``mean`` give, in a row."""

    def __init__(self, head: Classifying, text: Encoded) -> None:
        super().__init__(head, text)
        self.parts = [kind(head, text) for kind in (Last, Max, Mean)]

    def add(self, steps: np.ndarray, start: int, *, back: bool = False) -> None:
        """Give the steps to each; see :meth:`Gathering.add`."""
        for part in self.parts:
            part.add(steps, start, back=back)

    def vector(self) -> np.ndarray:
        """All three, ``(3 * D,)``."""
        return np.concatenate([part.vector() for part in self.parts])


#: Those that look at each direction by itself.
POOLINGS: dict[str, type[Pooled]] = {"last": Last, "mean": Mean, "max": Max, "concat": Concat}


class TaggingSteps(Gatherer):
    """The ``tagging`` head; with ``crf`` too, for which tags follow which is the decoder's."""

    known = frozenset({"dropout", "label_smoothing", "calibrate", "scheme", "crf"})

    def __init__(
        self,
        weights: Weights,
        *,
        input_size: int,
        output_size: int,
        options: Any,  # noqa: ARG002 -- none has a say in the logits
    ) -> None:
        self.W = weights.take("output.weight", output_size, input_size)
        self.b = weights.take("output.bias", output_size)

    def begin(self, text: Encoded) -> Gathering:
        """Begin with a text of given tokens."""
        return Tags(self, text)


class Tags(Gathering):
    """A row of logits for each token, written as its piece comes."""

    def __init__(self, head: TaggingSteps, text: Encoded) -> None:
        assert text.steps is not None
        self.head, self.wanted = head, text.steps
        self.rows = np.empty((len(text.steps), len(head.b)), np.float32)

    def add(self, steps: np.ndarray, start: int, *, back: bool = False) -> None:  # noqa: ARG002 -- both directions are there
        """Write the rows of the tokens that are complete in a piece; see :meth:`Gathering.add`."""
        first, end = np.searchsorted(self.wanted, [start, start + len(steps)])
        chosen = steps[self.wanted[first:end] - start]
        self.rows[first:end] = chosen @ self.head.W.T + self.head.b

    def logits(self) -> np.ndarray:
        """``(tokens, L)``."""
        return self.rows
