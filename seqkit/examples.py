"""What readers yield and training consumes: one text, or one list of tokens, with its answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True, kw_only=True)
class InDocument:
    """Where a sentence stands, for taggers that read it together with what is around it.

    Attributes:
        document: The document that it is a sentence of, by any name; examples in a row that have
            the same one are each other's neighbours. Empty where it stands alone, or where the
            words around it are given.
        before: The words before it in its document, the nearest last.
        after: The words after it, the nearest first.
    """

    document: str = ""
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TextExample(InDocument):
    """A text, labelled or not.

    Attributes:
        text: The text as it stands in the source.
        source: Where it came from, as ``file:line`` or a path; errors and reports cite it.
        labels: The labels, none for unlabelled text, several where several hold.
    """

    text: str
    source: str
    labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TokensExample(InDocument):
    """A sentence whose tokens are given, tagged or not.

    Attributes:
        tokens: The tokens in order.
        source: Where it came from, as ``file:line`` of its first row.
        tags: One for each token, or empty.
        rows: What the reader needs to write the sentence back with other tags: its own lines.
    """

    tokens: tuple[str, ...]
    source: str
    tags: tuple[str, ...] = ()
    rows: tuple[str, ...] = ()


Example: TypeAlias = TextExample | TokensExample


def text_of(example: Example) -> str:
    """The text of an example; given tokens are joined with spaces."""
    return example.text if isinstance(example, TextExample) else " ".join(example.tokens)


def words_of(example: Example) -> Sequence[str]:
    """The tokens of an example; a text is split at white space."""
    return example.tokens if isinstance(example, TokensExample) else example.text.split()
