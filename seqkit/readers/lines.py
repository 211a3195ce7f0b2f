"""Bytes to lines and texts: strict decoding that names the file, line and byte of what is wrong.

Lines end with LF or CRLF and with nothing else, so that a token or text may hold any other
character. One U+FEFF at the very start of a file is its byte order mark, not text.
"""

from __future__ import annotations

import codecs
import io
from abc import abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple, cast

from seqkit.errors import DataError, UsageError
from seqkit.examples import Example
from seqkit.readers.archives import DAMAGE, open_member, split_archive
from seqkit.readers.base import Reader
from seqkit.readers.compressed import unpacked

#: The most bytes of one line, row, sentence, paragraph, or file of a label directory: 64 MiB.
LONGEST_ITEM = 64 * 2**20

#: The most lines of one sentence or paragraph.
MOST_LINES = 2**20

#: The most bytes of a file that is one document: 1 GiB.
LONGEST_TEXT = 2**30

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"


class Line(NamedTuple):
    r"""One line of a file.

    Attributes:
        number: Counted from 1.
        text: The line without its end; what can be told of it where ``problem`` is set.
        end: ``"\n"``, ``"\r\n"``, or empty at the end of the file.
        problem: Why the line can't be read.
    """

    number: int
    text: str
    end: str
    problem: DataError | None = None

    @property
    def is_blank(self) -> bool:
        """Whether nothing but spaces and tabs stands in it."""
        return not self.text.strip(" \t\r")


class Block(NamedTuple):
    """Lines that belong together, with the blank lines that close them.

    Attributes:
        lines: In order; incomplete where ``problem`` is set.
        problem: Why the block can't be used: that of its first bad line, or its length.
    """

    lines: list[Line]
    problem: DataError | None


def shown(value: str) -> str:
    """``value`` quoted for an error message, with control characters escaped, 60 at most."""
    return repr(value if len(value) <= 60 else f"{value[:59]}…")


def bad_row(source: str, expected: str, found: str, *, fix: str = "") -> DataError:
    """The error of a row: ``file:line``, what was expected, what stood there."""
    return DataError(f"{source}: expected {expected}, found {found}", fix=fix)


@contextmanager
def open_binary(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading, decompressed where its name ends in ``.gz`` or ``.zst``.

    Args:
        path: A file, or a path through a tar archive to a file in it.

    Raises:
        DataError: There is no such file, or it is a folder or an archive.
        MissingDependency: What decompresses it is not installed.
    """
    with open_packed(path) as packed, unpacked(packed, path) as stream:
        yield stream


@contextmanager
def open_packed(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading as it is; see :func:`open_binary`."""
    archived = split_archive(path)
    if archived and not archived[1]:
        raise DataError(
            f"{path} is an archive, not a text file", fix=f"Name a file in it: {path}/NAME"
        )
    if archived:
        opened = open_member(*archived)
    elif path.is_dir():
        raise DataError(f"{path} is a folder", fix=f"Name the files in it: {path}/*.txt")
    else:
        opened = _open_file(path)
    with opened as stream:
        yield stream


@contextmanager
def _open_file(path: Path) -> Iterator[BinaryIO]:
    try:
        stream = path.open("rb")
    except OSError as error:
        raise DataError(f"{path} can't be opened", why=error.strerror or str(error)) from error
    with stream:
        yield stream


def read_lines(stream: BinaryIO, name: str, encoding: str) -> Iterator[Line]:
    """The lines of ``stream``, read as they are asked for.

    A line that can't be decoded, or is longer than :data:`LONGEST_ITEM`, comes with its problem,
    and the next line is read as usual.

    Args:
        stream: The bytes.
        name: What errors call it.
        encoding: How its text is encoded.

    Raises:
        DataError: The stream is damaged; or bytes are bad in an encoding such as UTF-16, whose
            lines can't be told apart before they are decoded.
        UsageError: There is no such encoding.
    """
    offset = 0
    encoding, splits = _line_encoding(encoding)
    if not splits:
        stream, encoding = _transcoded(stream, encoding), "utf-8"
    number = 0
    while True:
        number += 1
        try:
            raw = stream.readline(LONGEST_ITEM + 1)
            too_long = len(raw) > LONGEST_ITEM
            while too_long and not raw.endswith(b"\n") and (more := stream.readline(2**20)):
                offset, raw = offset + len(raw), more
        except _BadBytesError as error:
            raise error.row(f"{name}:{number}") from error
        except DAMAGE as error:
            raise DataError(f"{name}:{number}: can't be read", why=str(error)) from error
        if not raw:
            return
        problem = None
        if too_long:
            text = ""
            problem = bad_row(f"{name}:{number}", f"at most {LONGEST_ITEM} bytes in a line", "more")
        else:
            try:
                text = raw.decode(encoding)
            except UnicodeDecodeError as error:
                problem = _BadBytesError(error, encoding, offset).row(f"{name}:{number}")
                text = raw.decode(encoding, "replace")
        offset += len(raw)
        if number == 1:
            text = text.removeprefix(_BOM)
            if not text and not problem:
                return
        end = "\r\n" if text.endswith("\r\n") else "\n" if text.endswith("\n") else ""
        yield Line(number, text[: len(text) - len(end)], end, problem)


def read_blocks(stream: BinaryIO, name: str, encoding: str, *, what: str) -> Iterator[Block]:
    """Blocks of lines that blank lines close, read as they are asked for.

    Every line of the stream belongs to one block: blank lines to the block before them, and to the
    first one where they begin the file.

    Args:
        stream: The bytes.
        name: What errors call it.
        encoding: How its text is encoded.
        what: What errors call a block, such as ``sentence``.
    """
    lines: list[Line] = []
    problem: DataError | None = None
    size, filled, closed = 0, False, False
    for line in read_lines(stream, name, encoding):
        blank = line.is_blank and not line.problem
        if closed and not blank:
            yield Block(lines, problem)
            lines, problem, size, filled, closed = [], None, 0, False, False
        filled, closed = filled or not blank, filled and blank
        problem = problem or line.problem
        size += len(line.text)
        lines.append(line)
        if size > LONGEST_ITEM or len(lines) > MOST_LINES:
            problem = problem or bad_row(
                f"{name}:{lines[0].number}",
                f"a blank line that ends the {what} after at most {MOST_LINES} lines and "
                f"{LONGEST_ITEM} characters",
                "none",
            )
            # What is kept of an overlong block must be bounded too.
            lines, size = [], 0
    if lines or problem:
        yield Block(lines, problem)


def read_text(stream: BinaryIO, name: str, encoding: str, *, longest: int) -> str:
    """The whole of ``stream`` as one text, with CRLF line ends as LF.

    Args:
        stream: The bytes.
        name: What errors call it.
        encoding: How its text is encoded.
        longest: The most bytes that it may hold.

    Raises:
        DataError: The stream is damaged or too long, or some bytes are bad.
        UsageError: There is no such encoding.
    """
    encoding, _ = _line_encoding(encoding)
    try:
        data = stream.read(longest + 1)
    except DAMAGE as error:
        raise DataError(f"{name} can't be read", why=str(error)) from error
    if len(data) > longest:
        raise DataError(f"{name} is longer than {longest} bytes, too long for one document")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = 1 + data[: error.start].decode(encoding, "replace").count("\n")
        raise _BadBytesError(error, encoding, 0).row(f"{name}:{line}") from error
    return text.removeprefix(_BOM).replace("\r\n", "\n")


class StreamReader(Reader):
    """A reader whose format can be read from any stream of bytes; it defines ``read_stream``."""

    def read(self, path: Path) -> Iterator[Example]:
        """Yield the examples of a file, plain or compressed, on disk or in a tar archive."""
        with open_binary(path) as stream:
            yield from self.read_opened(stream, path)

    def read_opened(self, stream: BinaryIO, path: Path) -> Iterator[Example]:
        """Yield the examples of a file that is open.

        Args:
            stream: Its content, decompressed.
            path: Its name, which errors and sources cite; other files may stand beside it.
        """
        return self.read_stream(stream, str(path))

    @abstractmethod
    def read_stream(self, stream: BinaryIO, name: str) -> Iterator[Example]:
        """Yield the examples of an open binary stream, such as standard input."""


class LineReader(StreamReader):
    """A reader of formats with an example a line; blank lines mean nothing."""

    @abstractmethod
    def parse(self, text: str, source: str) -> Example:
        """The example in one line.

        Args:
            text: The line, not blank.
            source: ``file:line``.

        Raises:
            DataError: The line is bad.
        """

    def read_stream(self, stream: BinaryIO, name: str) -> Iterator[Example]:
        """Yield the example of each line."""
        for line in read_lines(stream, name, self.encoding):
            if not line.problem and line.is_blank:
                continue
            try:
                if line.problem:
                    raise line.problem
                example = self.parse(line.text, f"{name}:{line.number}")
            except DataError as error:
                self.on_bad(error)
                continue
            yield example


class _BadBytesError(Exception):
    """Bytes that are not in the encoding, before it is known in which line they stand."""

    def __init__(self, error: UnicodeDecodeError, encoding: str, offset: int) -> None:
        super().__init__()
        self._error, self._encoding, self._offset = error, encoding, offset

    def row(self, source: str) -> DataError:
        error = self._error
        return bad_row(
            source,
            f"{self._encoding} text",
            f"the byte 0x{error.object[error.start]:02x} at offset {self._offset + error.start} "
            f"of the file ({error.reason})",
            fix="Name the encoding that the file has, such as: --encoding cp1252",
        )


def _line_encoding(encoding: str) -> tuple[str, bool]:
    """An encoding, and whether the byte 0x0A ends lines in it and stands nowhere else."""
    try:
        # The mark that utf-8-sig looks for is taken off in every encoding.
        name = "utf-8" if codecs.lookup(encoding).name == "utf-8-sig" else encoding
        return name, "\n".encode(name) == b"\n"
    except (LookupError, UnicodeError):
        raise UsageError(
            f"There is no text encoding '{encoding}'",
            fix="Name one that Python knows, such as utf-8, utf-16, cp1252 or latin-1",
        ) from None


class _Transcoder(io.RawIOBase):
    """Gives a stream in any encoding as UTF-8, up to its first bad bytes."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        self._stream, self._encoding = stream, encoding
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._ready, self._taken, self._ended = b"", 0, False
        self._failure: _BadBytesError | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override] # io passes a memoryview
        while not self._ready and not self._ended:
            if self._failure:
                raise self._failure
            self._fill()
        count = min(len(buffer), len(self._ready))
        buffer[:count], self._ready = self._ready[:count], self._ready[count:]
        return count

    def _fill(self) -> None:
        chunk = self._stream.read(io.DEFAULT_BUFFER_SIZE)
        state = self._decoder.getstate()
        waiting = len(state[0])
        try:
            text = self._decoder.decode(chunk, final=not chunk)
            self._ended = not chunk
        except UnicodeDecodeError as error:
            # The good text before the bad bytes goes out first, so that the line number is right.
            self._decoder.setstate(state)
            text = self._decoder.decode(chunk[: max(0, error.start - waiting)])
            self._failure = _BadBytesError(error, self._encoding, self._taken - waiting)
        self._taken += len(chunk)
        self._ready = text.encode("utf-8", "surrogatepass")


def _transcoded(stream: BinaryIO, encoding: str) -> BinaryIO:
    return cast("BinaryIO", io.BufferedReader(_Transcoder(stream, encoding)))
