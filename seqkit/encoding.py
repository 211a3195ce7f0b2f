"""Examples as a model reads them: ids, features and targets in numpy arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from seqkit.contextual import Writer
from seqkit.decoding.base import Decoder
from seqkit.examples import Example, text_of, words_of
from seqkit.recipe.sections import Encoder
from seqkit.specs import Arity
from seqkit.spelling import Speller
from seqkit.tokenizers.base import EOS, Tokenizer

#: Target of a step that stands for no token of its own; losses and scores leave it out.
IGNORED = -100
#: Target of a token whose tag training never showed, for a head that tells it from the former.
UNSEEN = -1


@dataclass(frozen=True, slots=True)
class Encoded:
    """One example in numbers.

    Attributes:
        ids: ``(n,)`` int32.
        features: ``(n, F)`` int32, or none where the tokenizer has none.
        characters: ``(n, WIDTH)`` uint16 of :mod:`seqkit.spelling`, or none where the model does
            not read them.
        letters: int32 ``(m,)``, the characters of the sentence, and
        places: int32 ``(n, 2)``, where among them each token ends and begins, both of
            :mod:`seqkit.contextual`; or none where the model does not read them.
        states: float16 ``(n, D)``, what models make of those, where it is known already.
        target: What :meth:`Decoder.target` gave, or none.
        steps: For given tokens, the step at which each is complete, ``(tokens,)``; else none. The
            steps of what is read around a sentence are not among them: nothing is told of those.
    """

    ids: np.ndarray
    features: np.ndarray | None = None
    target: np.ndarray | None = None
    steps: np.ndarray | None = None
    characters: np.ndarray | None = None
    letters: np.ndarray | None = None
    places: np.ndarray | None = None
    states: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def piece(self, start: int, end: int) -> Encoded:
        """Some of its tokens, with what belongs to each of them, but no target.

        It must have no letters, which belong to all of them together.
        """
        assert self.letters is None
        given: dict[str, Any] = {f.name: getattr(self, f.name) for f in fields(self)}
        cut = {n: a[start:end] for n, a in given.items() if a is not None}
        return Encoded(**cut | {"target": None, "steps": None})

    def step_targets(self, *, unseen: int = IGNORED) -> np.ndarray:
        """The target of each step, :data:`IGNORED` where a token is not complete yet.

        Args:
            unseen: The target of a token whose tag training never showed.
        """
        assert self.target is not None
        if self.steps is None:
            return self.target
        targets = np.full(len(self.ids), IGNORED, dtype=np.int64)
        targets[self.steps] = np.where(self.target < 0, unseen, self.target)
        return targets


class ExampleEncoder:
    """Encodes examples for one model.

    Where the model reads a sentence in its document (Schweter and Akbik 2020, "FLERT:
    document-level features for named entity recognition"), what stands before and after it is read
    as given tokens too, with an end symbol on either side of the sentence, so that its borders can
    be told.

    Args:
        tokenizer: A trained tokenizer.
        decoder: The head's decoder, which knows the labels.
        arity: The head's; many-to-many reads given tokens, the others text.
        limits: The recipe's encoder section, for how much of a text is read, and around it.
        encode_ids: What gives a text's ids instead of the tokenizer, while its vocabulary is still
            being learnt; see :meth:`Tokenizer.draft`.
        characters: Whether the model reads the characters of tokens too: of given tokens, those of
            the whole token for each of its pieces.
        letters: The characters that models of the whole sentence know, or none where there are no
            such models. They need given tokens.
    """

    def __init__(
        self,
        tokenizer: Tokenizer,
        decoder: Decoder,
        arity: Arity,
        limits: Encoder,
        *,
        encode_ids: Callable[[str], Sequence[int]] | None = None,
        characters: bool = False,
        letters: Tokenizer | None = None,
    ) -> None:
        self.tokenizer = tokenizer
        self.decoder = decoder
        self.arity = arity
        self.limits = limits
        self.encode_ids = encode_ids or tokenizer.encode_ids
        self._spell = Speller() if characters else None
        self._write = Writer(letters) if letters is not None else None

    def encode(self, example: Example, *, with_target: bool) -> Encoded:
        """One example in numbers.

        Args:
            example: Text, or given tokens.
            with_target: Whether its labels are wanted too.

        Raises:
            DataError: With targets, a label is missing or unknown.
        """
        target = self.decoder.target(example) if with_target else None
        if self.arity == "many-to-many":
            return self._tokens(example, target)
        return self._text(text_of(example), target)

    def _text(self, text: str, target: np.ndarray | None) -> Encoded:
        tokenizer = self.tokenizer
        most = self.limits.max_tokens
        kept = slice(None)
        if most:
            kept = slice(-most, None) if self.limits.keep == "end" else slice(most)
        if self.limits.reversed:  # for heads that read a whole text alone
            kept = slice(None, None, -1)
        if not tokenizer.feature_count and self._spell is None:
            ids = np.asarray(self.encode_ids(text)[kept], dtype=np.int32)
            return Encoded(ids, target=target)
        encoding = tokenizer.encode(text)
        surface = [text[start:end] for start, end in encoding.offsets[kept]]
        ids = np.asarray(encoding.ids[kept], dtype=np.int32)
        return Encoded(
            ids,
            features=tokenizer.features(surface) if tokenizer.feature_count else None,
            target=target,
            characters=self._spell(surface) if self._spell else None,
        )

    def _tokens(self, example: Example, target: np.ndarray | None) -> Encoded:
        before, own, after = self._read_together(example)
        encode = self.tokenizer.encode_words
        tokens, pieces = [*before], encode(before)
        if before:
            tokens.append("")
            pieces.append([EOS])
        first = len(tokens)
        tokens += own
        pieces += encode(own)
        if after:
            tokens += ["", *after]
            pieces += [[EOS], *encode(after)]
        counts = np.fromiter((len(p) for p in pieces), dtype=np.int64, count=len(pieces))
        ids = np.fromiter((i for p in pieces for i in p), dtype=np.int32, count=int(counts.sum()))
        features = characters = None
        if self.tokenizer.feature_count:
            features = np.repeat(self.tokenizer.features(tokens), counts, axis=0)
        if self._spell:
            characters = np.repeat(self._spell(tokens), counts, axis=0)
        letters = places = None
        if self._write:
            letters, places = self._write(tokens)
            places = np.repeat(places, counts, axis=0)
        return Encoded(
            ids,
            features=features,
            target=target,
            steps=np.cumsum(counts)[first : first + len(own)] - 1,
            characters=characters,
            letters=letters,
            places=places,
        )

    def _read_together(
        self, example: Example
    ) -> tuple[Sequence[str], Sequence[str], Sequence[str]]:
        """The words of a sentence, between those around it that the model reads."""
        own, most = words_of(example), self.limits.context
        if not (own and most):
            return (), own, ()
        return example.before[-most:], own, example.after[:most]


def join(documents: Sequence[Encoded]) -> np.ndarray:
    """All ids in a row: an end symbol, then each document followed by one; int32."""
    parts = [np.array([EOS], dtype=np.int32)]
    for document in documents:
        parts += [document.ids, parts[0]]
    return np.concatenate(parts)
