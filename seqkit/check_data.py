"""Look at the data of a recipe before training on it: sizes, labels, lengths, and what is wrong."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from seqkit import registry
from seqkit.corpora import Sources
from seqkit.errors import DataError
from seqkit.examples import Example, TextExample
from seqkit.readers.base import stop_at_bad
from seqkit.readers.files import read
from seqkit.recipe import Recipe
from seqkit.tokenizers.words import find_words

_NAMED = 5  # how many of a kind are named, each with its source
_REMEMBERED = 1_000_000  # examples compared with each other; about 200 bytes of memory each
_MOST_LABELS = 100_000


class Lengths(msgspec.Struct, frozen=True, kw_only=True):
    """How long the examples of a split are.

    Attributes:
        unit: ``tokens`` where the data give them; else ``words`` or ``characters``, whichever is
            nearer to what the recipe's tokenizer makes.
        total: The sum over all examples.
        shortest: Of any example.
        low: One in twenty is shorter than this, or as short.
        median: Half of them are no longer than this.
        high: Nineteen in twenty are no longer than this.
        longest: Of any example.
    """

    unit: str
    total: int
    shortest: int
    low: int
    median: int
    high: int
    longest: int


class SplitReport(msgspec.Struct, frozen=True, kw_only=True):
    """What is in a split.

    Attributes:
        name: ``train``, ``dev`` or ``test``.
        examples: How many there are, empty ones too.
        lengths: Of all of them; none where there is no example.
        labels: How often each label or tag occurs, the most frequent first.
        unlabelled: Examples without a label or tag.
        several: Examples with more than one label.
        empty: Examples without a text, or without tokens.
        empty_sources: Where the first of these are.
        bad: Rows that could not be read and were skipped.
        bad_rows: What is wrong with the first of these.
    """

    name: str
    examples: int
    lengths: Lengths | None
    labels: dict[str, int]
    unlabelled: int
    several: int
    empty: int
    empty_sources: tuple[str, ...]
    bad: int
    bad_rows: tuple[str, ...]


class Duplicates(msgspec.Struct, frozen=True, kw_only=True):
    """Examples of a split whose text has occurred before.

    Attributes:
        split: Where the later ones are.
        earlier: Where the same text was first: the same split, or one before it.
        count: How many there are.
        conflicting: How many of them have other labels than the first.
        sources: Where the first few are, each with the place of the same text.
    """

    split: str
    earlier: str
    count: int
    conflicting: int
    sources: tuple[tuple[str, str], ...]


class DataReport(msgspec.Struct, frozen=True, kw_only=True):
    """What :func:`report` found.

    Attributes:
        corpus: The corpus's name; empty for own files.
        licence: Its licence; empty for own files.
        splits: One for each split that has files.
        dev_fraction: The share of train that training will hold out; 0 where there is a dev split.
        duplicates: One for each pair of splits that has any.
        compared: How many different texts were remembered to find them; all, up to a million.
        unseen: For dev and test, the labels that train lacks, with their counts.
        rare: The labels with few examples in train, with their counts.
        problems: What deserves a look, in words; empty where all is well.
    """

    corpus: str
    licence: str
    splits: tuple[SplitReport, ...]
    dev_fraction: float
    duplicates: tuple[Duplicates, ...]
    compared: int
    unseen: dict[str, dict[str, int]]
    rare: dict[str, int]
    problems: tuple[str, ...]


def report(
    sources: Sources, recipe: Recipe, *, skip_bad: bool = False, rare_below: int = 5
) -> DataReport:
    """Read every example once and say what is there.

    Memory is bounded: no text is kept, and of at most a million examples a hash and the source.

    Args:
        sources: What the recipe reads: see :func:`seqkit.corpora.sources`.
        recipe: The recipe, for its head and tokenizer.
        skip_bad: Count rows that can't be read instead of stopping at the first.
        rare_below: A label with fewer training examples than this is called rare.

    Raises:
        DataError: A file is missing; a row is bad and ``skip_bad`` is not set; or there are so
            many different labels that they can't be labels.
    """
    seen = _Seen()
    splits = tuple(
        _split(name, paths, sources, recipe, seen, skip_bad=skip_bad)
        for name, paths in (("train", sources.train), ("dev", sources.dev), ("test", sources.test))
        if paths
    )
    known = splits[0].labels
    found = DataReport(
        corpus=sources.name,
        licence=sources.licence,
        splits=splits,
        dev_fraction=0.0 if sources.dev else sources.dev_fraction,
        duplicates=seen.duplicates(),
        compared=len(seen.first),
        unseen={
            split.name: unseen
            for split in splits[1:]
            if (unseen := {label: n for label, n in split.labels.items() if label not in known})
        },
        rare={label: count for label, count in known.items() if count < rare_below},
        problems=(),
    )
    return msgspec.structs.replace(found, problems=tuple(_problems(found, sources, recipe)))


def _split(
    name: str,
    paths: tuple[Path, ...],
    sources: Sources,
    recipe: Recipe,
    seen: _Seen,
    *,
    skip_bad: bool,
) -> SplitReport:
    bad: list[str] = []
    skipped = 0

    def skip(error: DataError) -> None:
        nonlocal skipped
        skipped += 1
        if len(bad) < _NAMED:
            bad.append(str(error))

    lengths: Counter[int] = Counter()
    labels: Counter[str] = Counter()
    unlabelled = several = 0
    empty = _Few()
    unit = "words" if recipe.tokenizer.name == "word" else "characters"
    for example in read(
        paths,
        reader=sources.reader,
        encoding=sources.encoding,
        on_bad=skip if skip_bad else stop_at_bad,
    ):
        text, answers = _content(example)
        if not isinstance(example, TextExample):
            unit = "tokens"
        length = _length(example, unit)
        lengths[length] += 1
        labels.update(answers)
        if len(labels) > _MOST_LABELS:
            raise DataError(
                f"{example.source}: there are more than {_MOST_LABELS:,} different labels",
                why="no model can learn so many, so this is hardly the labels' column",
            )
        unlabelled += not answers
        several += isinstance(example, TextExample) and len(answers) > 1
        if length and text.strip():
            # labels are a set, tags a sequence
            answer = frozenset(answers) if isinstance(example, TextExample) else answers
            seen.add(name, text, hash(answer), example.source)
        else:
            empty.add(example.source)
    return SplitReport(
        name=name,
        examples=lengths.total(),
        lengths=_quantiles(lengths, unit) if lengths else None,
        labels=dict(labels.most_common()),
        unlabelled=unlabelled,
        several=several,
        empty=empty.count,
        empty_sources=tuple(empty.first),
        bad=skipped,
        bad_rows=tuple(bad),
    )


def _content(example: Example) -> tuple[str, tuple[str, ...]]:
    if isinstance(example, TextExample):
        return example.text, example.labels
    return "\n".join(example.tokens), example.tags


def _length(example: Example, unit: str) -> int:
    if not isinstance(example, TextExample):
        return len(example.tokens)
    return len(example.text) if unit == "characters" else len(find_words(example.text))


def _quantiles(lengths: Counter[int], unit: str) -> Lengths:
    count = lengths.total()
    ordered = sorted(lengths.items())

    def quantile(percent: int) -> int:
        # the smallest length that at least so many examples do not exceed
        needed = -(-count * percent // 100)
        for length, times in ordered:
            needed -= times
            if needed <= 0:
                return length
        raise AssertionError

    return Lengths(
        unit=unit,
        total=sum(length * times for length, times in ordered),
        shortest=ordered[0][0],
        low=quantile(5),
        median=quantile(50),
        high=quantile(95),
        longest=ordered[-1][0],
    )


@dataclass(slots=True)
class _Few:
    """A count, and the first few of what was counted."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, source: str) -> None:
        self.count += 1
        if self.count <= _NAMED:
            self.first.append(source)


class _Seen:
    """The texts so far, as hashes, and which of them came again."""

    def __init__(self) -> None:
        self.first: dict[bytes, tuple[str, str, int]] = {}
        self._count: Counter[tuple[str, str]] = Counter()
        self._conflicting: Counter[tuple[str, str]] = Counter()
        self._sources: dict[tuple[str, str], list[tuple[str, str]]] = {}

    def add(self, split: str, text: str, answer: int, source: str) -> None:
        digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).digest()
        before = self.first.get(digest)
        if before is None:
            if len(self.first) < _REMEMBERED:
                self.first[digest] = (split, source, answer)
            return
        pair = (split, before[0])
        self._count[pair] += 1
        self._conflicting[pair] += answer != before[2]
        sources = self._sources.setdefault(pair, [])
        if len(sources) < _NAMED:
            sources.append((source, before[1]))

    def duplicates(self) -> tuple[Duplicates, ...]:
        return tuple(
            Duplicates(
                split=split,
                earlier=earlier,
                count=count,
                conflicting=self._conflicting[split, earlier],
                sources=tuple(self._sources[split, earlier]),
            )
            for (split, earlier), count in self._count.items()
        )


def _feeds(tasks: Sequence[str], recipe: Recipe) -> bool:
    """Whether a head is one of those named, or learns from what one of them does."""
    alike = (part.spec for part in registry.registered("head") if part.spec.name in tasks)
    decoder = recipe.head_spec.decoder
    return recipe.head.name in tasks or any(spec.decoder == decoder for spec in alike)


def _problems(found: DataReport, sources: Sources, recipe: Recipe) -> Iterator[str]:
    spec = registry.find("reader", sources.reader.name).spec
    if not _feeds(spec.tasks, recipe):
        yield (
            f"The reader '{sources.reader.name}' gives nothing that the {recipe.head.name} head "
            f"can learn from: it is for {' and '.join(spec.tasks)}."
        )
    # Running text is cut into lines and paragraphs for convenience: some are empty, some recur,
    # none has a label.
    running = recipe.head_spec.arity == "one-to-many"
    for split in found.splits:
        yield from _split_problems(split, recipe, running=running)
    if not running:
        yield from _label_problems(found)
        yield from _duplicate_problems(found)


def _split_problems(split: SplitReport, recipe: Recipe, *, running: bool) -> Iterator[str]:
    if not split.examples:
        yield f"{split.name} has no examples."
    if split.bad:
        first = split.bad_rows[0]
        yield f"{split.name}: {_many(split.bad, 'row')} can't be read, the first: {first}"
    if running:
        return
    if split.empty:
        yield (
            f"{split.name}: {_many(split.empty, 'example')} without any text, "
            f"the first at {split.empty_sources[0]}."
        )
    one_label = getattr(recipe.head.options, "multi_label", None) is False
    if split.unlabelled and (one_label or split.unlabelled == split.examples):
        yield f"{split.name}: {_many(split.unlabelled, 'example')} without a label."
    if split.several and one_label:
        yield (
            f"{split.name}: {_many(split.several, 'example')} with several labels, but the head "
            "has one answer: set head.multi_label=true."
        )


def _label_problems(found: DataReport) -> Iterator[str]:
    if len(found.splits[0].labels) == 1:
        yield f"train has one label only, '{next(iter(found.splits[0].labels))}'."
    for split, labels in found.unseen.items():
        yield f"{split}: train never shows {_listed(labels)}, so no model can get them right."
    if found.rare:
        yield f"train has very few examples of {_listed(found.rare)}."


def _duplicate_problems(found: DataReport) -> Iterator[str]:
    for pair in found.duplicates:
        later, earlier = pair.sources[0]
        if pair.split == pair.earlier:
            yield (
                f"{pair.split}: {_many(pair.count, 'example')} with a text that occurred before, "
                f"the first at {later}, as at {earlier}."
            )
        else:
            yield (
                f"{pair.split}: {_many(pair.count, 'example')} with a text that is in "
                f"{pair.earlier} too, which makes scores too good; the first at {later}, as at "
                f"{earlier}."
            )
        if pair.conflicting:
            yield f"{pair.split}: {pair.conflicting:,} of these have other labels than the first."
    if found.compared == _REMEMBERED:
        yield f"Only the first {_REMEMBERED:,} different texts were compared with the rest."


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _listed(labels: dict[str, int]) -> str:
    shown = [f"'{label}' ({count})" for label, count in list(labels.items())[:_NAMED]]
    more = len(labels) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
