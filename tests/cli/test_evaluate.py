"""``seqkit evaluate``, ``errors`` and ``inspect``: what a model is and how well it does."""

from __future__ import annotations

import json

import pytest


@pytest.fixture
def labelled(tmp_path):
    """Four reviews, of which the last has the wrong label on purpose."""
    path = tmp_path / "test.csv"
    path.write_text(
        "text,label\n"
        '"I loved it, it was brilliant and moving.",positive\n'
        '"Terrible, boring and slow, a waste of money.",negative\n'
        '"A wonderful, delicious meal and friendly staff.",positive\n'
        '"I loved it, a brilliant and delicious triumph.",negative\n'
    )
    return path


def test_scores_of_the_recipes_development_data(run, reviews):
    result = run("evaluate", reviews, "--format", "json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    best = json.loads((reviews / "manifest.json").read_text())["scores"]
    assert found["examples"] == 40
    assert found["scores"] == pytest.approx(best, abs=1e-6)


def test_the_counts_agree_with_each_other(run, reviews, labelled):
    found = json.loads(run("evaluate", reviews, labelled, "--format", "json").stdout)
    confusion = found["confusion"]
    assert found["labels"] == ["negative", "positive"]
    assert [sum(row) for row in confusion] == [2, 2]
    assert found["scores"]["accuracy"] == (confusion[0][0] + confusion[1][1]) / 4
    assert [label["support"] for label in found["per_label"]] == [2, 2]


def test_tables_for_people(run, reviews, labelled):
    tables = run("evaluate", reviews, labelled).stdout.split("\n\n")
    assert [table.split()[0] for table in tables] == ["score", "label", "truth"]
    assert tables[0].splitlines()[1].split() == ["examples", "4"]
    told = "on the development data of its training a bag of words and word pairs has accuracy 0."
    assert tables[0].splitlines()[-1].startswith(told)
    assert tables[2].splitlines()[0].split()[-3:] == ["prediction", "negative", "positive"]


def test_many_labels_list_the_most_frequent_confusions(run, tags):
    tables = run("evaluate", tags).stdout.split("\n\n")
    header, *lines = tables[2].splitlines()
    assert header.split() == ["truth", "prediction", "times"]
    times = [int(line.split()[-1]) for line in lines]
    assert times == sorted(times, reverse=True)


def test_labels_that_do_not_exclude_each_other_have_no_confusion(run, topics):
    found = json.loads(run("evaluate", topics, "--format", "json").stdout)
    assert found["confusion"] == []
    assert len(found["per_label"]) == 5


def test_running_text_is_scored_by_its_held_out_end(run, tales):
    found = json.loads(run("evaluate", tales, "--format", "json").stdout)
    best = json.loads((tales / "manifest.json").read_text())["scores"]
    assert found["scores"] == pytest.approx(best, rel=1e-5)


def test_another_split(run, reviews):
    found = json.loads(run("evaluate", reviews, "--split", "train", "--format", "json").stdout)
    assert found["examples"] == 200
    result = run("evaluate", reviews, "--split", "test")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: The data has no test split.")


def test_a_bad_row_stops_or_is_left_out(run, reviews, labelled):
    with labelled.open("a") as file:
        file.write("one,two,three,four\n")
    result = run("evaluate", reviews, labelled)
    assert result.exit_code == 2
    assert f"{labelled}:6" in result.stderr
    result = run("evaluate", reviews, labelled, "--skip-bad", "--format", "json")
    assert json.loads(result.stdout)["examples"] == 4
    assert result.stderr.startswith("left out 1 bad row:\n")


def test_an_unknown_label_offers_the_near_match(run, reviews, tmp_path):
    (tmp_path / "t.csv").write_text("text,label\nfine,positiv\n")
    result = run("evaluate", reviews, tmp_path / "t.csv")
    assert result.exit_code == 2
    assert "t.csv:2" in result.stderr
    assert "Did you mean 'positive'?" in result.stderr


def test_columns_can_be_named(run, reviews, tmp_path):
    (tmp_path / "t.csv").write_text("body,label\nfine,positive\n")
    words = ["--reader", "csv", "--reader-option", "text=body", "--format", "json"]
    found = json.loads(run("evaluate", reviews, tmp_path / "t.csv", *words).stdout)
    assert found["examples"] == 1


def test_mistakes_are_the_surest_first(run, reviews):
    result = run("errors", reviews, "--split", "train", "--limit", "0", "--format", "json")
    found = json.loads(result.stdout)
    scores = json.loads(run("evaluate", reviews, "--split", "train", "--format", "json").stdout)[
        "scores"
    ]
    assert len(found) == round(200 * (1 - scores["accuracy"]))
    assert list(found[0]) == ["source", "text", "truth", "prediction", "probability"]
    assert all(row["truth"] != row["prediction"] for row in found)
    chances = [row["probability"] for row in found]
    assert chances == sorted(chances, reverse=True)


def test_mistakes_are_limited(run, tags):
    assert len(run("errors", tags, "--limit", "2", "--format", "jsonl").stdout.splitlines()) == 2


def test_long_texts_are_shortened_unless_wanted_whole(run, reviews, tmp_path):
    text = "brilliant wonderful delicious " * 20
    (tmp_path / "t.csv").write_text(f"text,label\n{text},negative\n{text},positive\n")
    short = run("errors", reviews, tmp_path / "t.csv").stdout.splitlines()
    assert len(short) == 2
    assert len(short[1]) == 100
    assert short[1].endswith("…")
    full = run("errors", reviews, tmp_path / "t.csv", "--full").stdout.splitlines()
    assert full[0] == short[0]
    assert full[1].split() == text.split()


def test_no_mistakes(run, reviews, labelled):
    text = labelled.read_text().splitlines()
    found = json.loads(run("errors", reviews, labelled, "--format", "json").stdout)
    wrong = {int(row["source"].rpartition(":")[2]) for row in found}
    right = [line for number, line in enumerate(text, 1) if number not in wrong]
    labelled.write_text("\n".join(right) + "\n")
    assert run("errors", reviews, labelled).stdout == "no mistakes\n"


def test_generation_makes_no_mistakes_that_can_be_listed(run, tales):
    result = run("errors", tales)
    assert result.exit_code == 2
    assert "Use 'seqkit evaluate'" in result.stderr


def test_inspecting_shows_manifest_scores_and_layers(run, reviews):
    tables = run("inspect", reviews).stdout.split("\n\n")
    assert [table.split()[0] for table in tables] == ["model", "development", "layer"]
    facts = dict(line.split(None, 1) for line in tables[0].splitlines()[1:])
    assert facts["task"] == "classification"
    assert facts["labels"] == "negative, positive"
    assert facts["corpus"] == "tiny-reviews, CC0-1.0"
    layers = [line.split() for line in tables[2].splitlines()[1:]]
    assert layers[-1][0] == "all"
    numbers = [int(line[-1].replace(",", "")) for line in layers]
    assert sum(numbers[:-1]) == numbers[-1]


def test_inspecting_as_json(run, reviews):
    found = json.loads(run("inspect", reviews, "--format", "json").stdout)
    manifest = json.loads((reviews / "manifest.json").read_text())
    assert found["manifest"] == manifest
    assert sum(layer["parameters"] for layer in found["layers"]) == manifest["parameters"]
    assert {"name", "shape", "parameters"} <= set(found["layers"][0])


@pytest.mark.parametrize("command", ["evaluate", "errors", "inspect"])
def test_a_model_that_is_not_there(run, command):
    result = run(command, "nowhere")
    assert result.exit_code == 2
    assert result.stderr.startswith("error: There is no model 'nowhere'.")


@pytest.mark.parametrize("model", ["reviews", "tags", "tales"])
def test_a_runtime_that_is_named_scores_as_torch_does(run, request, model):
    path = request.getfixturevalue(model)
    best = json.loads((path / "manifest.json").read_text())["scores"]
    found = json.loads(run("evaluate", path, "--runtime", "onnx", "--format", "json").stdout)
    if model != "tales":  # the loss of labels is torch's alone
        assert "loss" not in found["scores"]
        del best["loss"]
    assert found["scores"] == pytest.approx(best, rel=1e-5)


class TestAdapting:
    def test_a_cache_and_dynamic_evaluation_are_for_generation(self, run, reviews):
        for option in (("--cache", "100"), ("--dynamic", "0.1")):
            result = run("evaluate", reviews, *option)
            assert result.exit_code == 2
            assert "its task is classification" in result.stderr

    def test_torch_alone_can(self, run, tales):
        result = run("evaluate", tales, "--runtime", "onnx", "--cache", "10")
        assert result.exit_code == 2
        assert "Leave out --runtime" in result.stderr

    def test_scores_change_with_what_is_learnt(self, run, tales):
        def loss(*options):
            result = run("evaluate", tales, *options, "--format", "json")
            assert result.exit_code == 0, result.stderr
            return json.loads(result.stdout)["scores"]["loss"]

        with_cache = loss("--cache", "50", "--cache-lambda", "0.2")
        assert len({loss(), with_cache, loss("--dynamic", "0.01")}) == 3
        assert loss("--cache", "50", "--cache-lambda", "0.4") != with_cache
