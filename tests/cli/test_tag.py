"""``seqkit tag``: words of plain text, or given tokens whose rows come back."""

from __future__ import annotations

import csv
import io
import json

import pytest

from seqkit import corpora

TEXT = "She sings  a song.\r\nIt is old."


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_bytes(TEXT.encode())
    (tmp_path / "b.txt").write_text(" \n")
    return tmp_path


@pytest.fixture
def treebank():
    return corpora.root() / "tiny-tags" / "dev.conllu"


def rows(result):
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_row_is_source_and_tokens_with_offsets_into_the_document(run, tags, files):
    (row,) = rows(run("tag", "--model", tags, "a.txt"))
    assert list(row) == ["source", "tokens"]
    assert list(row["tokens"][0]) == ["text", "tag", "probability", "start", "end"]
    words = [token["text"] for token in row["tokens"]]
    assert words == ["She", "sings", "a", "song", ".", "It", "is", "old", "."]
    assert all(TEXT[t["start"] : t["end"]] == t["text"] for t in row["tokens"])
    assert all(0 < t["probability"] <= 1 for t in row["tokens"])


def test_a_document_without_words_has_no_tokens(run, tags, files):
    assert rows(run("tag", "-m", tags, "b.txt", "a.txt"))[0] == {"source": "b.txt", "tokens": []}


def test_lines(run, tags, files):
    found = rows(run("tag", "-m", tags, "--lines", "-", input="One.\n\nTwo.\n"))
    assert [(row["source"], len(row["tokens"])) for row in found] == [
        ("-:1", 2),
        ("-:2", 0),
        ("-:3", 2),
    ]


def test_csv_has_a_row_a_word_and_one_for_no_word(run, tags, files):
    text = run("tag", "-m", tags, "b.txt", "a.txt", "--format", "csv").stdout
    header, empty, first, *_ = csv.reader(io.StringIO(text))
    assert header == ["source", "text", "tag", "probability", "start", "end"]
    assert empty == ["b.txt", "", "", "", "", ""]
    assert [first[i] for i in (0, 1, 4, 5)] == ["a.txt", "She", "0", "3"]


def test_a_table_a_document(run, tags, files):
    text = run("tag", "-m", tags, "b.txt", "a.txt", "--format", "table").stdout
    first, second = text.split("\n\n")
    assert first.splitlines() == ["b.txt", "(none)"]
    assert second.splitlines()[:2] == ["a.txt", "word   tag    probability"]


def test_plain_text_as_conllu(run, tags, files):
    lines = run("tag", "-m", tags, "--format", "conllu", "-", input="Go on").stdout.splitlines()
    assert lines[0] == "# source = -"
    assert lines[1].split("\t")[:3] == ["1", "Go", "_"]
    assert lines[2].split("\t")[-1] == "TokenRange=3:5"
    assert lines[3] == ""


def test_a_conllu_files_rows_come_back_with_other_tags_alone(run, tags, treebank):
    result = run("tag", "-m", tags, treebank)
    assert result.exit_code == 0
    before, after = treebank.read_text().split("\n"), result.stdout.split("\n")
    assert len(after) == len(before)
    changed = 0
    for old, new in zip(before, after, strict=True):
        old_columns, new_columns = old.split("\t"), new.split("\t")
        changed += old_columns != new_columns
        if len(old_columns) > 3:
            old_columns[3] = new_columns[3]
        assert new_columns == old_columns
    assert changed


def test_rows_come_back_from_standard_input_too(run, tags, treebank):
    words = ["tag", "-m", tags, "--reader", "conllu", "-"]
    result = run(*words, input=treebank.read_bytes())
    assert result.stdout == run("tag", "-m", tags, treebank).stdout


def test_conll_columns_come_back_too(run, tags, files):
    (files / "s.conll").write_text("She\tB-PER\nsings\tO\n\nOh\tO\n\n")
    lines = run("tag", "-m", tags, "s.conll").stdout.split("\n")
    assert [line.split("\t")[0] for line in lines] == ["She", "sings", "", "Oh", "", ""]
    assert all("\t" in line for line in lines if line)


def test_given_tokens_are_not_split_again(run, tags, files):
    (files / "s.conll").write_text("rock-n-roll\tO\nNew York\tO\n\n")
    words = ["--reader", "columns", "--reader-option", "separator=tab", "--format", "jsonl"]
    (row,) = rows(run("tag", "-m", tags, "s.conll", *words))
    assert [token["text"] for token in row["tokens"]] == ["rock-n-roll", "New York"]


def test_files_of_several_formats_are_refused(run, tags, files, treebank):
    result = run("tag", "-m", tags, "a.txt", treebank)
    assert result.exit_code == 2
    assert result.stderr.startswith(
        "error: The files are in different formats. plain text, seqkit:conllu. Tag them apart"
    )
