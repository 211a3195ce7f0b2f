"""``seqkit plugins new``: what it says, and what it refuses."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_it_says_how_to_go_on(run, tmp_path):
    result = run("plugins", "new", "slim", "--kind", "cell")
    assert result.output.splitlines() == [
        "wrote seqkit-slim, a cell to begin with: minimal gated unit (Zhou et al. 2016)",
        "go on with:",
        "  pip install -e './seqkit-slim[test]'",
        "  pytest seqkit-slim",
        "  seqkit plugins check seqkit-slim",
    ]
    assert (tmp_path / "seqkit-slim" / "seqkit_slim" / "cell.py").is_file()


def test_the_commands_it_gives_can_be_pasted(run, tmp_path):
    result = run("plugins", "new", "lines", "--kind", "reader", "--folder", tmp_path / "my $reader")
    lines = result.output.splitlines()
    assert lines[2:4] == [
        f"  pip install -e '{tmp_path}/my $reader[test]'",
        f"  pytest '{tmp_path}/my $reader'",
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["My_Cell", "--kind", "cell"], "Did you mean 'my-cell'?"),
        (["gru", "--kind", "cell"], "There is a cell 'gru' already"),
        (["slim", "--kind", "kernel"], "'kernel' is not one of 'cell', 'tokenizer'"),
        (["slim"], "Missing option '--kind'"),
        (["slim", "--kind", "model"], "No bundle is named"),
    ],
)
def test_what_can_not_be_is_refused_and_nothing_is_written(run, tmp_path, words, said):
    result = run("plugins", "new", *words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_model_ships_a_bundle(run, reviews, tmp_path):
    result = run("plugins", "new", "shop", "--kind", "model", "--bundle", reviews)
    assert result.output.startswith("wrote seqkit-shop, a model to begin with: a trained bundle\n")
    shipped = tmp_path / "seqkit-shop" / "seqkit_shop" / "bundle" / "manifest.json"
    assert shipped.read_bytes() == (reviews / "manifest.json").read_bytes()
