"""Spans marked by tags such as ``B-PER I-PER O``, counted as the CoNLL script counts them.

The rules are those of ``conlleval`` (Tjong Kim Sang and Buchholz 2000, version 2004-01-26), which
reads any sequence of tags, well-formed or not: whether a span ends or starts between two tags
depends on those two tags alone. The script knows no ``S`` and no ``B`` after ``E``; for BIOES they
are read as its successors read them: ``S`` is a span of its own, and ``B`` always starts one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from seqkit.decoding.metrics import Counts

#: A tag in its two parts, such as ``("B", "PER")`` for ``B-PER`` and ``("O", "")`` for ``O``.
Parts: TypeAlias = tuple[str, str]

_OUTSIDE: Parts = ("O", "")

#: By prefix, the prefixes after it that end its span, whatever the type.
_ENDED_BY = {"B": frozenset("BOS"), "I": frozenset("BOS"), "E": frozenset("BEIOS")}
#: By prefix, the prefixes before it that make it start a span, whatever the type.
_STARTED_AFTER = {"B": frozenset("BEIOS"), "I": frozenset("EOS"), "E": frozenset("EOS")}
_NO_SPAN = frozenset({"O", "."})
_ALONE = frozenset({"S", "[", "]"})

#: The prefixes that each scheme allows beside ``O``.
_PREFIXES = {"io": frozenset("I"), "bio": frozenset("BI"), "bioes": frozenset("BIES")}


def split_tag(tag: str) -> Parts:
    """A tag's prefix and its type: what stands before and after the first hyphen."""
    prefix, _, kind = tag.partition("-")
    return prefix, kind


def ends(before: Parts, after: Parts) -> bool:
    """Whether a span ends between two neighbouring tags."""
    return (
        after[0] in _ENDED_BY.get(before[0], ())
        or before[0] in _ALONE
        or (before[0] not in _NO_SPAN and before[1] != after[1])
    )


def starts(before: Parts, after: Parts) -> bool:
    """Whether a span starts between two neighbouring tags, at the second of them."""
    return (
        before[0] in _STARTED_AFTER.get(after[0], ())
        or after[0] in _ALONE
        or (after[0] not in _NO_SPAN and before[1] != after[1])
    )


def count_spans(
    truth: Iterable[Sequence[str]], predicted: Iterable[Sequence[str]]
) -> dict[str, Counts]:
    """Count the spans of each type; one is correct if its type, start and end all are.

    Args:
        truth: The true tags of each sentence.
        predicted: The predicted tags of each sentence, as many.

    Returns:
        The counts of each type that occurs on either side, by type in sorted order.
    """
    correct, guessed, actual = Counter[str](), Counter[str](), Counter[str]()
    for true_tags, predicted_tags in zip(truth, predicted, strict=True):
        true_before = predicted_before = _OUTSIDE
        agreeing = False  # inside a span that both sides started here and with the same type
        for true_tag, predicted_tag in zip([*true_tags, "O"], [*predicted_tags, "O"], strict=True):
            true, guess = split_tag(true_tag), split_tag(predicted_tag)
            true_ends, guess_ends = ends(true_before, true), ends(predicted_before, guess)
            if agreeing and true_ends and guess_ends and true_before[1] == predicted_before[1]:
                correct[true_before[1]] += 1
                agreeing = False
            elif true_ends != guess_ends or true[1] != guess[1]:
                agreeing = False
            true_starts, guess_starts = starts(true_before, true), starts(predicted_before, guess)
            actual[true[1]] += true_starts
            guessed[guess[1]] += guess_starts
            agreeing = agreeing or (true_starts and guess_starts and true[1] == guess[1])
            true_before, predicted_before = true, guess
    return {
        kind: Counts(correct[kind], guessed[kind], actual[kind])
        for kind in sorted(actual.keys() | guessed.keys())
        if guessed[kind] or actual[kind]
    }


def detect_scheme(tags: Iterable[str]) -> str:
    """The scheme that tags are written in.

    Args:
        tags: All tags of a corpus.

    Returns:
        ``io`` if all are ``O`` or ``I-type``, ``bio`` if some are ``B-type``, ``bioes`` if some are
        ``E-type`` or ``S-type``; ``tags`` if any is something else or none marks a span.
    """
    marks = [split_tag(tag) for tag in tags if tag != "O"]
    if not marks or not all(kind for _, kind in marks):
        return "tags"
    prefixes = {prefix for prefix, _ in marks}
    return next((name for name, allowed in _PREFIXES.items() if prefixes <= allowed), "tags")


def may_follow(before: str, after: str, scheme: str) -> bool:
    """Whether a scheme lets one tag stand right after another.

    Args:
        before: A tag, or ``O`` for what is before the sentence.
        after: A tag, or ``O`` for what is after it.
        scheme: ``bio``, ``bioes``, or one in which any tag may follow any: ``io``, ``tags``.
    """
    (first, kind), (second, other) = split_tag(before), split_tag(after)
    opened, goes_on = first in {"B", "I"}, second in {"I", "E"}
    together = opened and goes_on and kind == other
    if scheme == "bio":
        return together or not goes_on
    if scheme == "bioes":
        return together or not (opened or goes_on)
    return True


def fits_scheme(tag: str, scheme: str) -> bool:
    """Whether a tag may stand in ``io``, ``bio`` or ``bioes``; a type is not required."""
    return tag == "O" or split_tag(tag)[0] in _PREFIXES[scheme]
