"""``seqkit classify``: one result a document, in their order, whatever the format."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest

GOOD, BAD = "I loved it, it was brilliant.", "Terrible, boring and slow."


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.txt").write_text(GOOD)
    (tmp_path / "b.txt").write_text("")
    (tmp_path / "lines.txt").write_text(f"{GOOD}\n\n{BAD}\n")
    return tmp_path


def rows(result):
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_row_is_source_label_and_probabilities(run, reviews, files):
    (row,) = rows(run("classify", "--model", reviews, "a.txt"))
    assert list(row) == ["source", "label", "probability", "probabilities"]
    assert row["source"] == "a.txt"
    assert set(row["probabilities"]) == {"negative", "positive"}
    assert math.isclose(sum(row["probabilities"].values()), 1, abs_tol=1e-9)
    assert row["probability"] == row["probabilities"][row["label"]]
    assert row["probability"] == max(row["probabilities"].values())


def test_a_row_of_several_labels(run, topics, files):
    (row,) = rows(run("classify", "-m", topics, "a.txt"))
    assert list(row) == ["source", "labels", "probabilities"]
    assert all(row["probabilities"][label] >= 0.5 for label in row["labels"])


def test_every_document_has_a_row_in_its_place(run, reviews, files):
    found = rows(run("classify", "-m", reviews, "b.txt", "a.txt", "b.txt"))
    assert [row["source"] for row in found] == ["b.txt", "a.txt", "b.txt"]


def test_an_empty_document_has_an_empty_label(run, reviews, topics, files):
    (row,) = rows(run("classify", "-m", reviews, "b.txt"))
    assert row == {"source": "b.txt", "label": "", "probability": 0.0, "probabilities": {}}
    (row,) = rows(run("classify", "-m", topics, "b.txt"))
    assert row == {"source": "b.txt", "labels": [], "probabilities": {}}


def test_lines_are_documents_of_their_own(run, reviews, files):
    found = rows(run("classify", "-m", reviews, "--lines", "lines.txt"))
    assert [row["source"] for row in found] == [f"lines.txt:{n}" for n in (1, 2, 3)]
    assert [bool(row["label"]) for row in found] == [True, False, True]
    whole = rows(run("classify", "-m", reviews, "a.txt"))[0]
    assert found[0]["label"] == whole["label"]
    assert math.isclose(found[0]["probability"], whole["probability"], abs_tol=1e-5)


def test_a_quoted_glob_is_expanded_in_order(run, reviews, files):
    found = rows(run("classify", "-m", reviews, "?.txt"))
    assert [row["source"] for row in found] == ["a.txt", "b.txt"]


@pytest.mark.parametrize(
    ("words", "sources"),
    [
        ([], ["-"]),
        (["-"], ["-"]),
        (["--lines", "-"], ["-:1", "-:2"]),
        (["a.txt", "-"], ["a.txt", "-"]),
    ],
)
def test_standard_input(run, reviews, files, words, sources):
    found = rows(run("classify", "-m", reviews, *words, input=f"{GOOD}\n{BAD}\n"))
    assert [row["source"] for row in found] == sources


def test_empty_standard_input_is_an_empty_document(run, reviews, files):
    assert [row["label"] for row in rows(run("classify", "-m", reviews, input=""))] == [""]


def test_json_is_one_array_of_the_same_rows(run, reviews, files):
    words = ["classify", "-m", reviews, "a.txt", "b.txt"]
    assert json.loads(run(*words, "--format", "json").stdout) == rows(run(*words))


def test_csv_has_a_column_a_label(run, reviews, files):
    text = run("classify", "-m", reviews, "a.txt", "b.txt", "--format", "csv").stdout
    header, first, empty = csv.reader(io.StringIO(text))
    assert header == [
        "source",
        "label",
        "probability",
        "probability:negative",
        "probability:positive",
    ]
    assert first[0] == "a.txt"
    assert float(first[2]) == max(float(first[3]), float(first[4]))
    assert empty == ["b.txt", "", "0.0", "", ""]


def test_csv_of_several_labels(run, topics, files):
    text = run("classify", "-m", topics, "b.txt", "--format", "csv").stdout
    header, row = csv.reader(io.StringIO(text))
    assert header[:3] == ["source", "labels", "probability:food"]
    assert row == ["b.txt", *[""] * (len(header) - 1)]


def test_a_table_is_for_people(run, reviews, files):
    lines = run(
        "classify", "-m", reviews, "a.txt", "b.txt", "--format", "table"
    ).stdout.splitlines()
    assert lines[0] == "label     probability  source"
    assert lines[1].endswith("  a.txt")
    assert lines[2] == "(none)         0.0000  b.txt"


def test_a_table_of_several_labels(run, topics, files):
    lines = run("classify", "-m", topics, "b.txt", "--format", "table").stdout.splitlines()
    assert lines == ["labels  source", "(none)  b.txt"]


def test_results_go_to_a_file_whose_suffix_names_the_format(run, reviews, files):
    result = run("classify", "-m", reviews, "a.txt", "-o", "out.csv")
    assert (result.exit_code, result.stdout) == (0, "")
    assert (files / "out.csv").read_text().startswith("source,label,probability,")


def test_rows_of_another_format(run, reviews, files):
    (files / "reviews.csv").write_text(f"body,n\n{BAD},1\n")
    words = ["--reader", "csv", "--reader-option", "text=body", "reviews.csv"]
    assert run("classify", "-m", reviews, *words).exit_code == 2  # a comma too many
    (files / "reviews.csv").write_text(f'body,n\n"{BAD}",1\n')
    assert [row["source"] for row in rows(run("classify", "-m", reviews, *words))] == [
        "reviews.csv:2"
    ]


def test_another_encoding(run, reviews, files):
    (files / "latin.txt").write_bytes("café".encode("latin-1"))
    result = run("classify", "-m", reviews, "latin.txt")
    assert result.exit_code == 2
    assert result.stderr.startswith(
        "error: latin.txt:1: expected utf-8 text, found the byte 0xe9 at"
    )
    assert len(rows(run("classify", "-m", reviews, "latin.txt", "--encoding", "latin-1"))) == 1


def test_results_before_a_bad_file_are_out(run, reviews, files):
    (files / "bad.txt").write_bytes(b"\xff")
    result = run("classify", "-m", reviews, "a.txt", "bad.txt")
    assert result.exit_code == 2
    assert json.loads(result.stdout)["source"] == "a.txt"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["no.txt"], "error: There is no file no.txt.\n"),
        (["*.md"], "error: No file matches '*.md'.\n"),
        (["."], "error: . is a folder. Name its files: '*.txt'.\n"),
        (["a.txt", "--encoding", "utf-9"], "error: There is no text encoding 'utf-9'."),
        (["a.txt", "--reader", "cvs"], "error: There is no reader 'cvs'. Did you mean 'csv'?"),
        (["a.txt", "-o", "no/out.csv"], "error: There is no folder no. Make it first.\n"),
    ],
)
def test_mistakes(run, reviews, files, words, message):
    result = run("classify", "-m", reviews, *words)
    assert result.exit_code == 2
    assert result.stderr.startswith(message)


def test_a_model_of_another_task_is_refused(run, tags, files):
    result = run("classify", "-m", tags, "a.txt")
    assert result.exit_code == 2
    assert "is for tagging, not for classification. Use it with 'seqkit tag'" in result.stderr


def test_without_an_installed_model_one_has_to_be_named(run, files):
    result = run("classify", "a.txt")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: No default model for classification is installed.")
