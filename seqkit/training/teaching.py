"""A teacher: models that are asked how likely each label of a text is, once, before training.

What a new model is to learn of a text is then the teacher's answer in the place of a label: each
label's probability (Hinton, Vinyals and Dean 2015, "Distilling the knowledge in a neural
network"). So it learns from texts that nobody has labelled, even where the teacher was trained on
no more labels than it has itself (self-training; Yarowsky 1995, "Unsupervised word sense
disambiguation rivaling supervised methods"; Xie et al. 2020, "Self-training with noisy student
improves ImageNet classification").
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Protocol

import numpy as np

import seqkit
from seqkit.bundle.load import open_bundle
from seqkit.bundle.manifest import CHECKPOINTS, WEIGHTS, Manifest, OriginRecord
from seqkit.decoding.base import Decoder
from seqkit.errors import RecipeError
from seqkit.examples import Example, text_of
from seqkit.pretrained.source import checksum
from seqkit.training.answers import KeptAnswers
from seqkit.training.events import Answered, Event
from seqkit.training.spool import Spool
from seqkit.training.store import EncodedExamples

#: Answers after which observers are told.
_TELL = 256


class Model(Protocol):
    """What answers: one of :func:`seqkit.load`'s."""

    path: Path
    manifest: Manifest
    labels: tuple[str, ...]

    @property
    def members(self) -> Sequence[Model]:
        """The models whose answers are averaged, or itself."""
        ...

    def predict(self, examples: Iterable[Example]) -> Iterator[Any]:
        """An answer to each example, with the probability of each label by its name."""
        ...


class Teacher:
    """Answers texts for a model that is to be trained.

    Args:
        model: Is asked; several as one, by the mean of what they say.
        tell: Is told how far it is.
    """

    def __init__(self, model: Model, tell: Callable[[Event], None]) -> None:
        self._model = model
        self._tell = tell
        self._decoder: Decoder | None = None

    @cached_property
    def records(self) -> tuple[OriginRecord, ...]:
        """What the manifest of the model that learns from it records."""
        return tuple(
            OriginRecord(
                kind="teacher",
                name=member.path.name,
                sha256=checksum(member.path / WEIGHTS),
                corpus=member.manifest.corpus.name,
                licence=member.manifest.corpus.licence,
            )
            for member in self._model.members
        )

    @cached_property
    def digest(self) -> str:
        """A checksum of all that its answers depend on."""
        members = [
            [(f.relative_to(member.path).as_posix(), checksum(f)) for f in _files(member.path)]
            for member in self._model.members
        ]
        return hashlib.sha256(repr((seqkit.__version__, members)).encode()).hexdigest()

    def check(self, decoder: Decoder) -> None:
        """Make sure that it knows the labels; called before it is asked.

        Args:
            decoder: Of the model that learns, with its labels.

        Raises:
            RecipeError: It answers something else.
        """
        self._decoder = decoder
        named = ", ".join(f"'{member.path.name}'" for member in self._model.members)
        theirs = open_bundle(self._model.path).decoder.distribution
        if not theirs or theirs != decoder.distribution:
            raise RecipeError(
                f"teacher.models: {named} can't teach this model",
                why=f"it gives a text {theirs or 'no probabilities of labels'}, and this one is to "
                f"give it {decoder.distribution or 'none'}",
                fix="Name models for the same task",
            )
        if apart := sorted(set(self._model.labels) ^ set(decoder.labels)):
            shown = ", ".join(f"'{label}'" for label in apart[:5])
            raise RecipeError(
                f"teacher.models: {named} can't teach this model",
                why=f"their labels differ: only one of them has {shown}"
                + (f" and {len(apart) - 5:,} more" if len(apart) > 5 else ""),
                fix="Name models that were trained on the same labels",
            )

    def answer(
        self,
        examples: EncodedExamples,
        texts: Callable[[], Iterable[Example]],
        folder: Path | None,
    ) -> EncodedExamples:
        """Examples with an answer to each.

        Args:
            examples: In numbers.
            texts: Begins a pass over the same in words.
            folder: Of what is kept from one run to the next; none to keep nothing.
        """
        assert self._decoder is not None, "check comes first"
        shape = len(examples), len(self._decoder.labels)
        kept = None if folder is None else KeptAnswers(folder, self._key(texts()))
        answers = None if kept is None else kept.load(shape)
        if answers is not None:
            self._tell(Answered(texts=shape[0], total=shape[0], seconds=0.0))
        else:
            answers = self._asked(texts(), shape[0], self._decoder)
            if kept is not None:
                kept.save(answers)
        return EncodedExamples({**examples.arrays, "answers": answers})

    def _key(self, texts: Iterable[Example]) -> str:
        key = hashlib.sha256(self.digest.encode())
        for example in texts:
            text = text_of(example).encode("utf-8", "surrogatepass")
            key.update(len(text).to_bytes(8, "little") + text)
        return key.hexdigest()[:32]

    def _asked(self, texts: Iterable[Example], total: int, decoder: Decoder) -> np.ndarray:
        began, done, spool = time.monotonic(), 0, Spool()
        # who finds no token in a text knows nothing of it
        nothing = decoder.probabilities(np.zeros(decoder.output_size))
        for done, answer in enumerate(self._model.predict(texts), 1):
            told = answer.probabilities
            row = [told[label] for label in decoder.labels] if told else nothing
            spool.write(np.asarray(row, np.float32).tobytes())
            if done % _TELL == 0 or done == total:
                seconds = time.monotonic() - began
                self._tell(Answered(texts=done, total=total, seconds=seconds))
        return spool.array(np.dtype(np.float32)).reshape(total, len(decoder.labels))


def _files(bundle: Path) -> list[Path]:
    """Those that a model is loaded from, and some that it is not."""
    found = (path for path in bundle.rglob("*") if path.is_file())
    return sorted(path for path in found if path.relative_to(bundle).parts[0] != CHECKPOINTS)
