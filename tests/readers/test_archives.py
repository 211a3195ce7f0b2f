from __future__ import annotations

import gzip
import io
import os
import tarfile
from pathlib import Path

import pytest

from seqkit.errors import DataError
from seqkit.readers import archives
from seqkit.readers.archives import members, split_archive


def test_a_path_through_an_archive_is_parted(archive):
    path = archive({"a/x.txt": b"x"})
    assert split_archive(path / "a" / "x.txt") == (path, "a/x.txt")
    assert split_archive(path) == (path, "")
    assert split_archive(path.parent / "a") is None


def test_a_folder_named_like_an_archive_is_none(tmp_path):
    (tmp_path / "a.tar").mkdir()
    assert split_archive(tmp_path / "a.tar" / "x") is None


@pytest.mark.parametrize("name", ["c.tar", "c.tar.gz", "c.tgz"])
def test_members_come_in_archive_order(archive, name):
    path = archive({"b/2": b"two", "./a/1": b"", "b/10": b"ten"}, name)
    found = [(member.name, member.kind, member.content.read()) for member in members(path)]
    assert found == [("b/2", "file", b"two"), ("a/1", "file", b""), ("b/10", "file", b"ten")]


def test_content_that_nobody_reads_is_passed_over(archive):
    path = archive({str(number): os.urandom(3000) for number in range(20)})
    assert [member.name for member in members(path)] == [str(number) for number in range(20)]


def test_links_and_devices_are_told_apart(archive):
    odd = {}
    for name, kind in [("l", tarfile.SYMTYPE), ("h", tarfile.LNKTYPE), ("p", tarfile.FIFOTYPE)]:
        odd[name] = tarfile.TarInfo(name)
        odd[name].type, odd[name].linkname = kind, "/etc/passwd"
    odd["d"] = tarfile.TarInfo("d")
    odd["d"].type = tarfile.DIRTYPE
    kinds = {member.name: member.kind for member in members(archive(odd))}
    assert kinds == {"l": "other", "h": "other", "p": "other", "d": "folder"}


def test_a_name_that_is_no_utf8_brings_no_lone_surrogate(tmp_path):
    path = tmp_path / "c.tar"
    with tarfile.open(path, "w", format=tarfile.GNU_FORMAT, errors="surrogateescape") as tar:
        tar.addfile(tarfile.TarInfo("\udcff.txt"))
    assert [member.name for member in members(path)] == [r"\xff.txt"]


@pytest.mark.parametrize("name", ["c.tar", "c.tar.gz"])
def test_what_is_no_archive_is_refused(file, name):
    with pytest.raises(DataError, match=r"can't be read as a tar archive"):
        list(members(file(b"plain text" * 200, name)))


def test_a_truncated_archive_is_refused(archive):
    path = archive({"a": os.urandom(5000), "b": os.urandom(5000)})
    path.write_bytes(path.read_bytes()[:6000])
    with pytest.raises(DataError, match=r"can't be read as a tar archive"):
        list(members(path))


def test_a_damaged_header_in_the_middle_is_not_the_end(archive):
    path = archive({"a": b"x", "b": b"y"}, "c.tar")
    content = bytearray(path.read_bytes())
    content[1024 + 10] ^= 1  # in the name of the second member
    path.write_bytes(content)
    with pytest.raises(DataError, match="a header in the middle is damaged"):
        list(members(path))


def test_a_header_that_would_fill_memory_is_refused(tmp_path):
    info = tarfile.TarInfo("a")
    info.type, info.size = tarfile.XHDTYPE, 3 * archives.LONGEST_HEADER
    path: Path = tmp_path / "bomb.tar.gz"
    buffer = io.BytesIO(info.tobuf() + b"0" * info.size)
    path.write_bytes(gzip.compress(buffer.getvalue()))
    with pytest.raises(DataError, match="a header takes more than 1048576 bytes"):
        list(members(path))
