"""The interface of a tokenizer, with what follows from ``encode`` and ``decode`` alone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeAlias

from seqkit.errors import UsageError

if TYPE_CHECKING:
    import numpy as np

#: A text to train on: a string, or a sentence whose tokens are given.
TrainingText: TypeAlias = str | Sequence[str]

#: The symbols that every vocabulary begins with, in this order.
PAD, UNK, EOS = 0, 1, 2
SPECIAL_SYMBOLS = ("<pad>", "<unk>", "<eos>")


def as_text(text: TrainingText) -> str:
    """A text to train on as one string, with a space between given tokens."""
    return text if isinstance(text, str) else " ".join(text)


@dataclass(frozen=True, slots=True)
class Encoding:
    """One text as the model sees it.

    Attributes:
        ids: The id of each token, each in ``range(vocab_size)``.
        tokens: Each token as text, for people to read.
        offsets: ``(start, end)`` of each token in the text, in characters. The slice is the text
            that the token stands for; tokens that share one character share its offsets.
    """

    ids: list[int]
    tokens: list[str]
    offsets: list[tuple[int, int]]

    def __len__(self) -> int:
        return len(self.ids)


class StreamDecoder:
    """Turns ids into text one at a time, holding back what later ids may still change.

    To continue a text, push its ids first and drop what they give: what follows then begins with
    the space that parts it from the text, if any.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self._given = ""

    def push(self, token_id: int) -> str:
        """Add one id.

        Returns:
            The text that is now certain and was not returned before; empty in the middle of a
            character that takes several ids.
        """
        self._ids.append(token_id)
        text = self._tokenizer.decode(self._ids)
        certain = text.rstrip("\N{REPLACEMENT CHARACTER}")
        if len(certain) <= len(self._given) or not certain.startswith(self._given):
            return ""
        fresh, self._given = certain[len(self._given) :], certain
        return fresh

    def flush(self) -> str:
        """End the stream.

        Returns:
            Whatever was held back, with U+FFFD for bytes that make no character.
        """
        text = self._tokenizer.decode(self._ids)
        fresh, self._given = text[len(self._given) :], text
        return fresh


class Draft(Protocol):
    """A tokenizer whose vocabulary is still being learnt from the very texts that it encodes."""

    def encode_ids(self, text: str) -> Sequence[int]:
        """Learn from a text; its ids as they are before the vocabulary is settled."""

    def settle(self) -> np.ndarray:
        """Give the tokenizer its vocabulary, as :meth:`Tokenizer.train` on the same texts would.

        Returns:
            ``(n,)`` int32, the id in the vocabulary for each that :meth:`encode_ids` gave; the
            special symbols stand for themselves.
        """


class Tokenizer(ABC):
    """Turns text into ids and back.

    A tokenizer is made from its options, then either trained or loaded. Ids 0, 1 and 2 are padding,
    unknown and end of text in every vocabulary. No byte of the input is dropped silently: what the
    vocabulary lacks becomes the unknown symbol or bytes.
    """

    pad_id: ClassVar[int] = PAD
    unk_id: ClassVar[int] = UNK
    eos_id: ClassVar[int] = EOS
    #: Whether each token is a word or sign by itself, so that one step foretells a whole word.
    tokens_are_words: ClassVar[bool] = False

    #: The words that :meth:`admit` was given and that were not passed over.
    admitted: Sequence[str] = ()
    #: How many hashed features describe each token beside its id; 0 for none.
    feature_count: int = 0
    #: How many rows the table has that features index.
    feature_buckets: int = 0

    def __init__(self, options: Any) -> None:
        self.options = options

    @property
    @abstractmethod
    def vocab_size(self) -> int:
        """How many ids there are, special symbols included."""

    @abstractmethod
    def train(self, texts: Iterable[TrainingText]) -> None:
        """Learn the vocabulary; the same texts in the same order give the same vocabulary.

        Args:
            texts: Read once, from the first to the last, and not kept.
        """

    def admit(
        self,
        words: Iterable[str],  # noqa: ARG002 -- for those that override it
    ) -> None:
        """Have words in the vocabulary that the texts to train on may lack; before training.

        Args:
            words: As they stand in a text, the order of their ids. Those that this tokenizer would
                look up in another form are passed over.

        Raises:
            UsageError: The tokens are no words, as here.
        """
        raise UsageError(
            f"the tokenizer {type(self).__name__} takes in no words",
            fix="Set tokenizer.name=word, or leave pretrained.vectors_words out",
        )

    def draft(self) -> Draft | None:
        """For texts that are to be learnt from and encoded, a way to split each only once.

        Returns:
            What takes the place of :meth:`train` and encodes on the way; none, as here, where the
            vocabulary decides how texts are split, or texts have features.
        """
        return None

    @abstractmethod
    def encode(self, text: str) -> Encoding:
        """Split ``text`` into tokens with their ids and offsets; no end symbol is added."""

    @abstractmethod
    def decode(self, ids: Sequence[int]) -> str:
        """The text that ``ids`` stand for; padding and end symbols give nothing."""

    @abstractmethod
    def id_to_token(self, token_id: int) -> str:
        """The token with this id, as text for people to read.

        Raises:
            IndexError: There is no such id.
        """

    @abstractmethod
    def save(self, directory: Path) -> None:
        """Write what was learnt into ``directory``, which exists; its options are not written."""

    @abstractmethod
    def load(self, directory: Path) -> None:
        """Read what :meth:`save` wrote.

        Raises:
            BundleError: A file is missing, damaged, or larger than a vocabulary can be.
        """

    def encode_ids(self, text: str) -> list[int]:
        """The ids of :meth:`encode` alone, which most tokenizers find much faster."""
        return self.encode(text).ids

    def encode_batch(self, texts: Iterable[str]) -> list[Encoding]:
        """:meth:`encode` for each of several texts."""
        return [self.encode(text) for text in texts]

    def encode_words(self, words: Sequence[str]) -> list[list[int]]:
        """The ids of each of several given words; at least one id a word.

        A tokenizer whose tokens are words looks each up whole, whatever its splitting rule.
        """
        return [self.encode_ids(word) or [self.unk_id] for word in words]

    def features(self, tokens: Sequence[str]) -> np.ndarray:
        """Hashed features of tokens, looked up beside their ids.

        Args:
            tokens: ``n`` tokens as they stand in the text.

        Returns:
            ``(n, feature_count)`` int32, each in ``range(feature_buckets)``.
        """
        raise NotImplementedError(f"{type(self).__name__} has no features")

    def stream_decoder(self) -> StreamDecoder:
        """A decoder that takes ids one at a time and gives text as soon as it is certain."""
        return StreamDecoder(self)
