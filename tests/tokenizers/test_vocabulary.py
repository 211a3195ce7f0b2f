from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.errors import BundleError, UsageError
from seqkit.tokenizers import vocabulary
from seqkit.tokenizers.vocabulary import rank, read_file, read_tokens, write_tokens


def test_ranked_by_count_then_code_point():
    assert rank({"z": 1, "b": 5, "a": 1, "c": 5}) == ["b", "c", "a", "z"]


def test_max_size_keeps_the_most_frequent():
    assert rank({"a": 1, "b": 3, "c": 2}, max_size=2) == ["b", "c"]


def test_min_count_is_inclusive():
    assert rank({"a": 1, "b": 3, "c": 2}, min_count=2) == ["b", "c"]


@settings(deadline=None, max_examples=60)
@given(tokens=st.lists(st.text(st.characters()), unique=True))
def test_any_tokens_survive_the_file(tmp_path_factory, tokens):
    path = tmp_path_factory.mktemp("vocabulary") / "tokens"
    write_tokens(path, tokens)
    assert read_tokens(path) == tokens


def test_the_file_is_one_json_string_a_line(tmp_path):
    write_tokens(tmp_path / "tokens", ["é", "\n", "\0", "\t", "\ud800", "\u2028"])
    expected = '6\n"é"\n"\\n"\n"\\u0000"\n"\\t"\n"\\ud800"\n"\u2028"\n'
    assert (tmp_path / "tokens").read_bytes() == expected.encode()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b'2\n"a"\n', "as many lines"),
        (b'1\n"a"\n"b"\n', "as many lines"),
        (b'1\n"a"', "as many lines"),
        (b"1\n7\n", "as many lines"),
        (b'1\n"\xff"\n', "as many lines"),
        (b'x\n"a"\n', "as many lines"),
        (b"1\n" + b"[" * 100_000 + b"\n", "as many lines"),
        (b'2\n"a"\n"a"\n', "twice"),
    ],
)
def test_a_damaged_file_says_why(tmp_path, data, why):
    (tmp_path / "tokens").write_bytes(data)
    with pytest.raises(BundleError, match=why):
        read_tokens(tmp_path / "tokens")


def test_reading_is_bounded(tmp_path):
    (tmp_path / "file").write_bytes(b"12345")
    assert read_file(tmp_path / "file", 5) == b"12345"
    with pytest.raises(BundleError, match="larger than 4 bytes"):
        read_file(tmp_path / "file", 4)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(BundleError, match="is missing"):
        read_file(tmp_path, 9)


def test_nothing_is_written_that_could_not_be_read(tmp_path, monkeypatch):
    monkeypatch.setattr(vocabulary, "MAX_BYTES", 10)
    with pytest.raises(UsageError, match="Lower max_size"):
        write_tokens(tmp_path / "tokens", ["far too long"])
    assert not (tmp_path / "tokens").exists()
