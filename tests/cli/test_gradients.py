"""``seqkit gradients``: what it prints and writes."""

from __future__ import annotations

import json
import re
import sys

import pytest


def test_a_table_with_bars_and_what_it_comes_to(run, tales):
    result = run("gradients", tales)
    assert result.exit_code == 0, result.stderr
    title, header, first, *rows, last = result.stdout.splitlines()
    assert title == f"{tales}: lstm, loss of the last step, 26 windows"
    assert header.split() == ["distance", "windows", "gradient", "share"]
    assert first.split()[0::3] == ["0", "1.0e+00"]
    assert first.endswith("  " + "█" * 30)
    distances = [int(row.split()[0]) for row in rows]
    assert distances == [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 63]
    assert re.fullmatch(r"below 1% after \d+ steps; a step back leaves 0\.\d\d .*", last)


def test_files_and_texts(run, reviews, tags, tmp_path):
    (tmp_path / "two.csv").write_text(
        'text,label\n"I loved it so much.",positive\n"A bore.",negative\n'
    )
    result = run("gradients", reviews, tmp_path / "two.csv")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith(f"{reviews}: lstm, loss of the whole text, 2 texts\n")
    result = run("gradients", tags, "--text", "the old man walks")
    assert result.stdout.startswith(f"{tags}: lstm, loss of the last step, 1 sentence\n")
    assert result.stdout.splitlines()[-2].split()[:2] == ["3", "1"]


def test_several_models_in_one_picture_and_one_file(run, reviews, tales, tmp_path):
    words = ["gradients", reviews, tales, "--steps", "6", "--limit", "3"]
    result = run(*words, "--out", tmp_path / "g.json", "--out", tmp_path / "g.png")
    assert result.exit_code == 0, result.stderr
    assert len(result.stdout.split("\n\n")) == 2
    found = json.loads((tmp_path / "g.json").read_text())
    assert [one["model"] for one in found] == [str(reviews), str(tales)]
    assert [one["examples"] for one in found] == [3, 3]
    assert all(len(one["norms"]) == len(one["relative"]) == 6 for one in found)
    assert (tmp_path / "g.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--out", "g.svg"], "error: --out g.svg is neither a .json nor a .png file. "),
        (["rows.csv", "--text", "x"], "error: There is both a FILE, rows.csv, and a --text. "),
        (["--steps", "0"], "error: Invalid value for '--steps'"),
        (["nowhere"], "error: There is no model 'nowhere'. "),
    ],
)
def test_mistakes(run, reviews, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text("text,label\nfine,positive\n")
    result = run("gradients", reviews, *words)
    assert result.exit_code == 2
    assert result.stderr.startswith(message)
    assert result.stdout == ""


def test_without_matplotlib_a_picture_is_refused_before_anything_is_computed(
    run, reviews, monkeypatch
):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = run("gradients", reviews, "--out", "g.png")
    assert result.exit_code == 2
    assert "pip install 'seqkit[plots]'" in result.stderr
    assert result.stdout == ""


def test_bars_are_logarithmic():
    from seqkit.cli.gradients import _bar

    assert [len(_bar(share)) for share in (1.0, 1e-1, 1e-3, 1e-6, 1e-9, 0.0)] == [
        *(30, 25, 15, 0, 0, 0)
    ]
    assert len(_bar(100.0)) == 40


def test_what_it_comes_to_in_words():
    from seqkit.cli.gradients import _in_words

    assert [*_in_words([1.0, 0.5, 0.25])] == [
        "over 2 steps it does not fall below 1%",
        "a step back leaves 0.50 of it on average",
    ]
    assert [*_in_words([1.0, 1e-3, 1e-6, 0.0])] == [
        "below 1% after 1 steps",
        "a step back leaves 0.00 of it on average",
    ]
    assert [*_in_words([1.0])] == ["over 0 steps it does not fall below 1%"]
