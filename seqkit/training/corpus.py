"""A recipe's corpus in numbers: read, split, and encoded with what was learnt from it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from seqkit.context import in_context
from seqkit.corpora import Sources
from seqkit.decoding.base import Decoder
from seqkit.encoding import ExampleEncoder
from seqkit.errors import DataError
from seqkit.examples import Example, text_of, words_of
from seqkit.pretrained.rows import tokens_of
from seqkit.readers.base import OnBad
from seqkit.readers.files import read
from seqkit.recipe import Recipe
from seqkit.splits import Part, hold_out
from seqkit.tokenizers.base import Tokenizer
from seqkit.training.cache import Cache
from seqkit.training.spool import Examples
from seqkit.training.store import Corpus, Packer, digest


def prepare(
    recipe: Recipe,
    sources: Sources,
    *,
    tokenizer: Tokenizer,
    decoder: Decoder,
    on_bad: OnBad,
    vocabulary: str = "",
    letters: Tokenizer | None = None,
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

    Raises:
        DataError: A row is bad, a label is missing, or there is nothing to train on.
    """
    cache = None
    if recipe.corpus.cache:
        known = vocabulary + "".join(tokens_of(letters) if letters is not None else ())
        cache = Cache.of(recipe, sources, tokenizer, decoder, vocabulary=known)
    if cache is not None and (kept := cache.load(tokenizer, decoder)):
        return kept
    bad = 0

    def counted(error: DataError) -> None:
        nonlocal bad
        bad += 1
        on_bad(error)

    trained = bool(vocabulary)
    corpus = _encoded(
        recipe, sources, tokenizer, decoder, counted, letters=letters, trained=trained
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
) -> Corpus:
    arity = recipe.head_spec.arity
    streams = arity == "one-to-many"
    context = recipe.encoder.context
    train: Iterable[Example] = _read(sources.train, sources, on_bad, context=context)
    dev: Iterable[Example] = _read(sources.dev, sources, on_bad, context=context)
    if not _any(train):
        raise DataError("There is nothing to train on", why="no example was read")
    if not _any(dev):
        train, dev = hold_out(train, sources.dev_fraction, arity=arity)
    decoder.fit(train)
    spells = recipe.embedding.spells
    encoder = ExampleEncoder(
        tokenizer, decoder, arity, recipe.encoder, characters=spells, letters=letters
    )

    def encoded(examples: Iterable[Example], encoder: ExampleEncoder) -> Packer:
        numbers = (encoder.encode(e, with_target=not streams) for e in examples)
        # an empty text teaches nothing, and its answer is known; in a stream its end does count
        return Packer(e for e in numbers if streams or len(e))

    # a draft is of the texts alone, and of their ids
    drafts = not trained and arity in ("one-to-many", "many-to-one") and not spells
    draft = tokenizer.draft() if drafts else None
    if trained:
        decoder.use(tokenizer)
        packer = encoded(train, encoder)
    elif draft is None:
        given = arity == "many-to-many"
        tokenizer.train(t for e in train for t in ([words_of(e)] if given else decoder.texts(e)))
        decoder.use(tokenizer)
        packer = encoded(train, encoder)
    else:
        drafting = ExampleEncoder(
            tokenizer, decoder, arity, recipe.encoder, encode_ids=draft.encode_ids
        )
        packer = encoded(train, drafting)
        packer.map_ids(draft.settle())
        decoder.use(tokenizer)
    in_train = packer.examples()
    if not in_train.tokens:
        raise DataError("There is nothing to train on", why="all examples are empty")
    counted = _Counted(dev)
    in_dev = encoded(counted, encoder).examples()
    found = digest(in_train, in_dev, counted.characters)
    return Corpus(in_train, in_dev, counted.characters, found)


def _read(
    paths: Sequence[Path], sources: Sources, on_bad: OnBad, *, context: int
) -> Iterable[Example]:
    found = read(paths, reader=sources.reader, encoding=sources.encoding, on_bad=on_bad)
    kept = Examples(found)
    return Part(lambda: in_context(kept, context)) if context else kept


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
