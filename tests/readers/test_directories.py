from __future__ import annotations

import tarfile

import pytest

from seqkit.errors import DataError
from seqkit.examples import TextExample
from seqkit.readers import LabelDirectoriesOptions, lines
from seqkit.readers.directories import LabelDirectoriesReader

REVIEWS = {
    "r/train/pos/10.txt": b"\xef\xbb\xbfgreat\r\n",
    "r/train/pos/9.txt": b"fine",
    "r/train/neg/1.txt": b"bad",
    "r/train/urls.txt": b"a list",
    "r/train/unsup/1.txt": b"who knows",
    "r/train/pos/notes.md": b"not a review",
    "r/train/pos/._9.txt": b"\x00\x05",
    "r/train/pos/deep/1.txt": b"too deep",
    "r/test/pos/1.txt": b"unseen",
}


def read(path, on_bad=None, **options) -> list[TextExample]:
    extra = {"on_bad": on_bad} if on_bad else {}
    return list(LabelDirectoriesReader(LabelDirectoriesOptions(**options), **extra).read(path))


@pytest.fixture
def folder(file, tmp_path):
    for name, content in REVIEWS.items():
        file(content, name)
    return tmp_path / "r" / "train"


def test_a_folder_is_read_in_sorted_order(folder):
    assert [(example.text, example.labels) for example in read(folder)] == [
        ("bad", ("neg",)),
        ("great\n", ("pos",)),
        ("fine", ("pos",)),
        ("who knows", ("unsup",)),
    ]


def test_an_archive_is_read_in_its_own_order(archive):
    path = archive(REVIEWS)
    assert read(path / "r/train") == [
        TextExample("great\n", f"{path}/r/train/pos/10.txt", ("pos",)),
        TextExample("fine", f"{path}/r/train/pos/9.txt", ("pos",)),
        TextExample("bad", f"{path}/r/train/neg/1.txt", ("neg",)),
        TextExample("who knows", f"{path}/r/train/unsup/1.txt", ("unsup",)),
    ]


def test_a_whole_archive_may_be_the_folder(archive):
    assert [e.labels for e in read(archive({"./a/1.txt": b"", "b/1.txt": b""}))] == [("a",), ("b",)]


def test_texts_without_labels_stand_in_the_folder_itself(folder, archive):
    path = archive(REVIEWS)
    reader = LabelDirectoriesReader(LabelDirectoriesOptions(labels=("neg", "pos")))
    inside = list(reader.read_unlabelled(path / "r/train/pos"))
    assert inside == [
        TextExample("great\n", f"{path}/r/train/pos/10.txt"),
        TextExample("fine", f"{path}/r/train/pos/9.txt"),
    ]
    assert [e.text for e in reader.read_unlabelled(folder / "unsup")] == ["who knows"]
    first, *_ = reader.read_unlabelled(folder / "pos")
    assert first.source == str(folder / "pos" / "10.txt")
    for nowhere in (path / "r/train/other", folder.parent, folder / "nowhere"):
        with pytest.raises(DataError, match=r"has no '\.txt' files in it"):
            list(reader.read_unlabelled(nowhere))


def test_labels_choose_folders(folder, archive):
    for path in (folder, archive(REVIEWS) / "r/train"):
        assert {e.labels for e in read(path, labels=("neg", "pos"))} == {("neg",), ("pos",)}


def test_a_label_without_a_folder_offers_the_near_one(folder, archive):
    for path in (folder, archive(REVIEWS) / "r/train"):
        with pytest.raises(DataError) as caught:
            read(path, labels=("neg", "poss"))
        assert str(caught.value) == (
            f"{path} has no folder 'poss'. Did you mean 'pos'? There are: neg, pos, unsup."
        )


def test_labels_do_not_leave_the_folder(folder):
    with pytest.raises(DataError, match=r"has no folder '\.\./test/pos'"):
        read(folder, labels=("../test/pos",))


def test_the_suffix_is_an_option(folder):
    assert [example.text for example in read(folder, suffix=".md")] == ["not a review"]


def test_a_wrong_path_in_an_archive_offers_the_near_one(archive):
    path = archive(REVIEWS)
    for wrong, meant in [("", "r/train"), ("r/trian", "r/train"), ("r/tests", "r/test")]:
        with pytest.raises(DataError) as caught:
            read(path / wrong)
        assert str(caught.value).endswith(f"Perhaps {path}/{meant} is meant.")


def test_nothing_to_read_is_an_error(tmp_path):
    with pytest.raises(DataError, match=r"has no folders with '.txt' files in them"):
        read(tmp_path)
    with pytest.raises(DataError, match="none is no folder"):
        read(tmp_path / "none")


def test_a_bad_file_is_skipped_and_named(archive):
    bad: list[DataError] = []
    path = archive({"a/1.txt": b"x\n\xff", "a/2.txt": b"fine"})
    assert [example.text for example in read(path, bad.append)] == ["fine"]
    assert str(bad[0]).startswith(f"{path}/a/1.txt:2: expected utf-8 text, found the byte 0xff")


def test_a_link_in_an_archive_is_bad(archive):
    link = tarfile.TarInfo("a/1.txt")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    path = archive({"a/1.txt": link})
    with pytest.raises(DataError, match=r"a/1.txt is a link or a device, not a regular file"):
        read(path)


def test_a_file_over_the_limit_is_bad(archive, folder, monkeypatch):
    monkeypatch.setattr(lines, "LONGEST_ITEM", 8)
    for path in (folder, archive(REVIEWS) / "r/train"):
        bad: list[DataError] = []
        assert "who knows" not in [example.text for example in read(path, bad.append)]
        assert [str(e).endswith("too long for one document.") for e in bad] == [True] * 2


def test_a_stream_is_refused():
    reader = LabelDirectoriesReader(LabelDirectoriesOptions())
    with pytest.raises(DataError, match=r"- can't be read as a stream\. this format needs"):
        reader.read_stream(None, "-")
