"""Subwords learnt by the sentencepiece library, with bytes for what they lack.

The library writes a space as U+2581, reads a few characters as marks of its own, skips long lines
in training, and leaves out what it can't use. To keep every byte, text is cut at those characters,
they are spelt in bytes here, and the library sees only what stands between them, unnormalised.
"""

from __future__ import annotations

import io
import random
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import sentencepiece

from seqkit.errors import DataError, RecipeError, TrainingError, UsageError
from seqkit.tokenizers import SentencePieceOptions
from seqkit.tokenizers.base import EOS, PAD, SPECIAL_SYMBOLS, UNK, TrainingText
from seqkit.tokenizers.pieces import (
    BYTE_NAMES,
    FIRST_BYTE,
    FIRST_LEARNT,
    PieceTokenizer,
    utf8,
)
from seqkit.tokenizers.vocabulary import damaged, read_file

_FILE = "sentencepiece.model"
#: The largest model that is read, in bytes; a million pieces take about 30 MB.
_MAX_BYTES = 1 << 26
#: How the library writes a space.
_SPACE = "\N{LOWER ONE EIGHTH BLOCK}"
#: Line ends, which no piece may cross; marks of the library's own; and lone surrogates.
_SPELT = re.compile(f"([\0\t\n\r{_SPACE}\N{LOWER FIVE EIGHTHS BLOCK}\ud800-\udfff])")
#: Characters of the longest sentence given to the trainer, which skips those over 4,192 bytes.
_SENTENCE = 1000


class SentencePieceTokenizer(PieceTokenizer):
    """Pieces of words, by a unigram model (Kudo 2018) or byte-pair encoding (Sennrich et al. 2016).

    Lower-casing keeps the number of characters, and so the offsets: the one letter that would
    become two, U+0130, becomes ``i``.
    """

    options: SentencePieceOptions

    def __init__(self, options: SentencePieceOptions) -> None:
        super().__init__(options)
        self._model = b""
        self._processor: Any = None

    def fold(self, text: str) -> str:
        """The text, in lower case if the options say so."""
        return text.replace("İ", "i").lower() if self.options.lowercase else text

    def train(self, texts: Iterable[TrainingText]) -> None:
        """Train a model, on one thread and with a fixed seed.

        Given tokens are taken with a space before each, the way :meth:`encode_words` sees them.

        Raises:
            DataError: There is no text.
            RecipeError: The vocabulary is too small for the characters of the corpus.
        """
        watched = _Watched(texts)
        sentences: Iterable[str] = (
            part for text in watched for part in _sentences(self.fold(_spaced(text)))
        )
        if self.options.sample:
            sentences = _sample(sentences, self.options.sample)
        written = io.BytesIO()
        try:
            sentencepiece.SentencePieceTrainer.train(
                sentence_iterator=iter(sentences),
                model_writer=written,
                model_type=self.options.model,
                vocab_size=self.options.vocab_size,
                hard_vocab_limit=False,
                character_coverage=self.options.character_coverage,
                byte_fallback=True,
                normalization_rule_name="identity",
                remove_extra_whitespaces=False,
                add_dummy_prefix=False,
                pad_id=PAD,
                unk_id=UNK,
                eos_id=EOS,
                bos_id=-1,
                pad_piece=SPECIAL_SYMBOLS[PAD],
                unk_piece=SPECIAL_SYMBOLS[UNK],
                eos_piece=SPECIAL_SYMBOLS[EOS],
                num_threads=1,
                minloglevel=2,
            )
        except RuntimeError as error:
            if watched.error:
                raise watched.error from None
            raise self._failure(str(error)) from error
        self._use(written.getvalue())

    def _failure(self, message: str) -> Exception:
        """What the trainer's message means to a user."""
        if "sentences_.empty()" in message:
            return DataError("there is no text to train sentencepiece on")
        if sizes := re.search(r"required_chars\. \d+ vs (\d+)", message):
            return RecipeError(
                f"vocab_size = {self.options.vocab_size} is too small for this corpus",
                why=f"its characters, the bytes and the special symbols alone are {sizes[1]}",
                fix="Raise vocab_size, or lower character_coverage so that more become bytes",
            )
        return TrainingError("sentencepiece failed", why=message)

    def _use(self, model: bytes) -> None:
        """Take a serialised model.

        Raises:
            RuntimeError: It is no model that :meth:`train` makes.
            ValueError: Its pieces are not UTF-8.
        """
        processor = sentencepiece.SentencePieceProcessor()
        processor.LoadFromSerializedProto(model)
        names = [processor.id_to_piece(i) for i in range(processor.get_piece_size())]
        given = range(FIRST_BYTE, FIRST_LEARNT)
        if (
            names[:FIRST_LEARNT] != [*SPECIAL_SYMBOLS, *BYTE_NAMES]
            or not all(map(processor.is_byte, given))
            or "" in names
        ):
            raise RuntimeError("the special symbols and bytes are not where they belong")
        self._model, self._processor = model, processor
        self.learn((name, name.replace(_SPACE, " ").encode()) for name in names[FIRST_LEARNT:])

    def encode_ids(self, text: str) -> list[int]:
        """The ids of the pieces.

        Raises:
            UsageError: The tokenizer is neither trained nor loaded.
        """
        if self._processor is None:
            raise UsageError("sentencepiece has no vocabulary", fix="Train it or load it first")
        # Cut with one group, so that text and spelt characters take turns.
        parts = _SPELT.split(self.fold(text))
        ids: list[int] = self._processor.encode(parts[0])
        for spelt, part in zip(parts[1::2], parts[2::2], strict=True):
            ids.extend(FIRST_BYTE + byte for byte in utf8(spelt))
            if part:
                ids.extend(self._processor.encode(part))
        return ids

    def encode_words(self, words: Sequence[str]) -> list[list[int]]:
        """The pieces of each word with a space before it, as words stand inside a text."""
        return [self.encode_ids(f" {word}") for word in words]

    def save(self, directory: Path) -> None:
        """Write the model to ``sentencepiece.model``, in the library's own format."""
        (directory / _FILE).write_bytes(self._model)

    def load(self, directory: Path) -> None:
        """Read what :meth:`save` wrote; see :meth:`Tokenizer.load` for errors."""
        path = directory / _FILE
        try:
            self._use(read_file(path, _MAX_BYTES))
        except (RuntimeError, ValueError) as error:
            raise damaged(path, f"it holds no sentencepiece model: {error}") from error


class _Watched:
    """Iterates, and remembers the error that ended it: the trainer would bury it in its own."""

    def __init__(self, texts: Iterable[TrainingText]) -> None:
        self._texts = texts
        self.error: Exception | KeyboardInterrupt | None = None

    def __iter__(self) -> Iterator[TrainingText]:
        try:
            yield from self._texts
        except (Exception, KeyboardInterrupt) as error:
            self.error = error
            raise


def _spaced(text: TrainingText) -> str:
    return text if isinstance(text, str) else "".join(f" {word}" for word in text)


def _sentences(text: str) -> Iterator[str]:
    """What the trainer may see of a text, each part short enough, cut before a space if it can."""
    for part in _SPELT.split(text)[::2]:
        start = 0
        while len(part) - start > _SENTENCE:
            cut = part.rfind(" ", start + 1, start + _SENTENCE)
            end = cut if cut > start else start + _SENTENCE
            yield part[start:end]
            start = end
        if start < len(part):
            yield part[start:]


def _sample(sentences: Iterable[str], size: int) -> list[str]:
    """At most ``size`` sentences, each as likely as any other (Vitter 1985, algorithm R)."""
    draw = random.Random(0)  # noqa: S311 - no secret; the same corpus must give the same model
    kept: list[str] = []
    for seen, sentence in enumerate(sentences):
        if seen < size:
            kept.append(sentence)
        elif (place := draw.randrange(seen + 1)) < size:
            kept[place] = sentence
    return kept
