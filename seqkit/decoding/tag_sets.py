"""The tags of sentences, and the set of them that training data show."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from seqkit.decoding.chain import Pair
from seqkit.decoding.spans import fits_scheme, may_follow
from seqkit.errors import DataError
from seqkit.examples import Example, TokensExample


def tag_set(
    examples: Iterable[Example], *, scheme: str, neighbours: bool
) -> tuple[tuple[str, ...], set[Pair]]:
    """The tags of training examples, in sorted order, and which stand side by side.

    Args:
        examples: Each with a tag for every token.
        scheme: The one that tags are to fit; ``auto`` or ``tags`` for any tags.
        neighbours: Whether those side by side are wanted, and are to fit the scheme too.

    Raises:
        DataError: An example lacks tags, all tokens have the same tag, or a tag, or two
            neighbours where they are wanted, do not fit the scheme.
    """
    found: set[str] = set()
    pairs: set[Pair] = set()
    for example in examples:
        tags = tags_of(example)
        fresh = set(tags) - found
        for tag in sorted(fresh):
            _check_tag(tag, scheme, example.source)
        found |= fresh
        if neighbours and tags:
            beside = set(pairwise((None, *tags, None))) - pairs
            _check_pairs(beside, scheme, example.source)
            pairs |= beside
    if not found:
        raise DataError("the training data holds no tag", fix="Give sentences with tags")
    if len(found) == 1:
        raise DataError(
            f"every training token has the same tag '{min(found)}'",
            why="there is nothing to tell apart",
            fix="Check which column holds the tags",
        )
    return tuple(sorted(found)), pairs


def tags_of(example: Example) -> tuple[str, ...]:
    """The tag of each token.

    Raises:
        DataError: The example is a plain text, or lacks tags.
    """
    if not isinstance(example, TokensExample):
        raise DataError(
            f"{example.source}: a plain text",
            why="tagging wants sentences of given tokens, each with its tag",
            fix="Name a reader of tagged sentences, or another head",
        )
    if len(example.tags) != len(example.tokens):
        raise DataError(
            f"{example.source}: {len(example.tokens)} tokens but {len(example.tags)} tags",
            why="each token needs one",
        )
    return example.tags


def _check_tag(tag: str, scheme: str, source: str) -> None:
    if scheme not in {"auto", "tags"} and not fits_scheme(tag, scheme):
        raise DataError(
            f"{source}: the tag '{tag}' does not fit the scheme '{scheme}'",
            fix="Set the head's scheme to 'auto', or to 'tags' if tags mark no spans, or mend "
            "the tag",
        )


def _check_pairs(pairs: Iterable[Pair], scheme: str, source: str) -> None:
    for before, after in () if scheme == "auto" else pairs:
        if not may_follow(before or "O", after or "O", scheme):
            first = f"'{before}'" if before else "the sentence's beginning"
            second = f"'{after}'" if after else "its end"
            raise DataError(
                f"{source}: {second} after {first} does not fit the scheme '{scheme}'",
                why="head.crf makes it impossible, so it can't be learnt",
                fix="Mend the tags, or set the head's scheme to 'auto', with which whatever "
                "the training data show is possible",
            )
