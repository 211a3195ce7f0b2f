import hashlib
import io
import os
import stat
import tarfile
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from seqkit import fetch as fetching
from seqkit.corpora import CorpusManifest, RemoteFile, Splits
from seqkit.errors import DataError
from seqkit.fetch import fetch, unpack

CONTENT = b"one line\nand another\n" * 5000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Server:
    """Serves CONTENT on the loopback interface, after some planned mishaps."""

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.agents: list[str] = []
        self.mishaps: list[str | int] = []
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.requests.append(self.path)
                server.agents.append(self.headers["User-Agent"])
                mishap = server.mishaps.pop(0) if server.mishaps else ""
                if isinstance(mishap, int):
                    self.send_error(mishap)
                    return
                if mishap == "hang up":
                    return
                self.send_response(200)
                if mishap != "no length":
                    self.send_header("Content-Length", str(len(CONTENT)))
                self.end_headers()
                self.wfile.write(CONTENT[:1000] if mishap == "truncate" else CONTENT)

            def log_message(self, *_: object) -> None:
                pass

        self.httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.httpd.server_port}/data.txt"
        self.thread = threading.Thread(
            target=self.httpd.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self.thread.start()

    def close(self) -> None:
        self.httpd.shutdown()
        self.thread.join()
        self.httpd.server_close()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    running = Server()
    yield running
    running.close()


def manifest(*files: RemoteFile) -> CorpusManifest:
    return CorpusManifest(
        name="sample",
        summary="a sample",
        task="generation",
        language="en",
        licence="CC0-1.0",
        reader={"name": "text"},
        splits=Splits(train=("data.txt",)),
        files=files,
    )


def test_a_file_arrives_checked_and_with_progress(server: Server, tmp_path: Path) -> None:
    told: list[tuple[str, int, int | None]] = []
    file = RemoteFile(url=server.url, path="sub/data.txt", sha256=SHA256, bytes=len(CONTENT))

    [got] = fetch(manifest(file), tmp_path / "new", progress=lambda *args: told.append(args))

    assert got.path == tmp_path / "new" / "sub" / "data.txt"
    assert got.path.read_bytes() == CONTENT
    assert (got.sha256, got.checked, got.downloaded) == (SHA256, True, True)
    assert told[-1] == ("sub/data.txt", len(CONTENT), len(CONTENT))
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told)
    assert server.agents[0].startswith("seqkit/")
    assert stat.S_IMODE(got.path.stat().st_mode) == 0o644


def test_a_file_that_is_there_is_not_fetched_again(server: Server, tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_bytes(CONTENT)
    file = RemoteFile(url=server.url, path="data.txt", sha256=SHA256)

    [got] = fetch(manifest(file), tmp_path)

    assert (got.checked, got.downloaded, server.requests) == (True, False, [])


def test_another_file_of_that_name_is_left_alone(server: Server, tmp_path: Path) -> None:
    (tmp_path / "data.txt").write_text("mine")
    file = RemoteFile(url=server.url, path="data.txt", sha256=SHA256)

    with pytest.raises(DataError, match=r"already with another content.*--data"):
        fetch(manifest(file), tmp_path)

    assert (tmp_path / "data.txt").read_text() == "mine"
    assert server.requests == []


def test_without_a_sum_the_one_found_is_told_and_not_called_checked(
    server: Server, tmp_path: Path
) -> None:
    server.mishaps = ["no length"]

    [got] = fetch(manifest(RemoteFile(url=server.url, path="data.txt")), tmp_path)

    assert (got.sha256, got.checked) == (SHA256, False)


def test_a_wrong_sum_leaves_nothing_behind_and_is_not_tried_again(
    server: Server, tmp_path: Path
) -> None:
    file = RemoteFile(url=server.url, path="data.txt", sha256="0" * 64)

    with pytest.raises(DataError, match=f"its SHA-256 is {SHA256}, not 0000"):
        fetch(manifest(file), tmp_path, pause=0)

    assert list(tmp_path.iterdir()) == []
    assert len(server.requests) == 1


@pytest.mark.parametrize("mishap", ["truncate", "hang up", 503, 429])
def test_a_broken_transfer_is_tried_again(
    server: Server, tmp_path: Path, mishap: str | int
) -> None:
    server.mishaps = [mishap, mishap]
    file = RemoteFile(url=server.url, path="data.txt", sha256=SHA256)

    [got] = fetch(manifest(file), tmp_path, pause=0)

    assert got.path.read_bytes() == CONTENT
    assert len(server.requests) == 3
    assert list(tmp_path.iterdir()) == [got.path]


def test_a_transfer_that_stays_broken_is_given_up(server: Server, tmp_path: Path) -> None:
    server.mishaps = ["truncate"] * 10
    file = RemoteFile(url=server.url, path="data.txt", sha256=SHA256)

    with pytest.raises(DataError, match=r"4 attempts failed.*only 1,000 of 105,000 bytes arrived"):
        fetch(manifest(file), tmp_path, pause=0)

    assert len(server.requests) == 4
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_not_on_the_server_is_not_tried_again(
    server: Server, tmp_path: Path
) -> None:
    server.mishaps = [404]

    with pytest.raises(DataError, match="the server answered 404"):
        fetch(manifest(RemoteFile(url=server.url, path="data.txt")), tmp_path, pause=0)

    assert len(server.requests) == 1


def test_a_server_that_is_not_there_is_named(tmp_path: Path, server: Server) -> None:
    url = server.url
    server.httpd.server_close()

    with pytest.raises(DataError, match=f"{url} can't be fetched.*refused"):
        fetch(manifest(RemoteFile(url=url, path="data.txt")), tmp_path, pause=0)


def test_a_file_larger_than_the_manifest_says_is_cut_off(server: Server, tmp_path: Path) -> None:
    file = RemoteFile(url=server.url, path="data.txt", sha256=SHA256, bytes=70_000)

    with pytest.raises(DataError, match="larger than 70,000 bytes"):
        fetch(manifest(file), tmp_path, pause=0)

    assert list(tmp_path.iterdir()) == []


def test_a_file_url_is_copied(tmp_path: Path) -> None:
    (tmp_path / "source.txt").write_bytes(CONTENT)
    file = RemoteFile(url=(tmp_path / "source.txt").as_uri(), path="data.txt", sha256=SHA256)

    [got] = fetch(manifest(file), tmp_path / "into")

    assert got.path.read_bytes() == CONTENT


def test_an_interrupt_leaves_nothing_behind(server: Server, tmp_path: Path) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(manifest(RemoteFile(url=server.url, path="data.txt")), tmp_path, progress=interrupt)

    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_so(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(DataError, match="the disk is full"):
        fetch(manifest(RemoteFile(url=server.url, path="data.txt")), tmp_path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", ["../out.txt", "/tmp/out.txt", "a/../../out.txt", "a\\b", "C:x"])
def test_a_path_that_leaves_the_folder_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(DataError, match="is refused"):
        fetch(manifest(RemoteFile(url="http://127.0.0.1:1/x", path=path)), tmp_path / "into")

    assert list(tmp_path.rglob("*")) == []


def test_a_corpus_without_files_has_nothing_to_fetch(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="nothing to fetch"):
        fetch(manifest(), tmp_path)


def a_zip(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def a_tar(path: Path, *members: tarfile.TarInfo | tuple[str, bytes]) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for member in members:
            if isinstance(member, tarfile.TarInfo):
                archive.addfile(member)
            else:
                info = tarfile.TarInfo(member[0])
                info.size = len(member[1])
                archive.addfile(info, io.BytesIO(member[1]))
    return path


def link(name: str, target: str, kind: bytes = tarfile.SYMTYPE) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def test_the_members_asked_for_are_unpacked_beside_the_archive(tmp_path: Path) -> None:
    source = a_zip(tmp_path / "x.zip", **{"a/one.txt": b"1", "a/two.txt": b"2", "readme": b"r"})
    file = RemoteFile(url=source.as_uri(), path="got.zip", unpack=("a/*.txt",))

    got = fetch(manifest(file), tmp_path / "into")

    folder = tmp_path / "into"
    assert [item.path for item in got] == [
        folder / name for name in ("got.zip", "a/one.txt", "a/two.txt")
    ]
    assert (folder / "a/two.txt").read_bytes() == b"2"
    assert not (folder / "readme").exists()


def test_a_tar_archive_is_unpacked_too_and_existing_files_stay(tmp_path: Path) -> None:
    archive = a_tar(tmp_path / "x.tar.gz", ("a/one.txt", b"1"), ("a/two.txt", b"2"))
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one.txt").write_text("mine")

    members = unpack(archive, ("a/*",))

    assert [member.downloaded for member in members] == [False, True]
    assert (tmp_path / "a" / "one.txt").read_text() == "mine"
    assert (tmp_path / "a" / "two.txt").read_text() == "2"


@pytest.mark.parametrize("name", ["../evil.txt", "/evil.txt", "a/../../evil.txt", "..\\evil.txt"])
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_a_member_that_leaves_the_folder_is_refused(tmp_path: Path, name: str, kind: str) -> None:
    folder = tmp_path / "into"
    folder.mkdir()
    if kind == "zip":
        archive = a_zip(folder / "x.zip", **{name: b"evil"})
    else:
        archive = a_tar(folder / "x.tar.gz", (name, b"evil"))

    with pytest.raises(DataError, match="is refused"):
        unpack(archive, ("*",))

    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [archive]


@pytest.mark.parametrize(
    "member",
    [
        link("a.txt", "/etc/passwd"),
        link("a.txt", "b.txt", tarfile.LNKTYPE),
        link("a.txt", "", tarfile.FIFOTYPE),
        link("a.txt", "", tarfile.CHRTYPE),
    ],
    ids=["symbolic link", "hard link", "pipe", "device"],
)
def test_a_member_that_is_no_plain_file_is_refused(tmp_path: Path, member: tarfile.TarInfo) -> None:
    with pytest.raises(DataError, match=r"'a\.txt' is refused. it is no plain file"):
        unpack(a_tar(tmp_path / "x.tar.gz", member), ("*",))


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("a.txt")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")

    with pytest.raises(DataError, match="it is no plain file"):
        unpack(tmp_path / "x.zip", ("*",))


def test_a_link_on_disk_is_not_followed_out_of_the_folder(tmp_path: Path) -> None:
    folder, outside = tmp_path / "into", tmp_path / "outside"
    folder.mkdir()
    outside.mkdir()
    (folder / "a").symlink_to(outside)

    with pytest.raises(DataError, match="a link there leads out"):
        unpack(a_zip(folder / "x.zip", **{"a/one.txt": b"1"}), ("*",))

    assert list(outside.iterdir()) == []


def test_an_archive_that_unpacks_to_too_much_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "_LARGEST", 100_000)
    archive = a_tar(tmp_path / "x.tar.gz", ("a.txt", bytes(60_000)), ("b.txt", bytes(60_000)))

    with pytest.raises(DataError, match="unpacks to more than 100,000 bytes"):
        unpack(archive, ("*",))

    assert not (tmp_path / "b.txt").exists()


def test_a_member_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no member 'b\.txt'"):
        unpack(a_zip(tmp_path / "x.zip", **{"a.txt": b"1"}), ("a.txt", "b.txt"))


@pytest.mark.parametrize("damage", [b"no archive at all", b"\x1f\x8b\x08\x00cut"])
def test_a_damaged_archive_is_said_so(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "x.tar.gz").write_bytes(damage)

    with pytest.raises(DataError, match="can't be unpacked"):
        unpack(tmp_path / "x.tar.gz", ("*",))


def test_a_damaged_zip_member_is_said_so(tmp_path: Path) -> None:
    archive = a_zip(tmp_path / "x.zip", **{"a.txt": b"plain text"})
    data = archive.read_bytes().replace(b"plain text", b"other text")
    archive.write_bytes(data)

    with pytest.raises(DataError, match=r"can't be unpacked.*CRC"):
        unpack(archive, ("*",))
