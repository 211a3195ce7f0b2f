"""The readers that are built in keep their contract, and others are caught by the right check."""

from __future__ import annotations

import io
import tarfile
from typing import Any, ClassVar

import pytest

from seqkit.readers import JsonLinesOptions
from seqkit.specs import ReaderSpec
from seqkit.testing import ReaderContract, checks


class TestText(ReaderContract):
    name = "text"
    good = b"one line\nand another\n"
    count = 1


class TestTextLines(ReaderContract):
    name = "seqkit:text"
    options: ClassVar = {"unit": "line"}
    good = b"one line\nand another\n"
    count = 2


ROWS = b'{"text": "a", "label": "x"}\n{"text": "b"}\n{"tokens": ["c"], "tags": ["y"]}\n'


class TestJsonLines(ReaderContract):
    name = "jsonl"
    good = ROWS
    count = 3
    bad = b'{"text": "a"}\n{"text": 1}\n{"text": "b"}\n'
    bad_line = 2


class TestCsv(ReaderContract):
    name = "csv"
    good = b'text,label\n"a, b",x\nc,y\n'
    count = 2
    bad = b"text,label\na,x\nb\nc,y\n"
    bad_line = 3


class TestTsv(ReaderContract):
    name = "tsv"
    good = b"text\tlabel\na, b\tx\nc\ty\n"
    count = 2
    bad = b"text\tlabel\na\tx\nb\nc\ty\n"
    bad_line = 3


class TestFastText(ReaderContract):
    name = "fasttext"
    good = b"__label__x a\n__label__y __label__z b\n"
    count = 2


class TestColumns(ReaderContract):
    name = "columns"
    good = b"the DET\nfox NOUN\n\nit PRON\n"
    count = 2
    bad = b"the DET\n\nfox\n\nit PRON\n"
    bad_line = 3


def conllu(*words: str) -> bytes:
    rows = [f"{i}\t{w}\t{w}\tNOUN\t_\t_\t0\troot\t_\t_" for i, w in enumerate(words, start=1)]
    return ("\n".join(rows) + "\n\n").encode()


class TestConllu(ReaderContract):
    name = "conllu"
    good = b"# text = it is\n" + conllu("it", "is")
    count = 1
    bad = conllu("it") + b"1\tis\tbe\n\n" + conllu("we")
    bad_line = 3


class TestWikiText(ReaderContract):
    name = "wikitext"
    good = b" = Foxes = \n \n The fox @-@ like animal ran . \n"
    count = 1


def archived(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name.replace("_", "/") + ".txt")
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return stream.getvalue()


class TestLabelDirectories(ReaderContract):
    name = "label-directories"
    good = archived(x_1=b"a text", y_1=b"another", y_2=b"a third")
    count = 3
    binary = True


def spec(cls: str, *, module: str = "sample_readers", **changes: Any) -> ReaderSpec:
    given = {"options": JsonLinesOptions, "suffixes": (".sample",), **changes}
    return ReaderSpec(
        name="sample",
        target=f"{module}:{cls}",
        summary="a sample",
        tasks=("classification",),
        **given,
    )


@pytest.mark.parametrize(
    ("cls", "check", "said"),
    [
        (
            "SwallowsBadRows",
            "bad_row_is_an_error",
            "a bad row in line 2 is no error: 2 examples are read; hand a DataError that begins",
        ),
        (
            "StopsAtBadRows",
            "reads_on_after_a_bad_row",
            "no example after the bad row in line 2 is read, though the row is to be skipped",
        ),
        (
            "ReplacesBytes",
            "undecodable_bytes_are_an_error",
            "bytes that are no UTF-8 in line 3 is no error: 3 examples are read; hand a DataError",
        ),
        ("ReadsOnce", "reads_the_same_again", "reading the file again gives other examples"),
        ("NamesNoFiles", "names_the_files_it_reads", "files(path) does not list the file itself"),
        (
            "NamesNoLine",
            "sources_name_file_and_line",
            "two examples have the source ",
        ),
    ],
)
def test_a_broken_reader_fails_the_check_of_what_is_broken(failures, cls, check, said):
    found = failures(
        ReaderContract, spec(cls), good=ROWS, count=3, bad=TestJsonLines.bad, bad_line=2
    )
    assert check in found
    assert found.pop(check).startswith(said)
    # examples without a line can't be told to stand after the bad one
    also = {"reads_on_after_a_bad_row", "reads_a_stream"} if cls == "NamesNoLine" else set()
    assert set(found) == also


def test_a_wrong_count_is_told(failures):
    good = spec("JsonLinesReader", module="seqkit.readers.jsonl")
    found = failures(ReaderContract, good, good=ROWS, count=4)
    assert found == {"reads_every_example": "it reads 3 examples where there are 4"}


def test_options_without_a_description_are_told(failures):
    from sample_readers import BareOptions

    bare = spec("JsonLinesReader", module="seqkit.readers.jsonl", options=BareOptions)
    found = failures(ReaderContract, bare, good=ROWS, count=3)
    assert found.pop("options_are_documented").startswith(
        "the option 'depth' of the reader 'sample' has no description; "
    )
    assert found == {}


@pytest.mark.usefixtures("_light_torch")
def test_torch_is_caught_where_it_is_imported(failures):
    found = failures(ReaderContract, spec("Heavy", module="heavy_reader"), good=ROWS, count=3)
    assert set(found) == {"imports_no_torch"}
    assert "heavy_reader.py:5" in found["imports_no_torch"]


def test_without_a_file_nothing_is_read_and_the_rest_is_checked():
    results = {r.name: r.status for r in checks(ReaderContract, name="csv")}
    applied = {"options_are_documented", "imports_no_torch"}
    assert {name for name, status in results.items() if status == "passed"} == applied
    assert {status for name, status in results.items() if name not in applied} == {"skipped"}
