from __future__ import annotations

import gzip
import io
from itertools import islice

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.errors import DataError, UsageError
from seqkit.readers import lines
from seqkit.readers.lines import open_binary, read_blocks, read_lines, read_text


def read(content: bytes, encoding: str = "utf-8") -> list[lines.Line]:
    return list(read_lines(io.BytesIO(content), "f", encoding))


def texts(content: bytes, encoding: str = "utf-8") -> list[str]:
    return [line.text for line in read(content, encoding)]


def test_lines_are_numbered_from_one_and_keep_their_ends():
    found = [line[:3] for line in read(b"a\nb\r\n\nc")]
    assert found == [(1, "a", "\n"), (2, "b", "\r\n"), (3, "", "\n"), (4, "c", "")]


def test_crlf_reads_like_lf():
    assert texts(b"one\r\ntwo\r\n") == texts(b"one\ntwo\n") == ["one", "two"]


def test_only_lf_and_crlf_end_lines():
    odd = "a\rb\x0bc\x0cd\x85e\u2028f"
    assert texts(f"{odd}\n".encode()) == [odd]


def test_an_empty_file_and_one_of_a_byte_order_mark_have_no_lines():
    assert texts(b"") == []
    assert texts(b"\xef\xbb\xbf") == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "UTF8"])
def test_one_byte_order_mark_at_the_start_is_taken_off(encoding):
    assert texts("\ufeff\ufeffa\n\ufeffb".encode(), encoding) == ["\ufeffa", "\ufeffb"]


@pytest.mark.parametrize(
    "encoding", ["utf-16", "utf-16-le", "utf-32-be", "cp037", "cp1252", "utf-7"]
)
def test_other_encodings_give_the_same_lines(encoding):
    assert texts("één\r\ntwo\n\nfour".encode(encoding), encoding) == ["één", "two", "", "four"]


def test_utf16_lines_longer_than_a_chunk_of_reading():
    long = "ab" * 50_000
    assert texts(f"x\n{long}\ny".encode("utf-16"), "utf-16") == ["x", long, "y"]


def test_a_bad_byte_is_the_problem_of_its_line_alone():
    first, second, third = read(b"good\nb\xffd\nalso good\n")
    assert (first.problem, third.problem, third.text) == (None, None, "also good")
    assert str(second.problem) == (
        "f:2: expected utf-8 text, found the byte 0xff at offset 6 of the file "
        "(invalid start byte). Name the encoding that the file has, such as: --encoding cp1252."
    )


def test_the_offset_of_a_bad_byte_counts_the_byte_order_mark():
    (line,) = read(b"\xef\xbb\xbfab\xff")
    assert "offset 5 of" in str(line.problem)


def test_a_bad_byte_in_utf16_ends_the_reading_at_its_line():
    content = "one\ntwo".encode("utf-16-le") + b"\x00\xdc" + "\nthree\n".encode("utf-16-le")
    found = read_lines(io.BytesIO(content), "f", "utf-16-le")
    assert next(found).text == "one"
    with pytest.raises(DataError, match=r"^f:2: expected utf-16-le text.* offset 14 of"):
        next(found)


def test_utf16_that_ends_within_a_character_is_bad():
    with pytest.raises(DataError, match=r"^f:2: .*truncated data"):
        texts("one\ntwo".encode("utf-16-le") + b"a", "utf-16-le")


@pytest.mark.parametrize("encoding", ["utf-99", "base64", ""])
def test_an_unknown_encoding_is_named(encoding):
    with pytest.raises(UsageError, match=f"There is no text encoding '{encoding}'"):
        texts(b"a", encoding)


def test_a_line_over_the_limit_is_bad_and_the_next_one_is_read(monkeypatch):
    monkeypatch.setattr(lines, "LONGEST_ITEM", 10)
    first, second, third = read(b"a" * 9 + b"\n" + b"b" * 3_000_000 + b"\nc\xff\n")
    assert first.problem is None
    assert str(second.problem) == "f:2: expected at most 10 bytes in a line, found more."
    assert "offset 3000012 of" in str(third.problem)


def test_lines_are_read_as_they_are_asked_for():
    class Endless(io.RawIOBase):
        given = 0

        def readable(self):
            return True

        def readinto(self, buffer):
            buffer[:] = b"line\n" * (len(buffer) // 5) + b"\n" * (len(buffer) % 5)
            self.given += len(buffer)
            return len(buffer)

    source = Endless()
    stream = io.BufferedReader(source)
    assert [line.text for line in islice(read_lines(stream, "f", "utf-8"), 3)] == ["line"] * 3
    assert source.given < 100_000


@settings(deadline=None, max_examples=100)
@given(st.text(), st.sampled_from(["utf-8", "utf-16", "utf-32-le"]))
def test_lines_with_their_ends_are_the_text_again(text, encoding):
    found = read(text.encode(encoding), encoding)
    assert "".join(line.text + line.end for line in found) == text.removeprefix("\ufeff")


@settings(deadline=None, max_examples=100)
@given(st.binary())
def test_any_bytes_give_text_or_a_problem_that_names_its_line(content):
    for line in read(content):
        assert line.problem is None or str(line.problem).startswith(f"f:{line.number}: ")


def test_blocks_hold_every_line_once():
    content = b"\n\na\nb\n \n\t\nc\n"
    blocks = list(read_blocks(io.BytesIO(content), "f", "utf-8", what="paragraph"))
    assert [[line.text for line in block.lines] for block in blocks] == [
        ["", "", "a", "b", " ", "\t"],
        ["c"],
    ]


def test_a_block_has_the_problem_of_its_first_bad_line():
    blocks = read_blocks(io.BytesIO(b"a\n\xff\n\xfe\n\nb\n"), "f", "utf-8", what="paragraph")
    assert [str(block.problem)[:4] for block in blocks] == ["f:2:", "None"]


@pytest.mark.parametrize("limit", [("MOST_LINES", 3), ("LONGEST_ITEM", 9)])
def test_a_block_without_end_is_bad_and_the_next_one_is_read(monkeypatch, limit):
    monkeypatch.setattr(lines, *limit)
    content = b"a\n\n" + b"word\n" * 50 + b"\nc\n"
    blocks = list(read_blocks(io.BytesIO(content), "f", "utf-8", what="sentence"))
    assert [block.problem is None for block in blocks] == [True, False, True]
    assert str(blocks[1].problem).startswith("f:3: expected a blank line that ends the sentence")
    assert [line.text for line in blocks[2].lines] == ["c"]


def test_a_text_over_the_limit_is_refused():
    with pytest.raises(DataError, match="f is longer than 3 bytes, too long for one document"):
        read_text(io.BytesIO(b"abcd"), "f", "utf-8", longest=3)


def test_a_bad_byte_in_a_text_names_its_line():
    with pytest.raises(DataError, match=r"^f:3: .*0xff at offset 6 of"):
        read_text(io.BytesIO(b"a\r\nb\r\n\xff\n"), "f", "utf-8", longest=100)


def test_gz_files_are_decompressed(file):
    with open_binary(file(gzip.compress(b"inside"), "a.txt.gz")) as stream:
        assert stream.read() == b"inside"


@pytest.mark.parametrize("content", [b"no gzip", gzip.compress(b"a" * 10_000)[:-20]])
def test_a_damaged_gz_file_names_its_line(file, content):
    path = file(content, "a.txt.gz")
    with open_binary(path) as stream, pytest.raises(DataError, match=r"a.txt.gz:1: can't be read"):
        list(read_lines(stream, str(path), "utf-8"))


def test_a_file_in_an_archive_is_opened_through_it(archive):
    path = archive({"a/x.txt": b"x", "a/y.txt.gz": gzip.compress(b"y")})
    for name, content in [("a/x.txt", b"x"), ("a/y.txt.gz", b"y")]:
        with open_binary(path / name) as stream:
            assert stream.read() == content


def test_what_is_no_file_is_refused(tmp_path, archive):
    path = archive({"a/x.txt": b"x"})
    for wrong, message in [
        (tmp_path, "is a folder"),
        (path, "is an archive, not a text file"),
        (path / "a/z.txt", "holds no 'a/z.txt'"),
        (tmp_path / "none.txt", "none.txt can't be opened. No such file or directory"),
    ]:
        with pytest.raises(DataError, match=message), open_binary(wrong):
            pass


def test_values_in_messages_are_short_and_escaped():
    assert lines.shown("a\x1b[31mb\n") == r"'a\x1b[31mb\n'"
    assert lines.shown("x" * 1000) == f"'{'x' * 59}…'"
