"""The interface of a reader: files in, examples out, one at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from seqkit.errors import DataError
from seqkit.examples import Example, TokensExample

#: Called with the error of each bad row; returns to skip it, or raises.
OnBad = Callable[[DataError], None]


def stop_at_bad(error: DataError) -> None:
    """The usual :data:`OnBad`: the first bad row ends the reading."""
    raise error


class Reader(ABC):
    """Reads one file format.

    Args:
        options: What the format leaves open, such as column names.
        encoding: The text encoding; bytes that it can't decode are a bad row, never dropped.
        on_bad: What to do with a bad row. Where it returns, the example that the row belongs to is
            left out whole (a sentence with one bad row too, since a sentence with a hole would
            teach what is not so), is reported once, and reading goes on after it.
    """

    def __init__(
        self, options: Any, *, encoding: str = "utf-8", on_bad: OnBad = stop_at_bad
    ) -> None:
        self.options = options
        self.encoding = encoding
        self.on_bad = on_bad

    @abstractmethod
    def read(self, path: Path) -> Iterator[Example]:
        """Yield the examples of ``path`` in order, reading as they are asked for.

        Args:
            path: A file; a folder, where the format is one of folders; or a path that leads
                through a tar archive to either, such as ``reviews.tar.gz/reviews/train``.

        Raises:
            DataError: The file can't be read, or a row is bad; ``file:line``, what was expected
                and what stood there.
        """

    def read_stream(
        self,
        stream: BinaryIO,  # noqa: ARG002 -- for those that override it
        name: str,
    ) -> Iterator[Example]:
        """Yield the examples of an open binary stream, such as standard input.

        Args:
            stream: Read to its end as examples are asked for.
            name: What errors and sources call it.
        """
        raise DataError(f"{name} can't be read as a stream", why="this format needs a file")

    def write(
        self,
        example: TokensExample,  # noqa: ARG002 -- for those that override it
        tags: Sequence[str],  # noqa: ARG002
    ) -> str:
        """A sentence in this format again, with ``tags`` in place of its own.

        Args:
            example: A sentence; where it was read in this format, everything but the tags stays
                as it was, byte for byte.
            tags: One for each token.

        Raises:
            DataError: The format holds no tags, or can't hold these.
        """
        raise DataError(f"{type(self).__name__} can't write tags")
