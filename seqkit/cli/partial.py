"""Output in a file that appears when it is whole, and that a second run can go on with."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, BinaryIO, Self

import msgspec

from seqkit.errors import DataError, UsageError

#: Seconds between two times that what is written is made safe and taken down.
OFTEN = 0.5

_ANEW = "Leave out --resume to begin anew"


class _Note(msgspec.Struct, frozen=True, kw_only=True):
    """What is safe: the results of so many documents, in so many bytes."""

    origin: dict[str, Any]
    documents: Annotated[int, msgspec.Meta(ge=0)]
    bytes: Annotated[int, msgspec.Meta(ge=0)]


class Partial:
    """A file's content so far, beside it under another name; used as a context manager.

    Ctrl-C, a full disk or the end of the process leave it where it is, with a note of how much of
    it is safe and of what it came from.

    Args:
        path: The file that it becomes.
        origin: What its content depends on, as JSON can hold it; another run can go on with it
            where all of that is the same. Nothing where no run can.
        resume: Go on with what is there.

    Attributes:
        documents: How many documents' results are in it.
        kept: Whether it was left for another run to go on with.
    """

    def __init__(self, path: Path, origin: Mapping[str, Any], *, resume: bool) -> None:
        self.path = path
        self.documents = 0
        self.kept = False
        self._origin, self._resume = dict(origin), resume
        self._part = path.with_name(f".{path.name}.seqkit-part")
        self._note = path.with_name(f"{self._part.name}.json")
        self._size, self._noted = 0, 0.0
        self._file: BinaryIO

    def __enter__(self) -> Self:
        """Open it.

        Raises:
            UsageError: Its folder is missing, another run is writing it, or it is not what this
                run could go on with.
        """
        if not self.path.parent.is_dir():
            raise UsageError(f"There is no folder {self.path.parent}", fix="Make it first")
        if self._resume and not self._part.exists() and self.path.exists():
            raise UsageError(f"{self.path} is there and whole", fix=_ANEW)
        self._file = os.fdopen(os.open(self._part, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
        try:
            self._lock()
            if self._resume:
                self._go_on()
            # before anything is cut off, so that no note tells of more than there is
            self._take_note()
            self._file.truncate(self._size)
            self._file.seek(self._size)
        except BaseException:
            self._file.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._finish()
            # what bad input gave is of no use, for it has to be another
            elif not self._origin or not self.documents or isinstance(error, DataError):
                self._remove()
            else:
                self.kept = True
                with contextlib.suppress(OSError):  # the note before it holds too
                    self._take_note()
        finally:
            with contextlib.suppress(OSError):  # a full disk, of which an error tells already
                self._file.close()

    def write(self, text: str, *, documents: int) -> None:
        """Add the results of some documents, or of none what follows the last of them.

        Raises:
            UsageError: The disk is full or the file can't be written.
        """
        data = text.encode()
        try:
            self._file.write(data)
            self._size += len(data)
            self.documents += documents
            # never with what follows the last document, which would then be written twice
            if documents and time.monotonic() - self._noted >= OFTEN:
                self._take_note()
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> UsageError:
        fix = "The same command with --resume goes on from there" if self._origin else ""
        return UsageError(
            f"{self.path} can't be written", why=error.strerror or str(error), fix=fix
        )

    def _lock(self) -> None:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UsageError(f"Another run is writing {self.path}") from None

    def _go_on(self) -> None:
        """Take up what the note tells of; without a note nothing of it is safe."""
        try:
            note = msgspec.json.decode(self._note.read_bytes(), type=_Note)
        except FileNotFoundError:
            return
        except msgspec.MsgspecError as error:
            raise UsageError(f"{self._note} is damaged", why=str(error), fix=_ANEW) from error
        if note.bytes > os.fstat(self._file.fileno()).st_size:
            raise UsageError(f"{self._part} is damaged", why="its end is missing", fix=_ANEW)
        changed = sorted(
            key
            for key in {*self._origin, *note.origin}
            if self._origin.get(key) != note.origin.get(key)
        )
        if changed:
            raise UsageError(
                f"The run for {self.path} can't be gone on with",
                why=f"it was begun with other {' and '.join(changed)}",
                fix=f"{_ANEW}, or repeat the command as it was",
            )
        self.documents, self._size = note.documents, note.bytes

    def _take_note(self) -> None:
        self._noted = time.monotonic()
        if not self._origin:
            self._note.unlink(missing_ok=True)  # that of an earlier run
            return
        self._file.flush()
        os.fsync(self._file.fileno())
        note = _Note(origin=self._origin, documents=self.documents, bytes=self._size)
        new = self._note.with_name(f"{self._note.name}.new")
        with new.open("wb") as file:
            file.write(msgspec.json.encode(note))
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._note)

    def _finish(self) -> None:
        try:
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._unwritable(error) from error
        self._part.replace(self.path)
        self._note.unlink(missing_ok=True)

    def _remove(self) -> None:
        self._note.unlink(missing_ok=True)
        self._part.unlink(missing_ok=True)
