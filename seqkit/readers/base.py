"""The interface of a reader: files in, examples out, one at a time."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from seqkit.errors import DataError
from seqkit.examples import Example, TokensExample
from seqkit.readers.archives import split_archive

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

    def read_unlabelled(self, path: Path) -> Iterator[Example]:
        """Yield the texts of ``path``, where nothing need say what their labels are.

        As :meth:`read`, for a format that takes examples without labels as they are.

        Args:
            path: As for :meth:`read`.

        Raises:
            DataError: The file can't be read, or a row is bad.
        """
        return self.read(path)

    def files(self, path: Path) -> list[Path]:
        """Every file that :meth:`read` of the same path depends on, in an order of its own.

        Whoever keeps what came of reading asks for them, to see whether any has changed since.
        """
        archived = split_archive(path)
        if archived:
            return [archived[0]]
        if not path.is_dir():
            return [path]
        found = [os.path.join(folder, n) for folder, _, names in os.walk(path) for n in names]  # noqa: PTH118 -- several times as fast for very many
        return [Path(name) for name in sorted(found)]

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
