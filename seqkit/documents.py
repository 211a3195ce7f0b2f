"""The words around each sentence of a document, found as sentences are read one after another."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, groupby, islice
from operator import attrgetter

from seqkit.examples import Example, TextExample
from seqkit.tokenizers.words import split_words

#: The name of a document whose sentences are handed over together.
_TOGETHER = "-"


def in_context(examples: Iterable[Example], most: int) -> Iterator[Example]:
    """Each example with the words that stand around it in its document.

    An example is yielded as soon as the words after it are read, or its document has ended; one
    that is in no document at once.

    Args:
        examples: In their order, read as they are asked for. Where reading fails, those before
            that come first, and the error follows.
        most: Words on either side at most; 0 to leave the examples as they are.
    """
    if not most:
        return iter(examples)
    runs = groupby(examples, key=attrgetter("document"))
    return chain.from_iterable(_within(run, most) if name else run for name, run in runs)


def one_document(examples: Iterable[Example]) -> Iterator[Example]:
    """Examples as the sentences of one document, unless they say themselves where they stand."""
    for example in examples:
        alone = not (example.document or example.before or example.after)
        yield replace(example, document=_TOGETHER) if alone else example


def _within(sentences: Iterable[Example], most: int) -> Iterator[Example]:
    """The sentences of one document, of which at least the first can be read."""
    before: deque[str] = deque(maxlen=most)
    # the sentence that is next, those after it that are read, and how many words those have
    waiting: deque[tuple[Example, Sequence[str]]] = deque()
    known = 0

    def placed() -> Example:
        nonlocal known
        sentence, words = waiting.popleft()
        after = islice(chain.from_iterable(own for _, own in waiting), most)
        found = replace(sentence, document="", before=tuple(before), after=tuple(after))
        before.extend(words)
        if waiting:
            known -= len(waiting[0][1])
        return found

    try:
        for sentence in sentences:
            words = _words(sentence)
            known += len(words) if waiting else 0
            waiting.append((sentence, words))
            while known >= most:
                yield placed()
    except Exception:
        while waiting:
            yield placed()
        raise
    while waiting:
        yield placed()


def _words(example: Example) -> Sequence[str]:
    """The words of a sentence; a text is split as it is for tagging."""
    if isinstance(example, TextExample):
        return [example.text[start:end] for start, end in split_words(example.text)]
    return example.tokens
