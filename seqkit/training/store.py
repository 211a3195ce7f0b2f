"""Encoded examples in a few flat arrays, which may lie in files rather than in memory."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from seqkit.encoding import Encoded
from seqkit.tokenizers.base import EOS
from seqkit.training.spool import CHUNK, MOST_MAPPED, Spool, release

#: The arrays of one split and their types; a type of none is that of the decoder's targets.
#: ``starts`` is where each example's ids begin, and one more: where those of another would.
ARRAYS: dict[str, np.dtype | None] = {
    "ids": np.dtype(np.int32),
    "starts": np.dtype(np.int64),
    "features": np.dtype(np.int32),
    "characters": np.dtype(np.uint16),
    "letters": np.dtype(np.int32),
    "letter_starts": np.dtype(np.int64),
    "places": np.dtype(np.int32),
    "states": np.dtype(np.float16),
    "targets": None,
    "target_starts": np.dtype(np.int64),
    "steps": np.dtype(np.int64),
    "step_starts": np.dtype(np.int64),
    "answers": np.dtype(np.float32),
}


#: What closes each example's ids.
_END = np.array([EOS], np.int32)


class ExampleSequence(Sequence[Encoded], ABC):
    """Examples that are each made when they are asked for."""

    @abstractmethod
    def example(self, index: int) -> Encoded:
        """The example at a place from 0 on."""

    @overload
    def __getitem__(self, index: int) -> Encoded: ...
    @overload
    def __getitem__(self, index: slice) -> list[Encoded]: ...
    def __getitem__(self, index: int | slice) -> Encoded | list[Encoded]:
        if isinstance(index, slice):
            return [self.example(i) for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self.example(int(index) % len(self))


class EncodedExamples(ExampleSequence):
    """Examples in flat arrays, each made into an :class:`Encoded` when it is asked for.

    The ids are one text: an end symbol, then each example closed by one, so that a model of
    running text reads them as they lie. The other arrays have nothing between examples.

    Args:
        arrays: By name, as in :data:`ARRAYS`; those that no example has are left out. Targets
            without starts are one value each.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray]) -> None:
        # a view as an ordinary array, which is quicker to handle than a mapped one
        self.arrays = {name: np.asarray(array) for name, array in arrays.items()}
        get = self.arrays.get
        #: ``(tokens + examples + 1,)`` int32, all ids with an end symbol around each example.
        self.text = self.arrays["ids"]
        self._starts = self.arrays["starts"]
        self._features, self._characters = get("features"), get("characters")
        #: The targets in a row, those of each example beside each other; or none.
        self.targets = get("targets")
        self._target_starts = get("target_starts")
        self._steps, self._step_starts = get("steps"), get("step_starts")
        self._letters, self._letter_starts = get("letters"), get("letter_starts")
        self._places, self._states = get("places"), get("states")
        #: ``(examples, labels)`` float32, each label's probability as a teacher has it; or none.
        self.answers = get("answers")
        self._given = 0

    def __len__(self) -> int:
        return len(self._starts) - 1

    @property
    def tokens(self) -> int:
        """The tokens of all, without the symbols between them."""
        return len(self.text) - len(self._starts)

    @property
    def lengths(self) -> np.ndarray:
        """``(examples,)`` int64, the tokens of each."""
        return np.diff(self._starts) - 1

    def example(self, index: int) -> Encoded:
        """See :meth:`ExampleSequence.example`."""
        start, end = int(self._starts[index]), int(self._starts[index + 1]) - 1
        # at least a page of each array is read for each example
        self._given += max(4096, 4 * (end - start)) * len(self.arrays)
        if self._given > MOST_MAPPED:
            self._given = 0
            for array in self.arrays.values():
                release(array)
        # no row stands for an end symbol, of which there is one before each example
        rows = slice(start - 1 - index, end - 1 - index)
        return Encoded(
            self.text[start:end],
            features=None if self._features is None else self._features[rows],
            target=self.target(index),
            steps=_row(self._steps, self._step_starts, index),
            characters=None if self._characters is None else self._characters[rows],
            letters=_row(self._letters, self._letter_starts, index),
            places=None if self._places is None else self._places[rows],
            states=None if self._states is None else self._states[rows],
        )

    def target(self, index: int) -> np.ndarray | None:
        """The target of one example, without the rest of it; counted from the front."""
        if self.targets is not None and self._target_starts is None:
            return np.asarray(self.targets[index])
        return _row(self.targets, self._target_starts, index)


def _row(values: np.ndarray | None, starts: np.ndarray | None, index: int) -> np.ndarray | None:
    if values is None or starts is None:
        return None
    return values[int(starts[index]) : int(starts[index + 1])]


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus in numbers.

    Attributes:
        train: Encoded training examples; without the empty ones where examples have targets.
        dev: Encoded development examples, likewise; may be none.
        unlabelled: Encoded texts without a target, likewise; none for most.
        dev_characters: Characters of the development texts, each end counted as one.
        digest: A checksum of all that training and scoring see.
    """

    train: EncodedExamples
    dev: EncodedExamples
    unlabelled: EncodedExamples
    dev_characters: int
    digest: str


def digest(
    train: EncodedExamples,
    dev: EncodedExamples,
    unlabelled: EncodedExamples,
    dev_characters: int,
) -> str:
    """:attr:`Corpus.digest`."""
    made = hashlib.sha256(f"{len(train)} {len(unlabelled)} {dev_characters}".encode())
    for split in (train, dev, unlabelled):
        if split.answers is not None:
            made.update(split.answers.data)
        for example in split:
            made.update(np.int64(len(example)).tobytes())
            parts = example.ids, example.features, example.target, example.steps
            for part in (*parts, example.characters, example.letters, example.places):
                if part is not None:
                    made.update(part.tobytes())
    return made.hexdigest()


class Packer:
    """Examples on their way into flat arrays.

    Args:
        examples: Read once, here. All have features, characters, targets and steps, or none has.
    """

    def __init__(self, examples: Iterable[Encoded]) -> None:
        self._spools: dict[str, Spool] = {"ids": Spool(), "starts": Spool()}
        self._shapes: dict[str, tuple[np.dtype, tuple[int, ...]]] = {}
        self._rows: dict[str, int] = {}
        self._add_ids(np.array([EOS], np.int32))
        for example in examples:
            self._add_ids(example.ids)
            self._add_ids(_END)
            if example.features is not None:
                self._add("features", example.features)
            if example.characters is not None:
                self._add("characters", example.characters)
            if example.letters is not None:
                self._add_rows("letters", "letter_starts", example.letters)
            if example.places is not None:
                self._add("places", example.places)
            if example.target is not None:
                self._add_rows("targets", "target_starts", example.target)
            if example.steps is not None:
                self._add_rows("steps", "step_starts", example.steps)

    def _add_ids(self, ids: np.ndarray) -> None:
        spool = self._spools["ids"]
        spool.write(np.ascontiguousarray(ids, np.int32).data.cast("B"))
        if ids is _END or not self._spools["starts"].size:
            self._spools["starts"].write(np.int64(spool.size // 4).tobytes())

    def _add_rows(self, name: str, starts: str, rows: np.ndarray) -> None:
        if rows.ndim:
            if name not in self._spools:
                self._add(starts, np.zeros(1, np.int64))
            self._rows[name] = self._rows.get(name, 0) + len(rows)
            self._add(starts, np.array([self._rows[name]]))
        self._add(name, rows)

    def _add(self, name: str, rows: np.ndarray) -> None:
        shape = rows.dtype, rows.shape[1:]
        if self._shapes.setdefault(name, shape) != shape:
            raise TypeError(f"{name}: {shape} after {self._shapes[name]}")
        self._spools.setdefault(name, Spool()).write(rows.tobytes())

    def map_ids(self, table: np.ndarray) -> None:
        """Put ``table[i]`` in the place of every id ``i``."""
        ids = self._spools["ids"].array(np.dtype(np.int32), writable=True)
        for start in range(0, len(ids), CHUNK):
            part = ids[start : start + CHUNK]
            part[:] = table[part]
            release(ids)

    def examples(self) -> EncodedExamples:
        """All of them; nothing is added later."""
        arrays = {}
        for name, spool in self._spools.items():
            dtype, shape = self._shapes.get(name, (ARRAYS[name], ()))
            assert dtype is not None
            arrays[name] = spool.array(dtype).reshape(-1, *shape)
        return EncodedExamples(arrays)
