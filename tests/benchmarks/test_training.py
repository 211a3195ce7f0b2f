"""The figures that the training benchmarks make of what their contenders say."""

from __future__ import annotations

import pytest

from benchmarks import train_char, train_imdb, train_tag
from benchmarks.contest import PEERS, Contest, Result
from benchmarks.environments import REQUIREMENTS


def result(*points, seconds=100.0, **said):
    return Result(
        seconds=seconds, said={"points": points, "began": 2.0, "peak_bytes": 3_000_000, **said}
    )


def point(trained, passed=None, **scores):
    return {"trained": trained, "passed": passed or trained, **scores}


def test_reviews_by_epoch_and_by_time():
    figures = train_imdb.measure(
        {
            "seqkit": result(
                point(2, 3, accuracy=0.8), point(5, 7, accuracy=0.89), point(7, 10, accuracy=0.87)
            ),
            "Keras": result(point(8, 9, accuracy=0.7), seconds=50.0),
        }
    )
    assert figures["seqkit"] == {
        "epoch": 2,
        "training": 10,
        "command": 100.0,
        "began": 2.0,
        "reached": 7,
        "accuracy": 0.87,
        "meanwhile": 0.89,
        "peak": 3.0,
    }
    assert figures["Keras"]["reached"] is None
    assert figures["Keras"]["meanwhile"] == 0.7


def test_reviews_without_keras_have_no_time_to_compare_with():
    figures = train_imdb.measure({"seqkit": result(point(2, accuracy=0.8))})
    assert figures["seqkit"]["meanwhile"] is None


def test_accuracy_by_epoch_is_of_those_that_have_several():
    runs = [[0.5, 0.75], [0.25, 0.5, 0.875]]
    rounds = [
        {
            "seqkit": result(*(point(i, accuracy=a) for i, a in enumerate(run, 1))),
            "fastText": result(point(1, accuracy=0.9)),
        }
        for run in runs
    ]
    table = train_imdb.by_epoch(Contest(rounds=rounds), train_imdb.contenders())
    assert table.header == ("after epoch", "1", "2", "3")
    assert table.rows == (
        ("seqkit", "0.3750 (0.2500 to 0.5000)", "0.6250 (0.5000 to 0.7500)", "0.8750"),
    )


def test_characters_against_where_the_gpt_ends():
    figures = train_char.measure(
        {
            "seqkit": result(
                point(1, zero=3.0, carried=2.9),
                point(5, zero=2.0, carried=1.8),
                point(9, zero=1.7, carried=1.5),
                point(20, zero=1.6, carried=1.4),
            ),
            "GPT": result(point(6, zero=1.85), point(12, zero=1.9)),
        }
    )
    assert figures["seqkit"] == {
        "training": 20,
        "command": 100.0,
        "zero": 1.6,
        "carried": 1.4,
        "peak": 3.0,
        "reached": 9,
        "reached_carried": 5,
        "meanwhile": 1.7,
        "meanwhile_carried": 1.5,
    }
    gpt = figures["GPT"]
    assert (gpt["reached"], gpt["reached_carried"]) == (12, 12)
    assert (gpt["meanwhile"], gpt["carried"]) == (1.85, 1.9)


def test_a_model_that_never_gets_as_good_has_no_time():
    figures = train_char.measure(
        {"PyTorch LSTM": result(point(30, zero=3.0, carried=2.9)), "GPT": result(point(9, zero=2))}
    )
    assert figures["PyTorch LSTM"]["reached"] is None
    assert figures["PyTorch LSTM"]["meanwhile"] is None


def test_tags_by_words_a_second_and_by_equal_time():
    figures = train_tag.measure(
        {
            "seqkit": result(point(5, accuracy=0.91), point(10, accuracy=0.93), words=5000),
            "flair": result(point(8, accuracy=0.5), point(80, accuracy=0.94), words=8000),
        }
    )
    assert figures["seqkit"]["speed"] == 500
    assert figures["seqkit"]["reached"] == 10
    assert figures["flair"]["speed"] == 100
    assert (figures["flair"]["meanwhile"], figures["flair"]["accuracy"]) == (0.5, 0.94)
    assert figures["flair"]["reached"] == 80


def contenders():
    return {
        contender.name: contender
        for field in (train_imdb.contenders(), train_char.contenders(), train_tag.CONTENDERS)
        for contender in field
    }


@pytest.mark.parametrize("name", contenders())
def test_every_contender_has_its_program_and_its_requirements(name):
    contender = contenders()[name]
    assert (PEERS / contender.script).is_file()
    if contender.environment is not None:
        assert contender.environment.requirements
        for file in contender.environment.requirements:
            assert (REQUIREMENTS / file).is_file()
