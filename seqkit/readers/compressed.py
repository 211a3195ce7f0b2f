"""Files that are unpacked as they are read: gzip, and Zstandard with the extra ``files``."""

from __future__ import annotations

import gzip
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, BinaryIO, cast

from seqkit import lazy

#: Endings of the names of compressed files.
SUFFIXES = (".gz", ".zst")

#: Bytes that are unpacked at once: small requests take several times as long.
_AT_ONCE = 1 << 17


def without_suffix(name: str) -> str:
    """A file's name without the ending that says how it is compressed, if it has one."""
    return next((name[: -len(s)] for s in SUFFIXES if name.lower().endswith(s)), name)


@contextmanager
def unpacked(stream: BinaryIO, path: Path) -> Iterator[BinaryIO]:
    """The content of a file, decompressed where its name says that it is compressed.

    Args:
        stream: The file's bytes; never read further than what is asked for needs.
        path: Its name.

    Yields:
        A stream, which raises one of :data:`seqkit.readers.archives.DAMAGE` where the file is
        damaged or ends too early.

    Raises:
        MissingDependency: The file is ``.zst`` and what unpacks it is not installed.
    """
    name = path.name.lower()
    if name.endswith(".gz"):
        with gzip.open(stream) as plain:
            yield cast("BinaryIO", plain)
    elif name.endswith(".zst"):
        raw: io.RawIOBase = _Zstandard(stream, path)
        with io.BufferedReader(raw, _AT_ONCE) as buffered:
            yield cast("BinaryIO", buffered)
    else:
        yield stream


class _Zstandard(io.RawIOBase):
    """Unpacks a stream; damage is an OSError, as it is in a gzip file."""

    def __init__(self, stream: BinaryIO, path: Path) -> None:
        if sys.version_info >= (3, 14):
            from compression import zstd
        else:
            try:
                from backports import zstd
            except ModuleNotFoundError as error:
                raise lazy.missing_dependency("backports", wanted_by=str(path)) from error
        self._damage = zstd.ZstdError
        self._plain = zstd.ZstdFile(cast("IO[bytes]", stream))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override] # io passes a memoryview
        try:
            return self._plain.readinto(buffer)
        except self._damage as error:
            raise OSError(str(error)) from error

    def close(self) -> None:
        self._plain.close()
        super().close()
