"""A recipe's corpus in numbers: read, split, and encoded with what was learnt from it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, compress
from pathlib import Path

from seqkit.corpora import Sources
from seqkit.decoding.base import Decoder
from seqkit.documents import in_context
from seqkit.encoding import Encoded, ExampleEncoder
from seqkit.errors import DataError
from seqkit.examples import Example, TextExample, text_of, words_of
from seqkit.pretrained.rows import tokens_of
from seqkit.readers.base import OnBad
from seqkit.readers.files import read
from seqkit.recipe import Recipe
from seqkit.specs import Arity
from seqkit.splits import Part, hold_out
from seqkit.tokenizers.base import Tokenizer
from seqkit.training.cache import Cache
from seqkit.training.places import folder_of, home_of
from seqkit.training.spool import Examples
from seqkit.training.store import Corpus, Packer, digest
from seqkit.training.teaching import Teacher


def prepare(
    recipe: Recipe,
    sources: Sources,
    *,
    tokenizer: Tokenizer,
    decoder: Decoder,
    on_bad: OnBad,
    vocabulary: str = "",
    letters: Tokenizer | None = None,
    teacher: Teacher | None = None,
) -> Corpus:
    """Read and split a corpus, train the tokenizer, learn the labels, and encode.

    Or, where the same was done before and kept, take what came of it; no text is read then. A
    corpus with bad rows is not kept, so that they are reported each time.

    Args:
        recipe: What is trained.
        sources: The corpus's files.
        tokenizer: Is trained on the training examples.
        decoder: Learns the labels from them.
        on_bad: What to do with a bad row.
        vocabulary: A checksum of the tokenizer's files, where it is trained already and is to stay
            as it is.
        letters: As :class:`seqkit.encoding.ExampleEncoder` has it.
        teacher: Is asked about texts; none for a corpus whose labels are all there is.

    Raises:
        DataError: A row is bad, a label is missing, or there is nothing to train on.
        RecipeError: The teacher knows other labels.
    """
    cache = None
    if recipe.corpus.cache:
        known = vocabulary + "".join(tokens_of(letters) if letters is not None else ())
        cache = Cache.of(
            recipe,
            sources,
            tokenizer,
            decoder,
            vocabulary=known,
            teacher=teacher.digest if teacher else "",
        )
    if cache is not None and (kept := cache.load(tokenizer, decoder)):
        return kept
    bad = 0

    def counted(error: DataError) -> None:
        nonlocal bad
        bad += 1
        on_bad(error)

    trained = bool(vocabulary)
    corpus = _encoded(
        recipe,
        sources,
        tokenizer,
        decoder,
        counted,
        letters=letters,
        trained=trained,
        teacher=teacher,
    )
    return corpus if cache is None or bad else cache.save(corpus, tokenizer, decoder)


def _encoded(
    recipe: Recipe,
    sources: Sources,
    tokenizer: Tokenizer,
    decoder: Decoder,
    on_bad: OnBad,
    *,
    letters: Tokenizer | None,
    trained: bool,
    teacher: Teacher | None,
) -> Corpus:
    arity = recipe.head_spec.arity
    train, dev = _labelled(sources, arity, on_bad, context=recipe.encoder.context)
    unlabelled = _Texts(Examples(_unlabelled(sources, dev, on_bad)), with_target=False)
    decoder.fit(train)
    if teacher is not None:
        teacher.check(decoder)
    known = _Texts(train, with_target=arity != "one-to-many")
    texts = (known, unlabelled)
    spells = recipe.embedding.spells
    encoder = ExampleEncoder(
        tokenizer, decoder, arity, recipe.encoder, characters=spells, letters=letters
    )
    # a draft is of the texts alone, and of their ids
    drafts = not trained and arity in ("one-to-many", "many-to-one") and not spells
    draft = tokenizer.draft() if drafts else None
    if draft is not None:
        drafting = ExampleEncoder(
            tokenizer, decoder, arity, recipe.encoder, encode_ids=draft.encode_ids
        )
        packers = [split.pack(drafting) for split in texts]
        settled = draft.settle()
        for packer in packers:
            packer.map_ids(settled)
        decoder.use(tokenizer)
    else:
        if not trained:
            words = arity == "many-to-many"
            learnt = chain(train, unlabelled.examples)
            tokenizer.train(
                t for e in learnt for t in ([words_of(e)] if words else decoder.texts(e))
            )
        decoder.use(tokenizer)
        packers = [split.pack(encoder) for split in texts]
    in_train, in_unlabelled = (packer.examples() for packer in packers)
    if not in_train.tokens:
        raise DataError("There is nothing to train on", why="all examples are empty")
    if teacher is not None:
        folder = folder_of(home_of(sources)) if recipe.corpus.cache else None
        if in_unlabelled:
            in_unlabelled = teacher.answer(in_unlabelled, unlabelled.packed, folder)
        if recipe.teacher.share:
            in_train = teacher.answer(in_train, known.packed, folder)
    counted = _Counted(dev)
    in_dev = _Texts(counted, with_target=known.with_target).pack(encoder).examples()
    found = digest(in_train, in_dev, in_unlabelled, counted.characters)
    return Corpus(in_train, in_dev, in_unlabelled, counted.characters, found)


class _Texts:
    """The examples of a split, and which of them are packed.

    Args:
        examples: For several passes.
        with_target: Whether labels are wanted too.
    """

    def __init__(self, examples: Iterable[Example], *, with_target: bool) -> None:
        self.examples = examples
        self.with_target = with_target
        self._packed = bytearray()

    def pack(self, encoder: ExampleEncoder) -> Packer:
        """All of them in numbers, but for empty ones."""
        return Packer(self._numbers(encoder))

    def _numbers(self, encoder: ExampleEncoder) -> Iterator[Encoded]:
        # an empty text teaches nothing, and its answer is known; in a stream its end does count
        streams = encoder.arity == "one-to-many"
        for example in self.examples:
            found = encoder.encode(example, with_target=self.with_target)
            self._packed.append(streams or len(found) > 0)
            if self._packed[-1]:
                yield found

    def packed(self) -> Iterator[Example]:
        """Those that were packed."""
        return compress(self.examples, self._packed)


def _labelled(
    sources: Sources, arity: Arity, on_bad: OnBad, *, context: int
) -> tuple[Iterable[Example], Iterable[Example]]:
    """The examples to train on and those that are held out."""
    train = _placed(Examples(_read(sources.train, sources, on_bad)), context)
    dev = _placed(Examples(_read(sources.dev, sources, on_bad)), context)
    if not _any(train):
        raise DataError("There is nothing to train on", why="no example was read")
    return (train, dev) if _any(dev) else hold_out(train, sources.dev_fraction, arity=arity)


def _placed(examples: Examples, context: int) -> Iterable[Example]:
    """Examples with the words around them, for as many passes."""
    return Part(lambda: in_context(examples, context)) if context else examples


def _read(
    paths: Sequence[Path], sources: Sources, on_bad: OnBad, *, labelled: bool = True
) -> Iterator[Example]:
    return read(
        paths,
        reader=sources.reader,
        encoding=sources.encoding,
        on_bad=on_bad,
        labelled=labelled,
    )


def _unlabelled(sources: Sources, dev: Iterable[Example], on_bad: OnBad) -> Iterator[Example]:
    """The texts without labels, but for those that are held out.

    What somebody who knows their labels says of held-out texts must not be learnt.
    """
    if not sources.unlabelled:
        return
    held = {_mark(text_of(example)) for example in dev}
    for example in _read(sources.unlabelled, sources, on_bad, labelled=False):
        text = text_of(example)
        if _mark(text) not in held:
            yield TextExample(text, example.source)


def _mark(text: str) -> bytes:
    """What stands for a text, however its white space is set."""
    content = " ".join(text.split()).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(content, digest_size=16).digest()


def _any(examples: Iterable[Example]) -> bool:
    return any(True for _ in examples)


class _Counted:
    """Examples that pass by, and how many characters they had, the end of each counted as one."""

    def __init__(self, examples: Iterable[Example]) -> None:
        self._examples = examples
        self.characters = 0

    def __iter__(self) -> Iterator[Example]:
        for example in self._examples:
            self.characters += len(text_of(example)) + 1
            yield example
