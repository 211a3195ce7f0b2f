"""``seqkit corpora`` and ``seqkit check``."""

from __future__ import annotations

import hashlib
import json

import pytest

from seqkit import corpora


@pytest.fixture
def remote(tmp_path, monkeypatch):
    """A corpus to fetch, from a folder that stands for a server."""
    server, home = tmp_path / "server", tmp_path / "corpora"
    server.mkdir()
    content = b"text,label\nfine,good\n"
    (server / "a.csv").write_bytes(content)
    (home / "far").mkdir(parents=True)
    (home / "far" / "corpus.toml").write_text(
        f"""
name = "far"
summary = "a corpus that is elsewhere"
task = "classification"
language = "en"
licence = "CC0-1.0"
reader = {{name = "csv"}}
splits = {{train = ["a.csv"]}}

[[files]]
url = "{(server / "a.csv").as_uri()}"
path = "a.csv"
sha256 = "{hashlib.sha256(content).hexdigest()}"
bytes = {len(content)}
"""
    )
    monkeypatch.setattr(corpora, "root", lambda: home)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path


def test_the_list_says_what_is_here(run, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    lines = run("corpora", "list").stdout.splitlines()
    assert lines[0].split() == ["name", "task", "language", "licence", "here", "recipes"]
    assert [line.split()[0] for line in lines[1:]] == [m.name for m in corpora.known()]
    (tiny,) = (line for line in lines if line.startswith("tiny-reviews"))
    assert tiny.split() == [
        "tiny-reviews",
        "classification",
        "en",
        "CC0-1.0",
        "yes",
        "tiny-reviews/lstm",
    ]


def test_the_list_as_json(run):
    found = json.loads(run("corpora", "list", "--format", "json").stdout)
    tiny = next(row for row in found if row["name"] == "tiny-tags")
    assert tiny["here"] is True
    assert tiny["recipes"] == ["tiny-tags/lstm"]


def test_one_with_its_files(run, remote):
    text = run("corpora", "show", "far").stdout
    facts = dict(line.split("  ", 1) for line in text.splitlines())
    assert facts["licence"].strip() == "CC0-1.0"
    assert facts["folder"].strip() == "not here; get it with: seqkit corpora fetch far"
    assert "sha256 " in text


def test_fetching_checks_and_says_so(run, remote):
    result = run("corpora", "fetch", "far")
    target = remote / "cache" / "seqkit" / "corpora" / "far" / "a.csv"
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith(f"fetched: {target}\n  sha256 ")
    assert result.stdout.endswith(", as it should be\n")
    assert result.stderr.splitlines() == ["a.csv: 21 bytes to come", "a.csv: complete"]
    assert run("corpora", "fetch", "far").stdout.startswith(f"was here: {target}\n")
    assert f"folder    {target.parent}" in run("corpora", "show", "far").stdout


def test_fetching_to_a_folder(run, remote):
    assert run("corpora", "fetch", "far", "--to", remote / "there").exit_code == 0
    assert (remote / "there" / "a.csv").read_text() == "text,label\nfine,good\n"


def test_another_content_is_refused(run, remote):
    (remote / "server" / "a.csv").write_bytes(b"text,label\nevil,good\n")
    result = run("corpora", "fetch", "far")
    assert result.exit_code == 2
    assert "is not the file that it should be. its SHA-256 is" in result.stderr


@pytest.mark.parametrize("command", ["show", "fetch"])
def test_an_unknown_corpus_offers_the_near_match(run, command):
    result = run("corpora", command, "tiny-revews")
    assert result.exit_code == 2
    assert "There is no corpus 'tiny-revews'. Did you mean 'tiny-reviews'?" in result.stderr


@pytest.fixture
def data(tmp_path):
    """A recipe whose data have something of everything."""
    (tmp_path / "train.csv").write_text("text,label\nfine day,a\nfine day,a\nbad day,b\n")
    (tmp_path / "dev.csv").write_text('text,label\nfine day,a\nodd,c\n"",b\n')
    path = tmp_path / "r.toml"
    path.write_text(
        '[head]\nname = "classification"\n[corpus]\ntrain = ["train.csv"]\ndev = ["dev.csv"]\n'
    )
    return path


def test_checking_reports_sizes_labels_and_problems(run, data):
    result = run("check", "data", data)
    assert result.exit_code == 0, result.stderr
    tables = [part.splitlines() for part in result.stdout.split("\n\n")]
    assert tables[0][0].split()[:3] == ["split", "examples", "words"]
    assert tables[0][1].split()[:3] == ["train", "3", "6"]
    assert ["c", "0", "1"] in [line.split() for line in tables[1]]
    problems = "\n".join(tables[2])
    assert "in train too" in problems
    assert "'c' (1)" in problems
    assert "without any text" in problems


def test_checking_as_json(run, data):
    found = json.loads(run("check", "data", data, "--format", "json").stdout)
    assert [split["examples"] for split in found["splits"]] == [3, 3]
    assert found["unseen"] == {"dev": {"c": 1}}


def test_clean_data(run):
    result = run("check", "data", "tiny-reviews/lstm")
    assert result.exit_code == 0
    assert result.stdout.endswith("nothing deserves a look\n")


def test_a_bad_row_is_status_2_unless_left_out(run, data):
    with (data.parent / "dev.csv").open("a") as file:
        file.write("one,two,three\n")
    result = run("check", "data", data)
    assert result.exit_code == 2
    assert "dev.csv:5" in result.stderr
    assert run("check", "data", data, "--skip-bad").exit_code == 0


def test_a_key_changed_first(run, data):
    result = run("check", "data", data, "--set", 'corpus.dev=["train.csv"]')
    assert result.stdout.splitlines()[2].split()[:2] == ["dev", "3"]
