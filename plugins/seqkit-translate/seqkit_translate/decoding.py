"""The torch-free half of translation: target sentences as ids, and ids as translations."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from seqkit.decoding.base import Decoder, Wrong
from seqkit.decoding.metrics import nothing_to_score
from seqkit.errors import DataError, RecipeError, UsageError
from seqkit.examples import Example, TextExample
from seqkit.tokenizers import SentencePieceOptions
from seqkit.tokenizers.base import EOS, Tokenizer
from seqkit.tokenizers.sentencepiece import SentencePieceTokenizer
from seqkit_translate import TranslationOptions
from seqkit_translate.predictions import Translation

#: A token that a search found, and the natural logarithm of its probability after those before it.
TOKEN = np.dtype([("id", np.int32), ("log_probability", np.float32)])


class TranslationDecoder(Decoder):
    """Knows the vocabulary of translations; there are no labels.

    What it reads in place of logits is a row of :data:`TOKEN` for each sentence, which an end
    symbol closes, unless the translation was cut at its greatest length.

    Args:
        options: :class:`seqkit_translate.TranslationOptions`.
        labels: None.
    """

    greater_is_better = False
    options: TranslationOptions

    def __init__(self, options: TranslationOptions, labels: Sequence[str] = ()) -> None:
        super().__init__(options, labels)
        self._tokenizer: Tokenizer | None = None
        if not options.shared_vocabulary:
            own = SentencePieceOptions(vocab_size=options.vocab_size)
            self._tokenizer = SentencePieceTokenizer(own)

    @property
    def metric(self) -> str:
        """``loss``, in nats a token; the lower, the better."""
        return "loss"

    @property
    def tokenizer(self) -> Tokenizer:
        """The tokenizer of translations.

        Raises:
            UsageError: It is the model's own, which was not given yet.
        """
        if self._tokenizer is None:
            raise UsageError(
                "the translation decoder has no tokenizer yet",
                why="it shares the model's",
                fix="Call use(tokenizer) first",
            )
        return self._tokenizer

    @property
    def output_size(self) -> int:
        """Ids of the vocabulary."""
        return self.tokenizer.vocab_size

    def fit(self, examples: Iterable[Example]) -> None:
        """Train the vocabulary of translations, where it is their own.

        Raises:
            DataError: An example has no translation.
        """
        if not self.options.shared_vocabulary:
            self.tokenizer.train(translation_of(example) for example in examples)

    def texts(self, example: Example) -> Iterable[str]:
        """The sentence, and where the vocabulary is shared its translation."""
        yield from super().texts(example)
        if self.options.shared_vocabulary:
            yield translation_of(example)

    def use(self, tokenizer: Tokenizer) -> None:
        """Take the model's tokenizer, where the vocabulary is shared.

        Raises:
            RecipeError: Its tokens are words, of which it can't write any that it does not know.
        """
        if not self.options.shared_vocabulary:
            return
        if tokenizer.tokens_are_words:
            raise RecipeError(
                "head.shared_vocabulary is set with a tokenizer of words",
                why="a translation would have unknown words that nobody can read",
                fix="Set tokenizer.name=sentencepiece, or head.shared_vocabulary=false",
            )
        self._tokenizer = tokenizer

    def save(self, folder: Path) -> None:
        """Write the vocabulary, where it is the translations' own."""
        if not self.options.shared_vocabulary:
            self.tokenizer.save(folder)

    def load(self, folder: Path) -> None:
        """Read what :meth:`save` wrote.

        Raises:
            BundleError: It is missing or damaged.
        """
        if not self.options.shared_vocabulary:
            self.tokenizer.load(folder)

    def target(self, example: Example) -> np.ndarray:
        """The ids of the translation and the end symbol, int64 ``(S,)``.

        Raises:
            DataError: There is no translation.
        """
        ids = self.tokenizer.encode_ids(translation_of(example))
        return np.array([*ids, EOS], dtype=np.int64)

    def decode(
        self,
        logits: np.ndarray,
        source: str,
        tokens: Sequence[tuple[str, int, int]] = (),  # noqa: ARG002 -- no token has an answer
    ) -> Translation:
        """Read what a search found.

        Args:
            logits: :data:`TOKEN` ``(n,)``.
            source: What the translation reports as its source.
            tokens: None.
        """
        return Translation(
            source=source,
            text=self.text(logits["id"]),
            score=normalised(
                float(logits["log_probability"].sum(dtype=np.float64)),
                len(logits),
                self.options.length_penalty,
            ),
            tokens=len(logits),
            complete=bool(len(logits)) and int(logits["id"][-1]) == EOS,
        )

    def decode_empty(self, source: str) -> Translation:
        """Nothing, translated."""
        return Translation(source=source, text="", score=0.0, tokens=0, complete=True)

    def notes(self) -> Sequence[str]:
        """The signatures of the scores, by which others compute the same (Post 2018)."""
        from seqkit_translate.metrics import signatures  # as below

        return [f"{name}: {signature}" for name, signature in signatures().items()]

    def score(
        self, logits: Sequence[np.ndarray], targets: Sequence[np.ndarray]
    ) -> Mapping[str, float]:
        """How like translations are to those of the data.

        Args:
            logits: :data:`TOKEN` ``(n,)`` for each sentence.
            targets: What :meth:`target` gave for each.

        Returns:
            ``bleu`` (Papineni et al. 2002) and ``chrf`` (Popović 2015) over all sentences, both
            from 0 to 100 as is their custom; :meth:`notes` has their signatures.

        Raises:
            DataError: There is nothing to score.
        """
        from seqkit_translate.metrics import scores  # sacrebleu, which few predictions need

        if not targets:
            raise nothing_to_score()
        return scores(
            [self.text(found["id"]) for found in logits], [self.text(ids) for ids in targets]
        )

    def mistakes(self, logits: np.ndarray, target: np.ndarray) -> Sequence[Wrong]:
        """The translation, where it is not that of the data, which need not be the only good one.

        Args:
            logits: :data:`TOKEN` ``(n,)``.
            target: What :meth:`target` gave.
        """
        said, truth = self.text(logits["id"]), self.text(target)
        if said == truth:
            return ()
        probability = math.exp(logits["log_probability"].sum(dtype=np.float64))
        return (Wrong(None, truth, said, probability),)

    def text(self, ids: np.ndarray) -> str:
        """The text of a row of ids, int ``(n,)``."""
        return self.tokenizer.decode(ids.tolist())


def normalised(log_probability: float, tokens: int, length_penalty: float) -> float:
    """What translations of different lengths are compared by.

    Wu et al. 2016, "Google's neural machine translation system", equation 14, without the term for
    what was looked at.

    Args:
        log_probability: The sum over its tokens, in nats.
        tokens: How many, with the end symbol.
        length_penalty: The power; 0 for the sum itself.
    """
    return float(log_probability / ((5 + tokens) / 6) ** length_penalty)


def translation_of(example: Example) -> str:
    """The translation that an example has.

    Raises:
        DataError: It has none, several, or an empty one.
    """
    labels = example.labels if isinstance(example, TextExample) else ()
    if len(labels) != 1 or not labels[0].strip():
        found = "an empty one" if len(labels) == 1 else str(len(labels) or "none")
        place = f"{example.source}: " if example.source else ""
        raise DataError(
            f"{place}expected one translation, found {found}",
            fix="Read the file with the reader 'pairs', or another that gives translations",
        )
    return labels[0]
