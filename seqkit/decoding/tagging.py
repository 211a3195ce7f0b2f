"""The torch-free half of tagging: a tag for each token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from seqkit.decoding.base import Decoder, Wrong
from seqkit.decoding.metrics import (
    Counts,
    LabelScore,
    confusion_matrix,
    count_labels,
    label_scores,
    nothing_to_score,
    total,
)
from seqkit.decoding.numerics import refuse_nan, softmax
from seqkit.decoding.spans import count_spans, detect_scheme, fits_scheme
from seqkit.errors import DataError
from seqkit.examples import Example, TokensExample
from seqkit.predictions import TaggedToken, Tagging


class TaggingDecoder(Decoder):
    """Tags in sorted order, one softmax a token.

    Tags that training never showed have no logit. In evaluation each counts as wrong, and spans
    are still counted from its name; no error is raised.

    Args:
        options: :class:`seqkit.heads.TaggingOptions`.
        labels: The tags; empty before :meth:`fit`.
    """

    def __init__(self, options: Any, labels: Sequence[str] = ()) -> None:
        super().__init__(options, labels)
        #: Tags seen in evaluation alone; the first is target -1, the next -2, and so on.
        self._unseen: dict[str, int] = {}

    @property
    def scheme(self) -> str:
        """``bio``, ``bioes`` or ``io`` where tags mark spans, ``tags`` where they do not."""
        chosen: str = self.options.scheme
        return detect_scheme(self.labels) if chosen == "auto" else chosen

    @property
    def metric(self) -> str:
        """``span_f1`` where tags mark spans, otherwise ``accuracy``."""
        return "accuracy" if self.scheme == "tags" else "span_f1"

    def fit(self, examples: Iterable[Example]) -> None:
        """Learn the tag set.

        Args:
            examples: The training examples, each with a tag for every token.

        Raises:
            DataError: An example lacks tags, all tokens have the same tag, or a tag does not fit
                the scheme that the options name.
        """
        found: set[str] = set()
        for example in examples:
            fresh = set(self._tags_of(example)) - found
            for tag in sorted(fresh):
                self._check_scheme(tag, example.source)
            found |= fresh
        if not found:
            raise DataError("the training data holds no tag", fix="Give sentences with tags")
        if len(found) == 1:
            raise DataError(
                f"every training token has the same tag '{min(found)}'",
                why="there is nothing to tell apart",
                fix="Check which column holds the tags",
            )
        self.labels = tuple(sorted(found))

    def target(self, example: Example) -> np.ndarray:
        """The index of each token's tag, negative for a tag that training never showed.

        Args:
            example: A tagged sentence.

        Returns:
            int64 ``(tokens,)``.

        Raises:
            DataError: The example lacks tags.
        """
        return np.array([self._index(tag) for tag in self._tags_of(example)], dtype=np.int64)

    def decode_tags(self, logits: np.ndarray) -> tuple[list[str], list[float]]:
        """The likeliest tag of each token, with its probability.

        Args:
            logits: ``(tokens, labels)``.

        Raises:
            BundleError: A logit is no number.
        """
        best = self._best(logits)
        chosen = softmax(logits.astype(np.float64))[np.arange(len(best)), best]
        return [self.labels[index] for index in best], chosen.tolist()

    def decode(
        self, logits: np.ndarray, source: str, tokens: Sequence[tuple[str, int, int]] = ()
    ) -> Tagging:
        """The likeliest tag of each token, beside the token.

        Args:
            logits: ``(tokens, labels)``.
            source: What the prediction reports as its source.
            tokens: Each token's text, start and end.

        Raises:
            ValueError: There are not as many tokens as rows of logits.
            BundleError: A logit is no number.
        """
        rows = zip(tokens, *self.decode_tags(logits), strict=True)
        tagged = tuple(
            TaggedToken(text=text, tag=tag, probability=probability, start=start, end=end)
            for (text, start, end), tag, probability in rows
        )
        return Tagging(source=source, tokens=tagged)

    def decode_empty(self, source: str) -> Tagging:
        """The answer to an empty text: no tokens.

        Args:
            source: What the prediction reports as its source.
        """
        return Tagging(source=source, tokens=())

    def score(
        self, logits: Sequence[np.ndarray], targets: Sequence[np.ndarray]
    ) -> Mapping[str, float]:
        """How many tokens, and how many spans, are tagged right.

        Args:
            logits: ``(tokens, labels)`` for each sentence.
            targets: What :meth:`target` gave for each.

        Returns:
            ``accuracy`` over tokens; where tags mark spans also ``span_precision``,
            ``span_recall`` and ``span_f1``, which need type, start and end right.

        Raises:
            DataError: There is no token to score.
            BundleError: A logit is no number.
        """
        truth, predicted = self._names(logits, targets)
        pairs = [
            true == guess
            for row, guesses in zip(truth, predicted, strict=True)
            for true, guess in zip(row, guesses, strict=True)
        ]
        if not pairs:
            raise nothing_to_score()
        scores = {"accuracy": sum(pairs) / len(pairs)}
        if self.scheme != "tags":
            spans = total(count_spans(truth, predicted).values())
            scores |= {
                "span_precision": spans.precision,
                "span_recall": spans.recall,
                "span_f1": spans.f1,
            }
        return scores

    def report(
        self, logits: Sequence[np.ndarray], targets: Sequence[np.ndarray]
    ) -> tuple[LabelScore, ...]:
        """The scores of each type of span, or of each tag where tags mark none.

        Args:
            logits: ``(tokens, labels)`` for each sentence.
            targets: What :meth:`target` gave for each.

        Raises:
            BundleError: A logit is no number.
        """
        truth, predicted = self._names(logits, targets)
        counts: dict[str, Counts]
        if self.scheme == "tags":
            counts = count_labels(_each_alone(truth), _each_alone(predicted))
        else:
            counts = count_spans(truth, predicted)
        return label_scores(counts)

    def confusion(
        self, logits: Sequence[np.ndarray], targets: Sequence[np.ndarray]
    ) -> tuple[tuple[int, ...], ...]:
        """How often each tag was taken for each; tags that training never showed have no row.

        Args:
            logits: ``(tokens, labels)`` for each sentence.
            targets: What :meth:`target` gave for each.

        Returns:
            A row a true tag, a column a predicted one.

        Raises:
            BundleError: A logit is no number.
        """
        truth = np.concatenate([np.zeros(0, np.int64), *targets])
        best = np.concatenate([np.zeros(0, np.int64), *map(self._best, logits)])
        return confusion_matrix(truth[truth >= 0], best[truth >= 0], len(self.labels))

    def mistakes(self, logits: np.ndarray, target: np.ndarray) -> list[Wrong]:
        """The tokens of a sentence that get a wrong tag, in order.

        Args:
            logits: ``(tokens, labels)``.
            target: What :meth:`target` gave.

        Raises:
            BundleError: A logit is no number.
        """
        (truth,), _ = self._names([], [target])
        tagged = zip(truth, *self.decode_tags(logits), strict=True)
        return [
            Wrong(step, true, guess, probability)
            for step, (true, guess, probability) in enumerate(tagged)
            if true != guess
        ]

    def _tags_of(self, example: Example) -> tuple[str, ...]:
        if not isinstance(example, TokensExample):
            raise DataError(
                f"{example.source}: a plain text",
                why="tagging wants sentences of given tokens, each with its tag",
                fix="Name a reader of tagged sentences, or another head",
            )
        if len(example.tags) != len(example.tokens):
            raise DataError(
                f"{example.source}: {len(example.tokens)} tokens but {len(example.tags)} tags",
                why="each token needs one",
            )
        return example.tags

    def _check_scheme(self, tag: str, source: str) -> None:
        scheme = self.options.scheme
        if scheme not in {"auto", "tags"} and not fits_scheme(tag, scheme):
            raise DataError(
                f"{source}: the tag '{tag}' does not fit the scheme '{scheme}'",
                fix="Set the head's scheme to 'auto', or to 'tags' if tags mark no spans, or mend "
                "the tag",
            )

    def _index(self, tag: str) -> int:
        known = self.indices.get(tag)
        return self._unseen.setdefault(tag, -1 - len(self._unseen)) if known is None else known

    def _best(self, logits: np.ndarray) -> np.ndarray:
        refuse_nan(logits)
        return np.asarray(logits.argmax(axis=1))

    def _names(
        self, logits: Sequence[np.ndarray], targets: Sequence[np.ndarray]
    ) -> tuple[list[list[str]], list[list[str]]]:
        """The true and the predicted tags of each sentence."""
        # A negative index counts from the end, where the first unseen tag stands last.
        names = [*self.labels, *reversed(self._unseen)]
        truth = [[names[index] for index in row.tolist()] for row in targets]
        predicted = [[self.labels[index] for index in self._best(row).tolist()] for row in logits]
        return truth, predicted


def _each_alone(sentences: Iterable[Sequence[str]]) -> list[tuple[str]]:
    return [(tag,) for sentence in sentences for tag in sentence]
