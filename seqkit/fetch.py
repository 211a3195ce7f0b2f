"""Download the files of a corpus, with nothing taken on trust.

Each file is bounded, checked against its sum while it arrives, and moved into place only when it
is whole. Members of archives are taken out only where they stay inside the folder.
"""

from __future__ import annotations

import errno
import fnmatch
import gzip
import hashlib
import http.client
import lzma
import os
import stat
import tarfile
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any, TypeAlias, cast

import seqkit
from seqkit.errors import DataError

if TYPE_CHECKING:
    from seqkit.corpora import CorpusManifest, RemoteFile

#: Told the file's name, the bytes that have arrived, and how many are expected, if that is known.
Progress: TypeAlias = Callable[[str, int, int | None], None]

_LARGEST = 4 << 30  # bytes of a file whose size the manifest does not give, and of what it unpacks
_CHUNK = 1 << 16
_ATTEMPTS = 4
_TIMEOUT = 30.0  # seconds without a byte


#: What a damaged archive raises; RuntimeError where a member is encrypted or packed unusually.
_DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    gzip.BadGzipFile,
    lzma.LZMAError,
    zlib.error,
    EOFError,
    RuntimeError,
)


@dataclass(frozen=True, slots=True)
class Fetched:
    """One file that is now in place.

    Attributes:
        path: Where it is.
        sha256: Its checksum in hexadecimal; empty for a member of an archive.
        checked: Whether the manifest gave a sum, and it or its archive has that sum.
        downloaded: Whether it came now; it stood there already otherwise.
    """

    path: Path
    sha256: str
    checked: bool
    downloaded: bool


class _Broken(Exception):  # noqa: N818 -- a reason to try again, which never leaves this module
    """A transfer that may well succeed the next time."""


def _silent(_name: str, _done: int, _total: int | None) -> None:
    pass


def fetch(
    manifest: CorpusManifest, folder: Path, *, progress: Progress = _silent, pause: float = 1.0
) -> list[Fetched]:
    """Bring every file of a corpus into ``folder``.

    Args:
        manifest: The corpus.
        folder: Made if it is not there. Files in it that have the right sum are kept.
        progress: Told of each chunk that arrives.
        pause: Seconds before a broken transfer is tried again, doubled each time.

    Returns:
        The files in the manifest's order, each archive before what was unpacked from it.

    Raises:
        DataError: There is nothing to fetch, a server or the disk refuses, a file has another sum
            or size than the manifest says, or an archive's member would leave the folder. Files
            that were complete stay; nothing half-written does.
    """
    if not manifest.files:
        raise DataError(
            f"The corpus '{manifest.name}' has nothing to fetch", why="its files come with seqkit"
        )
    fetched = []
    for file in manifest.files:
        target = _inside(folder, file.path, what=f"{manifest.name}/corpus.toml")
        with _clear_errors(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            if target.exists():
                fetched.append(_kept(file, target))
            else:
                fetched.append(_downloaded(file, target, progress, pause))
            if file.unpack:
                checked = bool(file.sha256)
                members = unpack(target, file.unpack)
                fetched += [replace(member, checked=checked) for member in members]
    return fetched


def _kept(file: RemoteFile, target: Path) -> Fetched:
    with target.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    if file.sha256 and sha256 != file.sha256:
        raise DataError(
            f"{target} stands there already with another content",
            why=f"its SHA-256 is {sha256}, not {file.sha256}",
            fix="Move it away, or fetch into another folder with --data",
        )
    return Fetched(target, sha256, checked=bool(file.sha256), downloaded=False)


def _downloaded(file: RemoteFile, target: Path, progress: Progress, pause: float) -> Fetched:
    for attempt in range(_ATTEMPTS):
        try:
            with _new_file(target) as stream:
                sha256 = _transfer(file, stream, progress)
        except _Broken as error:
            reason = str(error)
            if attempt + 1 < _ATTEMPTS:
                time.sleep(pause * 2**attempt)
        else:
            return Fetched(target, sha256, checked=bool(file.sha256), downloaded=True)
    raise DataError(
        f"{file.url} can't be fetched",
        why=f"{_ATTEMPTS} attempts failed, the last because {reason}",
        fix="Try again later, or put the file in place yourself and name its folder with --data",
    )


def _transfer(file: RemoteFile, stream: IO[bytes], progress: Progress) -> str:
    """Copy the file at its URL to ``stream``; returns its SHA-256 once that is right."""
    digest, done = hashlib.sha256(), 0
    with _opened(file) as response:
        announced = response.headers.get("Content-Length", "")
        total = file.bytes or (int(announced) if announced.isdecimal() else None)
        while chunk := _read(response):
            done += len(chunk)
            if done > (file.bytes or _LARGEST):
                raise DataError(
                    f"{file.url} is not the file that it should be",
                    why=f"it is larger than {file.bytes or _LARGEST:,} bytes",
                )
            digest.update(chunk)
            stream.write(chunk)
            progress(file.path, done, total)
    if total is not None and done < total:
        raise _Broken(f"only {done:,} of {total:,} bytes arrived")
    sha256 = digest.hexdigest()
    if file.sha256 and sha256 != file.sha256:
        raise DataError(
            f"{file.url} is not the file that it should be",
            why=f"its SHA-256 is {sha256}, not {file.sha256}",
            fix="It was thrown away: the file has been changed there, or on its way here",
        )
    return sha256


def _opened(file: RemoteFile) -> Any:
    request = urllib.request.Request(  # noqa: S310 -- manifests allow https, http and file alone
        file.url, headers={"User-Agent": f"seqkit/{seqkit.__version__}"}
    )
    try:
        return urllib.request.urlopen(request, timeout=_TIMEOUT)  # noqa: S310
    except urllib.error.HTTPError as error:
        error.close()
        reason = f"the server answered {error.code} {error.reason}"
        if error.code in (408, 425, 429) or error.code >= 500:
            raise _Broken(reason) from error
        raise DataError(f"{file.url} can't be fetched", why=reason) from error
    except urllib.error.URLError as error:
        raise _Broken(str(error.reason)) from error
    except (http.client.HTTPException, OSError) as error:
        raise _Broken(f"the connection broke: {error}") from error


def _read(response: Any) -> bytes:
    """The next bytes; apart from writing them, so that each is blamed for its own errors."""
    try:
        return cast("bytes", response.read(_CHUNK))
    except (http.client.HTTPException, OSError) as error:
        raise _Broken(f"the connection broke: {error}") from error


def unpack(archive: Path, patterns: tuple[str, ...]) -> list[Fetched]:
    """Take members of a zip or tar archive out into its own folder.

    Args:
        archive: The archive.
        patterns: Globs on whole member names, where ``*`` matches ``/`` too; at least one member
            must match each.

    Returns:
        The members that match; a file that stood there already is left alone.

    Raises:
        DataError: The archive is damaged, unpacks to more than 4 GiB, lacks what is asked for, or
            a member that matches is a link or a device or would leave the folder.
    """
    try:
        opened = _zip_members if zipfile.is_zipfile(archive) else _tar_members
        found: dict[str, Fetched] = {}
        room = _LARGEST
        for name, stream in opened(archive, patterns):
            target = _inside(archive.parent, name, what=str(archive))
            fresh = not target.exists()
            found[name] = Fetched(target, "", checked=False, downloaded=fresh)
            if not fresh:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with _new_file(target) as out:
                while chunk := stream.read(_CHUNK):
                    room -= len(chunk)
                    if room < 0:
                        raise DataError(f"{archive} unpacks to more than {_LARGEST:,} bytes")
                    out.write(chunk)
    except _DAMAGE as error:
        raise DataError(f"{archive} can't be unpacked", why=str(error)) from error
    for pattern in patterns:
        if not any(fnmatch.fnmatchcase(name, pattern) for name in found):
            raise DataError(f"{archive} can't be unpacked", why=f"it has no member '{pattern}'")
    return list(found.values())


def _zip_members(archive: Path, patterns: tuple[str, ...]) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(archive) as members:
        for member in members.infolist():
            if member.is_dir() or not _wanted(member.filename, patterns):
                continue
            mode = member.external_attr >> 16
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
                raise _refused(archive, member.filename, "it is no plain file")
            with members.open(member) as stream:
                yield member.filename, stream


def _tar_members(archive: Path, patterns: tuple[str, ...]) -> Iterator[tuple[str, IO[bytes]]]:
    with tarfile.open(archive) as members:
        for member in members:
            if member.isdir() or not _wanted(member.name, patterns):
                continue
            if not member.isreg():
                raise _refused(archive, member.name, "it is no plain file")
            try:
                tarfile.data_filter(member, str(archive.parent))
            except tarfile.FilterError as error:
                raise _refused(archive, member.name, str(error)) from error
            stream = members.extractfile(member)
            assert stream is not None  # it is a plain file
            yield member.name, stream


def _wanted(name: str, patterns: tuple[str, ...]) -> bool:
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def _inside(folder: Path, name: str, *, what: str) -> Path:
    """``folder / name``, once it is certain that it stays inside, through links too."""
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or ".." in parts or "\\" in name or ":" in parts[0]:
        raise _refused(what, name, "it would leave its folder")
    target = folder.joinpath(*parts)
    if not target.resolve().is_relative_to(folder.resolve()):
        raise _refused(what, name, "a link there leads out of its folder")
    return target


def _refused(archive: Path | str, name: str, why: str) -> DataError:
    return DataError(f"{archive}: '{name}' is refused", why=why)


@contextmanager
def _new_file(target: Path) -> Iterator[IO[bytes]]:
    """A file that takes its name when the block ends well, and vanishes otherwise."""
    descriptor, name = tempfile.mkstemp(
        dir=target.parent, prefix=f".{target.name}.", suffix=".part"
    )
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        # mkstemp makes files that their owner alone may read, whatever the umask says
        Path(name).chmod(0o644)
        Path(name).replace(target)
    except BaseException:  # an interrupt must not leave half a file either
        with suppress(OSError):
            Path(name).unlink()
        raise


@contextmanager
def _clear_errors(target: Path) -> Iterator[None]:
    """Say what the operating system refused in words."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DataError(
                f"{target} can't be written", why="the disk is full", fix="Make room, or use --data"
            ) from error
        raise DataError(f"{target} can't be written", why=error.strerror or str(error)) from error
