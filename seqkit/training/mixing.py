"""Examples with a label and texts without one, to be learnt from side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from seqkit.decoding.base import Decoder
from seqkit.encoding import IGNORED, Encoded
from seqkit.recipe.teacher import Teacher
from seqkit.training.store import Corpus, ExampleSequence


class Mixed(ExampleSequence):
    """The training examples, then the texts without a label; the target is what is to be learnt.

    Without a teacher that is the label, and for a text without one
    :data:`seqkit.encoding.IGNORED`, or a row of what are no numbers. With one it is each label's
    probability, float32 ``(labels,)``: the teacher's answer ``q``, its logits divided by
    ``temperature``, for a text without a label, and for one with a label ``y``

    ::

        (1 - share) y + share q

    where ``y`` is 1 for each label that holds. Hinton, Vinyals and Dean 2015 divide the logits of
    the model that learns too, so that its own are ``temperature`` times as large in the end; no
    label changes by that, and ``head.calibrate`` finds the factor.

    Args:
        corpus: With the teacher's answers, if there is a teacher.
        decoder: Of the model that learns, with its labels.
        options: The recipe's teacher.
    """

    def __init__(self, corpus: Corpus, decoder: Decoder, options: Teacher) -> None:
        self._labelled, self._unlabelled = corpus.train, corpus.unlabelled
        self._decoder = decoder.of_mean()
        self._share, self._temperature = options.share, options.temperature
        self._taught = bool(options.models)
        #: ``(examples,)`` int64, the tokens of each.
        self.lengths = np.concatenate([self._labelled.lengths, self._unlabelled.lengths])

    def __len__(self) -> int:
        return len(self.lengths)

    def example(self, index: int) -> Encoded:
        """See :meth:`ExampleSequence.example`."""
        before = len(self._labelled)
        if index >= before:
            example = self._unlabelled[index - before]
            return replace(example, target=self._untold(index - before))
        example = self._labelled[index]
        if not self._taught:
            return example
        target = self._certain(example.target)
        if self._share:
            answer = self._answer(self._labelled.answers, index)
            target = (1 - self._share) * target + self._share * answer
        return replace(example, target=target.astype(np.float32))

    @property
    def told(self) -> Sequence[Encoded]:
        """Those of which anybody says something: all with a teacher, else those with a label."""
        return self if self._taught else self._labelled

    def _untold(self, index: int) -> np.ndarray:
        if self._taught:
            return self._answer(self._unlabelled.answers, index)
        like = self._labelled.target(0)
        assert like is not None
        return np.full_like(like, np.nan if like.ndim else IGNORED)

    def _certain(self, target: np.ndarray | None) -> np.ndarray:
        assert target is not None
        if target.ndim:
            return target
        row = np.zeros(len(self._decoder.labels), np.float32)
        row[int(target)] = 1
        return row

    def _answer(self, answers: np.ndarray | None, index: int) -> np.ndarray:
        assert answers is not None
        answer = np.asarray(answers[index])
        if self._temperature == 1:
            return answer
        logits = self._decoder.logits_of(answer.astype(np.float64)) / self._temperature
        return np.asarray(self._decoder.probabilities(logits), np.float32)
