"""``seqkit errors --html``: the page that it writes, whole or not at all."""

from __future__ import annotations

import pytest

from seqkit.model import TextModel


@pytest.fixture
def labelled(tmp_path):
    path = tmp_path / "test.csv"
    path.write_text(
        "text,label\n"
        '"I loved it, it was brilliant and moving.",negative\n'
        '"I loved it, it was brilliant and moving!",positive\n'
        "one,two,three,four\n"
    )
    return path


def test_the_page_is_written_and_named(run, reviews, labelled, tmp_path):
    result = run("errors", reviews, labelled, "--html", tmp_path / "page.html", "--skip-bad")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == f"wrote {tmp_path / 'page.html'}\n"
    assert result.stderr.splitlines() == [
        "labelling 2",
        "explaining 1",
        "looking for near-duplicates",
        "left out 1 bad row:",
        *result.stderr.splitlines()[4:],
    ]
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>\n")
    assert text.endswith("</html>\n")
    assert f"<td>{labelled}</td>" in text
    # of nine word pairs each, all but the last are the same: 8 of 10
    assert "80% alike, labelled differently" in text
    assert "1 of 1 mistake," in text


def test_of_the_recipes_own_data(run, tags, tmp_path):
    result = run("errors", tags, "--html", tmp_path / "page.html", "--limit", "2")
    assert result.exit_code == 0, result.stderr
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "<td>dev data of the recipe</td>" in text
    assert text.count('<h3 id="mistake-') == 2


def test_a_page_that_is_there_is_kept_unless_it_may_go(run, reviews, labelled, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("mine")
    words = ["errors", reviews, labelled, "--skip-bad", "--html", page]
    result = run(*words)
    assert result.exit_code == 2
    assert result.stderr.endswith("exists. Name another with --html, or add --overwrite.\n")
    assert page.read_text() == "mine"
    assert run(*words, "--overwrite").exit_code == 0
    assert page.read_text(encoding="utf-8") != "mine"


def test_no_folder_is_told_before_anything_is_done(run, reviews, tmp_path):
    result = run("errors", reviews, "--html", tmp_path / "nowhere" / "page.html")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: There is no folder ")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--overwrite"], "--overwrite has no use here"),
        (["--html", "p.html", "--full"], "--full has no use here"),
        (["--html", "p.html", "--format", "json"], "--format has no use here"),
    ],
)
def test_options_that_would_do_nothing(run, reviews, words, told):
    result = run("errors", reviews, *words)
    assert result.exit_code == 2
    assert told in result.stderr


def test_an_interruption_leaves_no_file(run, reviews, tmp_path, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(TextModel, "explain", interrupted)
    (tmp_path / "out").mkdir()
    result = run("errors", reviews, "--split", "train", "--html", tmp_path / "out" / "page.html")
    assert result.exit_code == 130
    assert list((tmp_path / "out").iterdir()) == []


def test_of_running_text_there_is_no_page(run, tales, tmp_path):
    result = run("errors", tales, "--html", tmp_path / "page.html")
    assert result.exit_code == 2
    assert "Use 'seqkit evaluate'" in result.stderr
    assert not (tmp_path / "page.html").exists()
