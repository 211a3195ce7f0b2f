"""The figures that the benchmarks of prediction make of what their contenders say."""

from __future__ import annotations

import pytest

from benchmarks import predict_classify, predict_cold, predict_generate, predict_tag
from benchmarks.contest import PEERS, Result
from benchmarks.environments import REQUIREMENTS


def result(seconds=9.0, **said):
    return Result(seconds=seconds, said={"peak_bytes": 3_000_000, **said})


def test_labels_by_documents_a_second_of_labelling_alone():
    point = {"trained": 4.0, "passed": 7.0, "accuracy": 0.75}
    figures = predict_classify.measure(
        {
            "seqkit torch": result(points=[point], documents=50_000, different=2),
            "fastText": result(points=[point], documents=1000),
        }
    )
    assert figures["seqkit torch"] == {
        "speed": 12_500,
        "accuracy": 0.75,
        "different": 2,
        "peak": 3.0,
    }
    assert (figures["fastText"]["speed"], figures["fastText"]["different"]) == (250, None)


def test_tokens_as_a_share_of_the_bound_of_the_round():
    said = {"seqkit torch": result(speed_1=50.0, speed_64=900.0)}
    bound = {"the bound": result(speed_1=200.0)}
    figures = predict_generate.measure(said | bound)
    assert figures["seqkit torch"] == {"one": 50, "many": 900, "share": 0.25, "peak": 3.0}
    assert (figures["the bound"]["share"], figures["the bound"]["many"]) == (1, None)
    assert predict_generate.measure(said)["seqkit torch"]["share"] is None


def test_a_first_answer_by_the_command_alone():
    figures = predict_cold.measure({"Keras": result(answered=4.5, held=600_000_000)})
    assert figures == {"Keras": {"seconds": 4.5, "peak": 600}}


def test_tags_by_words_a_second_of_tagging_alone():
    point = {"trained": 4.0, "passed": 7.0, "accuracy": 0.75}
    figures = predict_tag.measure({"spaCy": result(points=[point], words=5000)})
    assert figures == {"spaCy": {"speed": 1250, "accuracy": 0.75, "peak": 3.0}}


BENCHMARKS = {
    "classify": predict_classify,
    "cold": predict_cold,
    "generate": predict_generate,
    "tag": predict_tag,
}
PROGRAMS = {
    f"{name}: {contender.name}": contender
    for name, benchmark in BENCHMARKS.items()
    for contender in (*benchmark.CONTENDERS, *benchmark.MAKERS.values())
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_contender_has_its_program_and_its_requirements(name):
    contender = PROGRAMS[name]
    assert (PEERS / contender.script).is_file()
    if contender.environment is not None:
        assert contender.environment.requirements
        for file in contender.environment.requirements:
            assert (REQUIREMENTS / file).is_file()


@pytest.mark.parametrize("benchmark", BENCHMARKS.values(), ids=BENCHMARKS)
def test_models_are_made_for_contenders_that_there_are(benchmark):
    assert set(benchmark.MAKERS) <= {contender.name for contender in benchmark.CONTENDERS}
