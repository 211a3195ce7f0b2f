"""Bounded reading of files of vectors, which come from strangers."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import BinaryIO, TypeVar

from seqkit.errors import DataError
from seqkit.readers.archives import DAMAGE
from seqkit.readers.lines import bad_row

T = TypeVar("T")

#: The most bytes of a word.
LONGEST_WORD = 4096
#: Bytes that are read at once.
_CHUNK = 1 << 20


def read_some(read: Callable[[int], T], size: int, where: str) -> T:
    """What a file's method gives for a number of bytes.

    Args:
        read: Such as ``read``, ``readline`` or ``seek``.
        size: How many bytes it is called with.
        where: What errors call the place.

    Raises:
        DataError: The file is damaged.
    """
    try:
        return read(size)
    except DAMAGE as error:
        raise DataError(f"{where}: can't be read", why=str(error)) from error


def check_size(where: str, found: int, size: int) -> None:
    """Make sure that vectors fit the recipe.

    Raises:
        DataError: They have another number of numbers.
    """
    if found != size:
        raise DataError(
            f"{where}: the vectors have {found:,} numbers",
            why=f"embedding.size is {size}",
            fix=f"Set embedding.size={found}, if that is a file of vectors",
        )


class Stream:
    """A binary file that is read forwards, piece by piece.

    Args:
        file: Its bytes, decompressed.
        name: What errors call it.
        read: How many bytes were read before.

    Attributes:
        name: Likewise.
        read: How many bytes have been taken or skipped.
    """

    def __init__(self, file: BinaryIO, name: str, *, read: int = 0) -> None:
        self.name, self.read = name, read
        self._file = file
        self._buffer, self._place = b"", 0

    def take(self, size: int) -> bytes:
        """Exactly so many bytes.

        Raises:
            DataError: The file ends too early, or is damaged.
        """
        while len(self._buffer) - self._place < size:
            self._fill(max(size, _CHUNK))
        return self._advance(size)

    def until(self, end: bytes, most: int, what: str) -> bytes:
        """The bytes before one that ends them, which is passed over.

        Args:
            end: One byte.
            most: How many may stand before it.
            what: What errors call them.

        Raises:
            DataError: There are more, the file ends too early, or it is damaged.
        """
        while True:
            found = self._buffer.find(end, self._place, self._place + most + 1)
            if found >= 0:
                return self._advance(found + 1 - self._place)[:-1]
            if len(self._buffer) - self._place > most:
                raise bad_row(f"{self.name}: {what}", f"at most {most:,} bytes", "more")
            self._fill(_CHUNK)

    def skip(self, size: int) -> None:
        """Pass over so many bytes; what is missing at the end shows when more is taken.

        Raises:
            DataError: The file is damaged.
        """
        ready = min(size, len(self._buffer) - self._place)
        self._advance(ready)
        self.read += size - ready
        left = size - ready
        if self._file.seekable():
            # a compressed file is read even so, and may be damaged
            read_some(lambda count: self._file.seek(count, io.SEEK_CUR), left, self.name)
            return
        while left and (some := read_some(self._file.read, min(left, _CHUNK), self.name)):
            left -= len(some)

    def _advance(self, size: int) -> bytes:
        start, self._place = self._place, self._place + size
        self.read += size
        return self._buffer[start : self._place]

    def _fill(self, size: int) -> None:
        more = read_some(self._file.read, size, self.name)
        if not more:
            raise DataError(f"{self.name} is cut short", fix="Fetch the file again")
        self._buffer, self._place = self._buffer[self._place :] + more, 0
