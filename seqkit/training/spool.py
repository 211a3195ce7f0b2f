"""What is written once and read several times, held in memory or, beyond a limit, on disk."""

from __future__ import annotations

import mmap
import struct
import tempfile
import weakref
from collections.abc import Iterable, Iterator
from typing import IO

import numpy as np

from seqkit.errors import TrainingError
from seqkit.examples import Example, TextExample, TokensExample

#: Bytes of one spool that are held in memory; what is more goes to a file without a name.
MOST_IN_MEMORY = 64 << 20

#: Bytes of examples that are kept as objects.
MOST_AS_OBJECTS = 32 << 20

#: Bytes that are read or changed at a time.
CHUNK = 1 << 20

#: Bytes of mapped arrays that are read before :func:`release` is called for.
MOST_MAPPED = 64 << 20


class Spool:
    """Bytes that are appended, then read.

    Beyond :data:`MOST_IN_MEMORY` they are in a file without a name in the folder for temporary
    files (``TMPDIR``), which is gone with the process, however it ends.
    """

    def __init__(self) -> None:
        self._memory = bytearray()
        self._file: IO[bytes] | None = None
        self.size = 0

    def write(self, data: bytes | memoryview) -> None:
        """Append.

        Raises:
            TrainingError: The disk is full.
        """
        self._memory += data
        self.size += len(data)
        if len(self._memory) > (CHUNK if self._file else MOST_IN_MEMORY):
            self._spill()

    def _spill(self) -> None:
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile()  # noqa: SIM115 - the next line closes it
                weakref.finalize(self, self._file.close)  # what is mapped from it stays
            self._file.write(self._memory)
            self._file.flush()
        except OSError as error:
            raise TrainingError(
                "The corpus can't be prepared",
                why=f"{error.strerror or error} in {tempfile.gettempdir()}, which holds what does "
                "not fit into memory",
                fix="Make room there, or name another folder with TMPDIR",
            ) from error
        self._memory = bytearray()

    def array(self, dtype: np.dtype, *, writable: bool = False) -> np.ndarray:
        """All of it as an array of one axis, mapped where it is on disk; nothing is added later."""
        if not self.size:
            return np.empty(0, dtype)
        if self._file is None:
            array = np.frombuffer(self._memory, dtype)
            array.flags.writeable = writable
            return array
        if self._memory:
            self._spill()
        return np.memmap(self._file, dtype, mode="r+" if writable else "r")

    def chunks(self) -> Iterator[bytes]:
        """All of it, in parts of any size."""
        if self._file is None:
            yield bytes(self._memory)
            return
        if self._memory:
            self._spill()
        self._file.seek(0)
        while data := self._file.read(CHUNK):
            yield data


def release(array: np.ndarray) -> None:
    """Give back the memory of a mapped array's pages, which are read again when they are asked for.

    The system would take them when it needs them, but until then they look like the program's own.
    """
    base: object = array
    while isinstance(base, np.ndarray):
        base = base.base
    if isinstance(base, memoryview):
        base = base.obj
    if isinstance(base, mmap.mmap) and hasattr(mmap, "MADV_DONTNEED"):
        base.madvise(mmap.MADV_DONTNEED)


class Examples:
    """Examples in the order in which they were read, for any number of passes.

    The first are kept as they are, which takes no time; the others as bytes, since objects take
    several times the memory of their text. What a reader needs to write a sentence back is not
    kept with those, nor the words around a sentence, which its document tells.

    Args:
        examples: Read once, here.
    """

    def __init__(self, examples: Iterable[Example]) -> None:
        self._first: list[Example] = []
        self._spool = Spool()
        left = MOST_AS_OBJECTS
        for example in examples:
            left -= _memory(example)
            if left > 0:
                self._first.append(example)
            else:
                self._spool.write(_packed(example))

    def __iter__(self) -> Iterator[Example]:
        yield from self._first
        rest = b""
        for chunk in self._spool.chunks():
            data = rest + chunk
            at = 0
            while (end := _end(data, at)) <= len(data):
                yield _unpacked(data, at, end)
                at = end
            rest = data[at:]


#: Bytes of what follows, how many parts that is, and how many of them are tokens; the parts of a
#: text, marked with 0 tokens more than there can be, are itself and its labels. Before them stand
#: the source and the document.
_HEAD = struct.Struct("<QII")
_TEXT = 0xFFFFFFFF


def _memory(example: Example) -> int:
    """About the bytes that an example takes."""
    if isinstance(example, TextExample):
        return len(example.text) + 300
    return 100 * len(example.tokens) + sum(map(len, example.rows)) + 300


def _packed(example: Example) -> bytes:
    if isinstance(example, TextExample):
        kind, own = _TEXT, (example.text, *example.labels)
    else:
        kind, own = len(example.tokens), (*example.tokens, *example.tags)
    parts = (example.source, example.document, *own)
    lengths = struct.pack(f"<{len(parts)}I", *map(len, parts))
    # readers refuse what is no text, but a plugin's may let half a character through
    text = "".join(parts).encode("utf-8", "surrogatepass")
    return _HEAD.pack(len(lengths) + len(text), len(parts), kind) + lengths + text


def _end(data: bytes, at: int) -> int:
    """Where the record that begins at ``at`` ends; beyond the data where it is not whole."""
    if at + _HEAD.size > len(data):
        return len(data) + 1
    return at + _HEAD.size + int(_HEAD.unpack_from(data, at)[0])


def _unpacked(data: bytes, at: int, end: int) -> Example:
    _, count, kind = _HEAD.unpack_from(data, at)
    at += _HEAD.size
    lengths = struct.unpack_from(f"<{count}I", data, at)
    text = data[at + 4 * count : end].decode("utf-8", "surrogatepass")
    parts, start = [], 0
    for length in lengths:
        parts.append(text[start : start + length])
        start += length
    source, document, *own = parts
    if kind == _TEXT:
        return TextExample(own[0], source, tuple(own[1:]), document=document)
    return TokensExample(tuple(own[:kind]), source, tuple(own[kind:]), document=document)
