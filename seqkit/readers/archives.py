"""Tar archives read in place: one pass forwards, nothing extracted, every read bounded.

A path may lead *through* an archive: ``aclImdb_v1.tar.gz/aclImdb/train`` is the folder
``aclImdb/train`` inside the file ``aclImdb_v1.tar.gz``.
"""

from __future__ import annotations

import gzip
import io
import re
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Literal, cast

from seqkit.errors import DataError

#: Endings of the archives that can be read.
TAR_SUFFIXES = (".tar", ".tar.gz", ".tgz")

#: What a damaged or vanished file raises when it is read.
DAMAGE = (OSError, EOFError, zlib.error, tarfile.TarError)

#: The most bytes that one member's header may take; a real one takes a few hundred.
LONGEST_HEADER = 2**20

_SKIP = 2**20

#: Bytes of a member that is read whole before anybody asks for it.
_SMALL = 2**20

_SIMPLE_NAME = re.compile(rb"[\x20-\x7e]+").fullmatch
_OCTAL = re.compile(rb" *[0-7]+[ \0]*").fullmatch


@dataclass(frozen=True, slots=True)
class Member:
    """One entry of an archive, readable until the next one is asked for.

    Attributes:
        name: Its path inside the archive, without a leading ``./``.
        kind: ``other`` is a link, a device or a sparse file, none of which can be read.
        size: Bytes of content.
        content: The content; empty unless ``kind`` is ``file``.
    """

    name: str
    kind: Literal["file", "folder", "other"]
    size: int
    content: BinaryIO


def split_archive(path: Path) -> tuple[Path, str] | None:
    """Part a path through an archive.

    Returns:
        The archive, and the path inside it (empty for the archive itself); ``None`` where no part
        of ``path`` is an archive.
    """
    for outer in (path, *path.parents):
        if outer.name.lower().endswith(TAR_SUFFIXES) and outer.is_file():
            inside = path.relative_to(outer).as_posix()
            return outer, "" if inside == "." else inside
    return None


def members(archive: Path) -> Iterator[Member]:
    """Every entry of ``archive``, in the order in which they stand in it.

    Raises:
        DataError: The archive is missing or damaged.
    """
    compressed = not archive.name.lower().endswith(".tar")
    try:
        with archive.open("rb") as file, gzip.open(file) if compressed else file as raw:
            # gzip answers large requests much faster than many small ones
            buffered = io.BufferedReader(cast("io.RawIOBase", raw), _SKIP)
            yield from _members(_Forwards(cast("BinaryIO", buffered)))
    except DAMAGE as error:
        raise DataError(
            f"{archive} can't be read as a tar archive", why=str(error), fix="Fetch it again"
        ) from error


def _members(source: _Forwards) -> Iterator[Member]:
    while plain := _plain(source):
        yield plain
        source.allowed = LONGEST_HEADER
    # from here on there are names that take several headers, links, damage, or the end
    yield from _any_members(source)


def _plain(source: _Forwards) -> Member | None:
    """The next member if it is a small file or a folder with a header of the simplest kind.

    That is what most of a corpus of many files is, and takes a fraction of the time that tarfile
    needs for it. Anything else is put back for tarfile to judge.
    """
    block = source.read(tarfile.BLOCKSIZE)
    kind, name, size = block[156:157], block[:100].rstrip(b"\0"), block[124:136]
    if (
        len(block) == tarfile.BLOCKSIZE
        and kind in (tarfile.REGTYPE, tarfile.DIRTYPE)
        and _SIMPLE_NAME(name)
        and not block[345]  # the rest of a long name
        and _OCTAL(size)
        and _OCTAL(sum_ := block[148:156])
        and int(sum_.strip(b" \0"), 8) == sum(block) - sum(sum_) + 8 * ord(" ")
        and (length := int(size.strip(b" \0"), 8)) <= _SMALL
    ):
        inside = name.decode("ascii").removeprefix("./").rstrip("/")
        if kind == tarfile.DIRTYPE:
            return Member(inside, "folder", 0, cast("BinaryIO", None))
        padded = -(-length // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
        source.allowed = padded
        content = source.read(padded)
        if len(content) < padded:
            raise tarfile.ReadError("unexpected end of data")
        return Member(inside, "file", length, io.BytesIO(content[:length]))
    source.put_back(block)
    return None


def _any_members(source: _Forwards) -> Iterator[Member]:
    # "backslashreplace": a name that is no UTF-8 must not bring lone surrogates into a label.
    with tarfile.TarFile(fileobj=cast("IO[bytes]", source), errors="backslashreplace") as tar:
        # which it has read already, or found the end, or damage, in its place
        info = tar.firstmember and tar.next()  # type: ignore[attr-defined] # typeshed lacks it
        while info is not None:
            # tarfile remembers every member; a corpus of a million files must not fill memory.
            tar.members.clear()  # type: ignore[attr-defined] # typeshed leaves it out
            name = info.name.removeprefix("./").rstrip("/")
            if info.isreg() and not info.issparse():
                source.allowed = info.size
                content = cast("BinaryIO", tar.extractfile(info))
                yield Member(name, "file", info.size, content)
            else:
                yield Member(name, "folder" if info.isdir() else "other", 0, cast("BinaryIO", None))
            source.allowed = LONGEST_HEADER
            info = tar.next()
        # tarfile takes a damaged header in the middle for the end of the archive.
        if source.latest.strip(b"\0"):
            raise tarfile.ReadError("a header in the middle is damaged")


@contextmanager
def open_member(archive: Path, inside: str) -> Iterator[BinaryIO]:
    """Open the file ``inside`` an archive.

    Raises:
        DataError: The archive is damaged or holds no such file.
    """
    for member in members(archive):
        if member.name == inside:
            if member.kind != "file":
                raise DataError(f"{archive}/{inside} is a {member.kind}, not a regular file")
            yield member.content
            return
    raise DataError(f"{archive} holds no '{inside}'", fix=f"List it with: tar tf {archive}")


class _Forwards:
    """A file that tarfile can only read forwards, and never for more than it is allowed."""

    def __init__(self, raw: BinaryIO) -> None:
        self.allowed = LONGEST_HEADER
        self.latest = b""
        self._raw, self._position, self._put_back = raw, 0, b""

    def put_back(self, data: bytes) -> None:
        """What was read last is not read yet; it must be less than the next one that is wanted."""
        self._position -= len(data)
        self.allowed += len(data)
        self._put_back = data

    def read(self, size: int) -> bytes:
        if size > self.allowed:
            raise tarfile.ReadError(f"a header takes more than {LONGEST_HEADER} bytes")
        self.allowed -= size
        data, self._put_back = self._put_back, b""
        self.latest = data + self._raw.read(size - len(data))
        self._position += len(self.latest)
        return self.latest

    def seek(self, position: int) -> None:
        if position < self._position:
            raise tarfile.ReadError("a member stands before the one that follows it")
        while left := position - self._position:
            skipped = len(self._raw.read(min(left, _SKIP)))
            if not skipped:
                return
            self._position += skipped

    def tell(self) -> int:
        return self._position
