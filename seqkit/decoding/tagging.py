"""The torch-free half of tagging: a tag for each token."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from seqkit.decoding.base import Decoder, Wrong
from seqkit.decoding.calibration import (
    calibration_of,
    fit_temperature,
    read_temperature,
    write_temperature,
)
from seqkit.decoding.chain import Chain
from seqkit.decoding.forward_backward import log_partition, marginals
from seqkit.decoding.metrics import (
    Counts,
    LabelScore,
    confusion_matrix,
    count_labels,
    label_scores,
    nothing_to_score,
    total,
)
from seqkit.decoding.numerics import log_of, refuse_nan, softmax
from seqkit.decoding.spans import count_spans, detect_scheme
from seqkit.decoding.tag_sets import tag_set, tags_of
from seqkit.decoding.viterbi import best_paths, n_best_paths
from seqkit.examples import Example
from seqkit.predictions import TaggedToken, Tagging
from seqkit.tokenizers.vocabulary import read_tokens, write_tokens

_UNSEEN = "unseen.jsonl"

#: Tokens whose probabilities are computed at once: all of a long document's would take much memory.
_ROWS = 1 << 14


class TaggingDecoder(Decoder):
    """Tags in sorted order: the likeliest of each token, or with ``crf`` the likeliest sequence.

    Tags that training never showed have no logit. In evaluation each counts as wrong, and spans
    are still counted from its name; no error is raised. The same holds, with ``crf``, of a tag
    that can't follow the one before it.

    A sentence's logits are ``(tokens, labels)``.

    Args:
        options: :class:`seqkit.heads.TaggingOptions`.
        labels: The tags; empty before :meth:`fit`.

    Attributes:
        chain: The transitions between tags; none without ``crf``, or before :meth:`fit`.
    """

    def __init__(self, options: Any, labels: Sequence[str] = ()) -> None:
        super().__init__(options, labels)
        self.chain: Chain | None = None
        #: What logits are divided by where a tag's probability is told; it moves no tag.
        self.temperature = 1.0
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

        Raises:
            DataError: An example lacks tags, all tokens have the same tag, or a tag, or with
                ``crf`` two neighbours, do not fit the scheme that the options name.
        """
        scheme, crf = self.options.scheme, self.options.crf
        self.labels, pairs = tag_set(examples, scheme=scheme, neighbours=crf)
        if crf:
            self.chain = Chain.of(self.labels, self.scheme, pairs)

    def learn(self, scores: np.ndarray) -> None:
        """Take the scores of transitions that training has come to.

        Args:
            scores: float32 ``(L + 1, L + 1)``, as :attr:`Chain.scores`.
        """
        assert self.chain is not None
        self.chain = Chain(scores.copy(), self.chain.allowed)

    def save(self, folder: Path) -> None:
        """Write what there is of transitions, of tags that only evaluation had, a temperature."""
        if self.temperature != 1:
            write_temperature(folder, self.temperature)
        if self.chain is not None:
            self.chain.save(folder)
        if self._unseen:  # targets that are kept beside them have their numbers
            write_tokens(folder / _UNSEEN, list(self._unseen))

    def load(self, folder: Path) -> None:
        """Read what :meth:`save` wrote; with ``crf`` the transitions must be there."""
        if self.options.crf:
            self.chain = Chain.load(folder, len(self.labels))
        self.temperature = read_temperature(folder)
        if (folder / _UNSEEN).exists():
            tags = read_tokens(folder / _UNSEEN)
            self._unseen = {tag: -1 - place for place, tag in enumerate(tags)}

    def target(self, example: Example) -> np.ndarray:
        """The index of each token's tag, negative for a tag that no answer can have there.

        That is one that training never showed, or with ``crf`` one that can't follow the one
        before it.

        Returns:
            int64 ``(tokens,)``.

        Raises:
            DataError: The example lacks tags.
        """
        tags = tags_of(example)
        target = np.array([self.indices.get(tag, -1) for tag in tags], dtype=np.int64)
        if self.chain is not None:
            target[~self.chain.possible(target)] = -1
        for place in np.flatnonzero(target < 0).tolist():
            target[place] = self._unseen.setdefault(tags[place], -1 - len(self._unseen))
        return target

    @property
    def distribution(self) -> str:
        """A tag a word."""
        return "a tag a word"

    def probabilities(self, logits: np.ndarray) -> np.ndarray:
        """Each tag's probability, for each token; with ``crf`` given the whole sentence."""
        refuse_nan(logits)
        if self.chain is not None:
            return self._mended(marginals(self.chain.weights, [logits])[0])
        return softmax(logits.astype(np.float64) / self.temperature)

    def logits_of(self, probabilities: np.ndarray) -> np.ndarray:
        """Their logarithms."""
        return log_of(probabilities)

    def of_mean(self) -> Self:
        """One without a temperature, and with ``crf`` one that only knows what may follow what.

        Members' probabilities have their temperatures and their scores of transitions in them. It
        shares what this one knows of tags that training never showed.
        """
        if self.chain is None and self.temperature == 1:
            return self
        other = copy.copy(self)
        other.temperature = 1.0
        if self.chain is not None:
            other.chain = Chain(np.zeros_like(self.chain.scores), self.chain.allowed)
        return other

    def decode_tags(self, logits: np.ndarray) -> tuple[list[str], list[float]]:
        """The tags of a sentence's tokens, with the probability of each.

        Args:
            logits: ``(tokens, labels)``.

        Returns:
            The likeliest tag of each token; with ``crf`` those of the likeliest sequence. The
            probability of each is that of the tag given the whole sentence, so that with ``crf``
            it need not be the greatest.

        Raises:
            BundleError: A logit is no number.
        """
        return self._tags([logits])[0]

    def n_best(self, logits: np.ndarray, num: int) -> list[tuple[list[str], float]]:
        """The likeliest sequences of tags, with the probability of each.

        A temperature, which is found for single tags, does not mend these.

        Args:
            logits: ``(tokens, labels)``, at least one token.
            num: How many.

        Returns:
            At most ``num``, the likeliest first; as many as are possible.

        Raises:
            BundleError: A logit is no number.
        """
        refuse_nan(logits)
        L = len(self.labels)
        weights = np.zeros((L + 1, L + 1)) if self.chain is None else self.chain.weights
        total = log_partition(weights, logits)
        return [
            ([self.labels[index] for index in path], float(np.exp(score - total)))
            for path, score in n_best_paths(weights, logits, num)
        ]

    def decode(
        self, logits: np.ndarray, source: str, tokens: Sequence[tuple[str, int, int]] = ()
    ) -> Tagging:
        """The tag of each token, beside the token.

        Raises:
            ValueError: There are not as many tokens as rows of logits.
            BundleError: A logit is no number.
        """
        return self.decode_all([logits], [source], [tokens])[0]

    def decode_all(
        self,
        logits: Sequence[np.ndarray],
        sources: Sequence[str],
        tokens: Sequence[Sequence[tuple[str, int, int]]],
    ) -> list[Tagging]:
        """:meth:`decode` for several sentences, which with ``crf`` is faster at once."""
        return [
            Tagging(
                source=source,
                tokens=tuple(
                    TaggedToken(text=text, tag=tag, probability=probability, start=start, end=end)
                    for (text, start, end), tag, probability in zip(given, *tagged, strict=True)
                ),
            )
            for source, given, tagged in zip(sources, tokens, self._tags(logits), strict=True)
        ]

    def decode_empty(self, source: str) -> Tagging:
        """The answer to an empty text: no tokens."""
        return Tagging(source=source, tokens=())

    def score(
        self, logits: Sequence[np.ndarray], targets: Sequence[np.ndarray]
    ) -> Mapping[str, float]:
        """How many tokens, and how many spans, are tagged right.

        Returns:
            ``accuracy`` over tokens; where tags mark spans also ``span_precision``,
            ``span_recall`` and ``span_f1``, which need type, start and end right.
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
        """The scores of each type of span, or of each tag where tags mark none."""
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
        """How often each tag was taken for each; tags that training never showed have no row."""
        truth = np.concatenate([np.zeros(0, np.int64), *targets])
        best = np.concatenate([np.zeros(0, np.int64), *self._best(logits)])
        return confusion_matrix(truth[truth >= 0], best[truth >= 0], len(self.labels))

    @property
    def tunes(self) -> bool:
        """Whether probabilities are to be calibrated."""
        return bool(self.options.calibrate)

    def tune(self, logits: Sequence[np.ndarray], targets: Sequence[np.ndarray]) -> None:
        """Find the temperature by all tokens but those whose tag has no logit."""
        rows, truth = self._tokens(logits, targets)
        known = truth.any(axis=1)
        self.temperature = fit_temperature(rows[known], truth[known], exclusive=True)

    def calibration(
        self, logits: Sequence[np.ndarray], targets: Sequence[np.ndarray]
    ) -> Mapping[str, float]:
        """How far each token's probabilities can be taken at their word.

        A tag that training never showed is never right, whatever its probability.
        """
        rows, truth = self._tokens(logits, targets)
        best = np.concatenate(self._best(logits))  # not the likeliest of each, with a chain

        def found(temperature: float) -> dict[str, float]:
            told = softmax(rows / temperature)
            return calibration_of(told, truth, exclusive=True, answers=best)

        scores = found(self.temperature)
        if self.temperature != 1:
            scores |= {f"{name}_before": value for name, value in found(1.0).items()}
        return scores

    def mistakes(self, logits: np.ndarray, target: np.ndarray) -> list[Wrong]:
        """The tokens of a sentence that get a wrong tag, in order."""
        (truth,), _ = self._names([], [target])
        tagged = zip(truth, *self.decode_tags(logits), strict=True)
        return [
            Wrong(step, true, guess, probability)
            for step, (true, guess, probability) in enumerate(tagged)
            if true != guess
        ]

    def _mended(self, likely: np.ndarray) -> np.ndarray:
        """Marginals ``(tokens, L)`` as the temperature makes them: their logarithms are logits."""
        return likely if self.temperature == 1 else softmax(log_of(likely) / self.temperature)

    def _tokens(
        self, logits: Sequence[np.ndarray], targets: Sequence[np.ndarray]
    ) -> tuple[np.ndarray, np.ndarray]:
        """What a softmax makes each token's probabilities of, and which tag holds.

        Returns:
            float64 and bool, ``(N, L)``; no tag holds where the target has no logit.
        """
        if not sum(map(len, targets)):
            raise nothing_to_score()
        for row in logits:
            refuse_nan(row)
        if self.chain is not None:
            logits = [log_of(row) for row in marginals(self.chain.weights, logits)]
        rows = np.concatenate(list(logits)).astype(np.float64)
        truth = np.concatenate(list(targets))[:, np.newaxis] == np.arange(len(self.labels))
        return rows, truth

    def _best(self, logits: Sequence[np.ndarray]) -> list[np.ndarray]:
        """The index of each token's tag."""
        for row in logits:
            refuse_nan(row)
        if self.chain is None:
            return [np.asarray(row.argmax(axis=1)) for row in logits]
        return best_paths(self.chain.weights, logits)

    def _tags(self, logits: Sequence[np.ndarray]) -> list[tuple[list[str], list[float]]]:
        """The tags and their probabilities of each sentence."""
        best = self._best(logits)
        if self.chain is None:
            chosen = [_alone(*pair, self.temperature) for pair in zip(logits, best, strict=True)]
        else:
            likely = marginals(self.chain.weights, logits)
            chosen = [_at(self._mended(m), path) for m, path in zip(likely, best, strict=True)]
        return [
            ([self.labels[index] for index in path], probabilities)
            for path, probabilities in zip(best, chosen, strict=True)
        ]

    def _names(
        self, logits: Sequence[np.ndarray], targets: Sequence[np.ndarray]
    ) -> tuple[list[list[str]], list[list[str]]]:
        """The true and the predicted tags of each sentence."""
        # A negative index counts from the end, where the first unseen tag stands last.
        names = [*self.labels, *reversed(self._unseen)]
        truth = [[names[index] for index in row.tolist()] for row in targets]
        predicted = [[self.labels[index] for index in row.tolist()] for row in self._best(logits)]
        return truth, predicted


def _alone(logits: np.ndarray, tags: np.ndarray, temperature: float) -> list[float]:
    """The probability of each token's tag where each has a softmax of its own."""
    found: list[float] = []
    for start in range(0, len(tags), _ROWS):
        part = slice(start, start + _ROWS)
        found += _at(softmax(logits[part].astype(np.float64) / temperature), tags[part])
    return found


def _at(rows: np.ndarray, columns: np.ndarray) -> list[float]:
    """The number of each row that stands in its column."""
    numbers: list[float] = rows[np.arange(len(columns)), columns].tolist()
    return numbers


def _each_alone(sentences: Iterable[Sequence[str]]) -> list[tuple[str]]:
    return [(tag,) for sentence in sentences for tag in sentence]
