"""What stands for the content of files: a checksum, remembered until a file changes."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec

#: A file that changed so few seconds ago might change again within the clock's resolution without
#: looking changed, so its checksum is not remembered.
_FRESH = 2.0
_MOST_REMEMBERED = 64


class Fingerprints:
    """Checksums of files and folders, remembered in a file.

    Args:
        path: Where they are remembered.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known = self._read()

    def of(self, files: Iterable[Path], base: Path) -> str:
        """A checksum of what the files are called, from ``base``, and of what they hold.

        Files that are as long as they were, the same in the file system, and were not written
        since are not read again.

        Raises:
            OSError: One can't be read.
        """
        looks, newest = hashlib.sha256(), 0.0
        named = [(os.path.relpath(file, base), file) for file in files]
        for name, file in named:
            found = file.stat()
            # a file may be written with its old time put back, which the last of these shows
            state = (found.st_size, found.st_mtime_ns, found.st_ino, found.st_ctime_ns)
            looks.update(repr((name, state)).encode("utf-8", "surrogateescape"))
            newest = max(newest, found.st_mtime, found.st_ctime)
        look = looks.hexdigest()
        if look not in self._known:
            content = _content(named)
            if newest > time.time() - _FRESH:
                return content
            self._known[look] = content
            self.write()
        return self._known[look]

    def _read(self) -> dict[str, str]:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, str])
        except (OSError, msgspec.DecodeError):
            return {}

    def write(self) -> None:
        """Remember, if the folder is there; else the files are read again the next time."""
        latest = dict(list(self._known.items())[-_MOST_REMEMBERED:])
        temporary = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            if self._path.parent.is_dir():
                temporary.write_bytes(msgspec.json.encode(latest))
                temporary.replace(self._path)
        except OSError:
            temporary.unlink(missing_ok=True)


def _content(named: Iterable[tuple[str, Path]]) -> str:
    digest = hashlib.sha256()
    for name, path in named:
        with path.open("rb") as file:
            content = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(repr((name, content)).encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
