"""``seqkit translate``: a line a line, and what can be asked beside it."""

import json

import pytest

from seqkit import api


def test_a_line_is_a_sentence_and_blank_ones_stay(run, backwards):
    result = run("translate", "-m", backwards, "-", input="abc\n\n \nba\n")
    assert (result.exit_code, result.stdout) == (0, "cba\n\n\nab\n")


def test_files_follow_each_other(run, backwards, tmp_path):
    for name, text in (("a.txt", "bca\r\nba"), ("b.txt", "abc\n")):
        (tmp_path / name).write_text(text, newline="")
    result = run("translate", "-m", backwards, tmp_path / "a.txt", tmp_path / "b.txt")
    assert result.stdout == "acb\nab\ncba\n"


def test_json_has_all_that_was_asked_for(run, backwards, tmp_path):
    (tmp_path / "a.txt").write_text("abc\n\n")
    result = run(
        *("translate", "-m", backwards, tmp_path / "a.txt", "--format", "jsonl", "--num", 2)
    )
    row, blank = map(json.loads, result.stdout.splitlines())
    assert list(row) == ["source", "text", "score", "tokens", "complete", "alternatives"]
    assert (row["source"], row["text"]) == (f"{tmp_path / 'a.txt'}:1", "cba")
    assert len(row["alternatives"]) == 1
    assert (blank["text"], blank["alternatives"]) == ("", [])


def test_the_search_can_be_told(run, backwards):
    def score(*options):
        words = ("translate", "-m", backwards, "-", "--format", "jsonl", *options)
        return json.loads(run(*words, input="abc\n").stdout)["score"]

    assert score("--length-penalty", 0) < score() < score("--length-penalty", 2) < 0
    result = run("translate", "-m", backwards, "-", "--beam", 0, input="")
    assert result.exit_code == 2
    assert "0 is not in the range" in result.stderr


def test_several_translations_are_no_line(run, backwards):
    result = run("translate", "-m", backwards, "-", "--num", 2, input="abc\n")
    assert result.exit_code == 2
    assert "there a line is a sentence. Add --format jsonl." in result.stderr
    result = run(
        *("translate", "-m", backwards, "-", "--num", 9, "--format", "jsonl"), input="abc\n"
    )
    assert "A beam of 5 can't give 9 translations" in result.stderr


def test_output_is_written_whole_and_can_be_gone_on_with(run, backwards, tmp_path):
    (tmp_path / "a.txt").write_text("abc\nba\n")
    words = ("translate", "-m", backwards, tmp_path / "a.txt", "--output", tmp_path / "out.txt")
    assert run(*words).exit_code == 0
    assert (tmp_path / "out.txt").read_text() == "cba\nab\n"
    assert "is there and whole" in run(*words, "--resume").stderr


def test_pictures_are_named_for_their_lines(run, backwards, tmp_path):
    folder = tmp_path / "pictures"
    result = run("translate", "-m", backwards, "-", "--attention", folder, input="abc\n\nba\n")
    assert result.stdout == "cba\n\nab\n"
    assert sorted(file.name for file in folder.iterdir()) == ["stdin-1.png", "stdin-3.png"]


def test_a_model_for_something_else_says_so(run, tmp_path):
    rows = tmp_path / "rows.csv"
    rows.write_text("text,label\ngood,y\nbad,n\nfine,y\npoor,n\n")
    tables = {
        "corpus": {"train": [str(rows)], "dev": [str(rows)], "cache": False},
        "head": {"name": "classification"},
        "encoder": {"hidden_size": 4},
        "training": {"epochs": 1, "threads": 1},
    }
    api.train(tables, out=tmp_path / "model")
    result = run("translate", "-m", tmp_path / "model", "-", input="abc\n")
    assert result.exit_code == 2
    assert "is for classification, not for translation. Use it with 'seqkit classify'" in (
        result.stderr
    )


@pytest.mark.parametrize("command", ["classify", "tag"])
def test_other_commands_send_its_models_here(run, backwards, command):
    result = run(command, "-m", backwards, "-", input="abc\n")
    assert result.exit_code == 2
    assert "Use it with 'seqkit translate'" in result.stderr


def test_errors_shows_what_differs_from_the_data(run, backwards, tmp_path):
    (tmp_path / "pairs.tsv").write_text("abc\tcba\nba\tbbb\n")
    result = run("errors", backwards, tmp_path / "pairs.tsv", "--format", "json")
    (mistake,) = json.loads(result.stdout)
    assert (mistake["text"], mistake["truth"], mistake["prediction"]) == ("ba", "bbb", "ab")


def test_evaluate_prints_bleu_and_chrf_with_their_signatures(run, backwards, pairs):
    *table, bleu, chrf = run("evaluate", backwards, pairs).stdout.splitlines()
    rows = dict(line.split() for line in table)
    assert rows["chrf"] == "100.0000"
    assert float(rows["bleu"]) >= 0
    assert bleu.startswith("bleu: nrefs:1|case:mixed|eff:no|tok:13a|smooth:exp|version:")
    assert chrf.startswith("chrf: nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:")
