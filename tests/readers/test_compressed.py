"""Compressed files: read in pieces, with damage as an error that names the file."""

from __future__ import annotations

import gzip
import io
import sys
import tracemalloc

import pytest

from seqkit.errors import DataError, MissingDependency
from seqkit.readers.compressed import unpacked, without_suffix
from seqkit.readers.lines import open_binary, read_lines

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

TEXT = b"".join(b"line %d\n" % n for n in range(20_000))
PACK = {".gz": gzip.compress, ".zst": zstd.compress}


def read(path):
    with open_binary(path) as stream:
        for line in read_lines(stream, str(path), "utf-8"):
            if line.problem:
                raise line.problem


@pytest.mark.parametrize("suffix", PACK)
def test_content_is_that_of_the_plain_file(tmp_path, suffix):
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(PACK[suffix](TEXT))
    with open_binary(path) as stream:
        assert stream.read() == TEXT
    with open_binary(path) as stream:
        lines = [line.text for line in read_lines(stream, path.name, "utf-8")]
    assert lines == TEXT.decode().splitlines()


@pytest.mark.parametrize("suffix", PACK)
def test_parts_that_were_packed_apart_follow_one_another(tmp_path, suffix):
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(PACK[suffix](b"one\n") + PACK[suffix](b"two\n"))
    with open_binary(path) as stream:
        assert stream.read() == b"one\ntwo\n"


@pytest.mark.parametrize("suffix", PACK)
@pytest.mark.parametrize("damage", ["cut", "flipped", "other"])
def test_damage_names_the_file_and_line(tmp_path, suffix, damage):
    packed = bytearray(PACK[suffix](TEXT))
    if damage == "cut":
        del packed[len(packed) // 2 :]
    elif damage == "flipped":
        packed[len(packed) // 2] ^= 0xFF
        packed[len(packed) // 3] ^= 0xFF
    else:
        packed = bytearray(b"plain text\n")
    path = tmp_path / f"a.txt{suffix}"
    path.write_bytes(packed)
    with pytest.raises(DataError, match=rf"a\.txt\{suffix}:\d+: (can't be read|expected utf-8)"):
        read(path)


@pytest.mark.parametrize("suffix", PACK)
def test_little_is_unpacked_before_it_is_asked_for(tmp_path, suffix):
    packed = io.BytesIO(PACK[suffix](bytes(64 << 20)))
    tracemalloc.start()
    with unpacked(packed, tmp_path / f"bomb{suffix}") as stream:
        assert stream.read(10) == bytes(10)
        _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 4 << 20


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="it is a part of this Python")
def test_what_unpacks_zst_is_named_where_it_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "backports.zstd", None)
    monkeypatch.delattr(sys.modules["backports"], "zstd")
    path = tmp_path / "a.txt.zst"
    path.write_bytes(zstd.compress(b"x"))
    with (
        pytest.raises(MissingDependency, match=r"pip install 'seqkit\[files\]'"),
        open_binary(path),
    ):
        pass


@pytest.mark.parametrize(
    ("name", "plain"),
    [("a.txt.gz", "a.txt"), ("a.csv.ZST", "a.csv"), ("a.gz.txt", "a.gz.txt"), ("a", "a")],
)
def test_the_name_without_its_ending(name, plain):
    assert without_suffix(name) == plain
