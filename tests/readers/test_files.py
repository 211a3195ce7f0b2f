from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seqkit.errors import DataError
from seqkit.readers import READERS
from seqkit.readers.files import expand, guess_reader

TEXT = next(spec for spec in READERS if spec.name == "text")


@pytest.fixture
def base(file, tmp_path):
    for name in ["b.txt", "a.txt", "sub/c.txt", "sub/deep/d.txt", "we[ir]d.txt"]:
        file("", name)
    return tmp_path


def names(patterns, base: Path) -> list[str]:
    return [path.relative_to(base).as_posix() for path in expand(patterns, base)]


def test_patterns_keep_their_order_and_globs_are_sorted(base):
    assert names(["sub/c.txt", "?.txt"], base) == ["sub/c.txt", "a.txt", "b.txt"]
    assert names(["**/?.txt"], base) == ["a.txt", "b.txt", "sub/c.txt", "sub/deep/d.txt"]


def test_a_glob_prefers_files_to_folders(base):
    assert names(["*b*"], base) == ["b.txt"]
    assert names(["s*"], base) == ["sub"]


def test_a_file_named_like_a_glob_is_itself(base):
    assert names(["we[ir]d.txt"], base) == ["we[ir]d.txt"]


def test_absolute_patterns_ignore_the_base(base):
    assert expand([f"{base}/?.txt"], Path("/elsewhere")) == [base / "a.txt", base / "b.txt"]


def test_a_path_through_an_archive_stands_for_itself(archive):
    path = archive({"a/b/1.txt": b""})
    assert expand(["corpus.tar.gz/a"], path.parent) == [path / "a"]


def test_a_pattern_for_nothing_names_the_near_files(base):
    for pattern, message in [
        ("c.txt", f"There is no {base}/c.txt. {base} holds b.txt, a.txt and more."),
        ("sbu/c.txt", f"There is no {base}/sbu/c.txt. {base} holds sub and more."),
        ("sub/*.csv", f"{base}/sub/*.csv matches no file. {base}/sub holds c.txt, deep."),
    ]:
        with pytest.raises(DataError) as caught:
            expand([pattern], base)
        assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "reader"),
    [
        ("a.txt", "text"),
        ("a.b.MD", "text"),
        ("a.jsonl.gz", "jsonl"),
        ("a.csv.ZST", "csv"),
        ("a.csv", "csv"),
        ("a.tsv", "tsv"),
        ("a.ft", "fasttext"),
        ("a.conll", "columns"),
        ("a.conllu", "conllu"),
        ("a.tar.gz", "label-directories"),
    ],
)
def test_the_end_of_the_name_tells_the_reader(name, reader):
    assert guess_reader(Path(name)) == reader


def test_what_lies_in_an_archive_tells_the_reader(archive):
    path = archive({"a/b/1.txt": b""})
    assert guess_reader(path / "a") == "label-directories"
    assert guess_reader(path / "a/data.tsv") == "tsv"


def test_a_folder_of_folders_is_one_of_labels(base):
    assert guess_reader(base) == "label-directories"
    with pytest.raises(DataError, match="holds no folders of files"):
        guess_reader(base / "sub" / "deep")


def test_an_unknown_name_lists_the_readers():
    with pytest.raises(DataError) as caught:
        guess_reader(Path("data.xyz"))
    assert str(caught.value) == (
        "No one reader can be told from the name data.xyz. none claims it. Name the reader: "
        "columns, conllu, csv, fasttext, jsonl, label-directories, parquet, text, tsv, wikitext."
    )


def test_the_longest_suffix_wins():
    special = replace(TEXT, name="special", suffixes=(".play.txt",))
    assert guess_reader(Path("hamlet.play.txt"), [*READERS, special]) == "special"


def test_a_built_in_reader_goes_before_others_and_others_must_be_named():
    first, second = (replace(TEXT, name=name, suffixes=(".txt", ".prn")) for name in ("one", "two"))
    assert guess_reader(Path("a.txt"), [first, *READERS, second]) == "text"
    with pytest.raises(DataError, match="one and two claim it"):
        guess_reader(Path("a.prn"), [first, second])
