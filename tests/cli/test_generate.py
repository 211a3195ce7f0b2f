"""``seqkit generate`` and ``seqkit suggest``."""

from __future__ import annotations

import json
import math

import pytest


def rows(result):
    assert result.exit_code == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()]


def test_a_row_is_seed_text_tokens_and_why_it_ended(run, tales):
    (row,) = rows(run("generate", "-m", tales, "--seed", "The ", "--tokens", "12"))
    assert list(row) == ["seed", "text", "tokens", "finish_reason"]
    assert row["seed"] == "The "
    assert row["tokens"] <= 12
    assert row["finish_reason"] in ("length", "end")


def test_the_same_random_seed_gives_the_same_text(run, tales):
    words = ["generate", "-m", tales, "--seed", "A", "--tokens", "40", "--random-seed"]
    first, again, other = (run(*words, seed).stdout for seed in ("7", "7", "8"))
    assert first == again != other


def test_greedy_needs_no_random_seed(run, tales):
    words = ["generate", "-m", tales, "--seed", "A", "--tokens", "20", "--greedy"]
    assert run(*words).stdout == run(*words).stdout


def test_several_seeds_and_several_texts_each(run, tales):
    words = ["--seed", "A", "--seed", "B", "--num", "2", "--tokens", "3"]
    assert [row["seed"] for row in rows(run("generate", "-m", tales, *words))] == list("AABB")


def test_seeds_of_a_file_come_after_those_of_the_command_line(run, tales, tmp_path):
    (tmp_path / "seeds.txt").write_text("B\n\nC\n")
    words = ["--seed", "A", "--seeds", str(tmp_path / "seeds.txt"), "--tokens", "3"]
    assert [row["seed"] for row in rows(run("generate", "-m", tales, *words))] == [
        "A",
        "B",
        "",
        "C",
    ]


def test_seeds_of_standard_input(run, tales):
    words = ["--seeds", "-", "--tokens", "3", "--random-seed", "1"]
    piped = rows(run("generate", "-m", tales, *words, input="A\nB\n"))
    named = ["--seed", "A", "--seed", "B", "--tokens", "3", "--random-seed", "1"]
    assert piped == rows(run("generate", "-m", tales, *named))
    assert rows(run("generate", "-m", tales, *words, input="")) == []


def test_text_of_several_seeds_is_what_their_rows_say(run, tales):
    words = ["generate", "-m", tales, "--seed", "A", "--seed", "B", "--tokens", "5"]
    words += ["--random-seed", "1"]
    first, second = rows(run(*words))
    expected = f"A{first['text']}\n\nB{second['text']}\n"
    assert run(*words, "--format", "text").stdout == expected


def test_a_missing_file_of_seeds_is_named(run, tales):
    result = run("generate", "-m", tales, "--seeds", "none.txt")
    assert result.exit_code == 2
    assert "There is no file none.txt" in result.stderr


def test_a_beam_of_one_is_greedy(run, tales):
    words = ["generate", "-m", tales, "--seed", "The ", "--tokens", "20"]
    assert rows(run(*words, "--beam", "1")) == rows(run(*words, "--greedy"))


def test_a_beam_gives_its_best_texts(run, tales):
    words = ["generate", "-m", tales, "--seed", "The ", "--tokens", "8", "--beam", "4"]
    best, *others = rows(run(*words, "--num", "3"))
    assert len({row["text"] for row in (best, *others)}) == 3
    assert run(*words, "--format", "text").stdout == f"The {best['text']}\n"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--beam", "2", "--top-k", "5", "--random-seed", "1"], "with --top-k, --random-seed"),
        (["--beam", "2", "--greedy"], "does not go with --temperature"),
        (["--beam", "2", "--num", "3"], "A beam of 2 can't give 3 texts"),
        (["--length-penalty", "1"], "--length-penalty needs --beam"),
    ],
)
def test_what_does_not_go_with_a_beam_is_said(run, tales, words, message):
    result = run("generate", "-m", tales, *words)
    assert result.exit_code == 2
    assert message in result.stderr


def test_json_is_an_array(run, tales):
    result = run("generate", "-m", tales, "--tokens", "3", "--format", "json")
    assert [row["seed"] for row in json.loads(result.stdout)] == [""]


def test_text_begins_with_the_seed_and_ends_with_a_line_end(run, tales):
    words = ["generate", "-m", tales, "--seed", "The ", "--tokens", "9", "--random-seed", "1"]
    (row,) = rows(run(*words))
    assert run(*words, "--format", "text").stdout == f"The {row['text']}\n"


def test_several_texts_have_an_empty_line_between(run, tales):
    words = ["generate", "-m", tales, "--seed", "A", "--tokens", "2", "--num", "2", "--greedy"]
    first, second = rows(run(*words))
    expected = f"A{first['text']}\n\nA{second['text']}\n"
    assert run(*words, "--format", "text").stdout == expected


def test_a_stop_string_ends_the_text_before_it(run, tales):
    words = ["generate", "-m", tales, "--tokens", "400", "--random-seed", "1", "--stop", "e"]
    (row,) = rows(run(*words))
    assert row["finish_reason"] == "stop"
    assert "e" not in row["text"]


@pytest.mark.parametrize(
    "words", [["--top-p", "0"], ["--tokens", "-1"], ["--num", "0"], ["--stop", ""]], ids=" ".join
)
def test_options_out_of_range_are_refused(run, tales, words):
    result = run("generate", "-m", tales, *words)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")


def test_a_model_of_another_task_is_refused(run, tags):
    result = run("generate", "-m", tags)
    assert result.exit_code == 2
    assert "is for tagging, not for generation" in result.stderr


def test_suggestions_are_words_with_probabilities_likeliest_first(run, tales):
    found = rows(run("suggest", "-m", tales, "The ", "--num", "3"))
    assert [list(row) for row in found] == [["word", "probability"]] * 3
    chances = [row["probability"] for row in found]
    assert chances == sorted(chances, reverse=True)
    assert 0 < math.fsum(chances) <= 1


def test_a_table_of_suggestions(run, tales):
    lines = run("suggest", "-m", tales, "The ", "--format", "table").stdout.splitlines()
    assert lines[0].split() == ["word", "probability"]
    assert len(lines) == 6
