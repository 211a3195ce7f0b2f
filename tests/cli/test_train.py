"""``seqkit train``: which recipe the options make, where the model goes, and what is said."""

from __future__ import annotations

import tomllib
from types import SimpleNamespace

import pytest

from seqkit import api, recipe
from seqkit.training.events import Finished

ROWS = "".join(f'"{w} fine",a\n"{w} dull",b\n' for w in ("so", "very", "quite", "too", "oh"))


@pytest.fixture
def seen(monkeypatch, tmp_path):
    """What the command asks of :func:`seqkit.train`, which does nothing."""
    monkeypatch.chdir(tmp_path)
    calls = {}

    def train(asked, *, observers, **options):
        calls.update(options, recipe=asked)
        for observer in observers:
            observer.on_event(
                Finished(
                    reason=calls.get("reason", "done"),
                    best_epoch=2,
                    scores={"accuracy": 0.875},
                    seconds=65.0,
                    path=str(options["out"]),
                )
            )
        return SimpleNamespace(manifest=SimpleNamespace(beside=lambda: calls.get("beside", "")))

    monkeypatch.setattr(api, "train", train)
    return calls


def test_a_recipe_that_comes_with_seqkit(run, seen):
    result = run("train", "tiny-reviews/lstm")
    assert result.exit_code == 0, result.stderr
    assert seen["recipe"].corpus.name == "tiny-reviews"
    assert str(seen["out"]) == "models/tiny-reviews-lstm"
    assert seen["data"] is None


def test_the_end_says_score_place_and_next_command(run, seen):
    assert run("train", "tiny-reviews/lstm", "--out", "my model").stdout.splitlines() == [
        "best epoch 2: accuracy 0.8750 (1:05 in all)",
        "saved in my model",
        "next: seqkit classify --model 'my model' FILE",
    ]
    assert run("train", "tiny-tales/lstm").stdout.splitlines()[-1] == (
        "next: seqkit generate --model models/tiny-tales-lstm --seed WORD"
    )


def test_what_a_bag_of_words_scores_follows_the_models_own_score(run, seen):
    seen["beside"] = "a bag of words has accuracy 0.9000, which is better than this model's 0.8750"
    lines = run("train", "tiny-reviews/lstm").stdout.splitlines()
    assert lines[0].startswith("best epoch 2: accuracy 0.8750")
    assert lines[1] == seen["beside"]


def test_an_interrupted_run_is_status_130_and_can_go_on(run, seen):
    seen["reason"] = "interrupted"
    result = run("train", "tiny-reviews/lstm")
    assert result.exit_code == 130
    assert result.stdout.endswith("saved in models/tiny-reviews-lstm\n")
    assert result.stderr.endswith(
        "interrupted; the same command with --resume goes on from there\n"
    )


def test_options_stand_for_keys_and_set_wins(run, seen):
    words = ["--cell", "gru", "--epochs", "3", "--layers", "2", "--no-bidirectional"]
    words += ["--set", "training.epochs=5", "--set", "head.pooling=mean", "--random-seed", "9"]
    result = run("train", "tiny-reviews/lstm", *words)
    assert result.exit_code == 0, result.stderr
    made = seen["recipe"]
    assert made.cell.name == "gru"
    assert (made.encoder.layers, made.encoder.bidirectional) == (2, False)
    assert made.training.epochs == 5
    assert made.head.options.pooling == "mean"
    assert made.random_seed == 9
    assert str(seen["out"]) == "models/tiny-reviews-lstm-gru"


def test_a_task_and_files_are_enough(run, seen):
    words = ["--task", "classification", "--train", "a.csv", "--train", "b.csv", "--dev", "c.csv"]
    result = run("train", *words)
    assert result.exit_code == 0, result.stderr
    made = seen["recipe"]
    assert made.corpus.train == ("a.csv", "b.csv")
    assert made.corpus.dev == ("c.csv",)
    assert made == recipe.parse(
        {
            **recipe.starter("classification"),
            "corpus": {"train": ["a.csv", "b.csv"], "dev": ["c.csv"]},
        }
    )
    assert str(seen["out"]) == "models/classification"


def test_a_recipes_files_are_relative_to_it_and_the_options_to_here(run, seen, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "r.toml").write_text('[head]\nname = "tagging"\n[corpus]\ntrain = ["t.conllu"]\n')
    run("train", "mine/r.toml", "--dev", "d.conllu")
    assert seen["data"] == folder.relative_to(tmp_path)
    assert seen["recipe"].corpus.train == ("t.conllu",)
    assert seen["recipe"].corpus.dev == (str(tmp_path / "d.conllu"),)
    assert str(seen["out"]) == "models/mine-r"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "error: There is neither a recipe nor a task. Name a recipe"),
        (["imbd/lstm"], "error: There is no recipe imbd/lstm. "),
        (
            ["tiny-reviews/lstm", "--cell", "lsmt"],
            "error: There is no cell 'lsmt'. Did you mean 'l",
        ),
        (
            ["tiny-reviews/lstm", "--set", "encoder.hiden_size=3"],
            "error: ",
        ),
        (["tiny-reviews/lstm", "--set", "epochs"], "error: 'epochs' sets nothing. Write section"),
    ],
)
def test_mistakes(run, seen, words, message):
    result = run("train", *words)
    assert result.exit_code == 2
    assert result.stderr.startswith(message)
    assert "recipe" not in seen


def test_an_unknown_key_offers_the_near_match(run, seen):
    result = run("train", "tiny-reviews/lstm", "--set", "encoder.hiden_size=3")
    assert "encoder.hiden_size: there is no such key. Did you mean 'hidden_size'?" in result.stderr


def test_training_from_options_alone(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.csv").write_text(f"text,label\n{ROWS}too,many,cells\n")
    words = ["--task", "classification", "--train", "rows.csv", "--epochs", "1", "--out", "m"]
    words += ["--threads", "1"]
    refused = run("train", *words)
    assert refused.exit_code == 2
    assert "rows.csv:12" in refused.stderr
    result = run("train", *words, "--skip-bad")
    assert result.exit_code == 0, result.stderr
    assert "left out 1 bad row:" in result.stderr
    assert "epoch 1/1  loss " in result.stderr
    assert result.stdout.startswith("best epoch 1: ")
    kept = tomllib.loads((tmp_path / "m" / "recipe.toml").read_text())
    assert kept["corpus"]["train"] == ["rows.csv"]
    again = run("train", *words, "--skip-bad")
    assert again.exit_code == 2
    assert "--overwrite" in again.stderr
