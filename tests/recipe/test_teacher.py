"""Keys of a teacher and of texts without labels that do not go together."""

from __future__ import annotations

import pytest

from seqkit import manager
from seqkit.errors import RecipeError
from seqkit.recipe import parse

MORE = {"unlabelled": ["more.csv"]}


@pytest.fixture(autouse=True)
def _alone():
    with manager.isolated():
        yield


def recipe(head="classification", **sections):
    return parse({"head": {"name": head}, **sections}, source="r")


def test_nobody_teaches_by_default():
    made = recipe()
    assert (made.teacher.models, made.teacher.share, made.teacher.temperature) == ((), 0, 1)
    assert made.corpus.unlabelled == ()


def test_texts_are_named_or_all_of_a_corpus():
    teacher = {"models": ["m", "n"]}
    assert recipe(corpus=MORE, teacher=teacher).teacher.models == ("m", "n")
    corpus = {"name": "imdb", "unlabelled": "all"}
    assert recipe(corpus=corpus, teacher=teacher).corpus.unlabelled == "all"
    assert recipe(teacher={"models": ["m"], "share": 0.5}).corpus.unlabelled == ()
    assert recipe(corpus=MORE, training={"adversarial": "virtual"}).teacher.models == ()


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"teacher": {"models": ["m"]}}, r"nothing to ask.*teacher\.share above 0"),
        ({"teacher": {"share": 0.5}}, r"teacher\.share is set, but not teacher\.models"),
        ({"teacher": {"temperature": 2.0}}, r"temperature is set, but not teacher\.models"),
        ({"corpus": MORE}, r"nothing learns from it.*teacher\.models.*adversarial=virtual"),
        (
            {"corpus": {"unlabelled": "all"}, "teacher": {"models": ["m"]}},
            r"unlabelled is all, but corpus\.name is not set",
        ),
        ({"corpus": {"unlabelled": "some"}, "teacher": {"models": ["m"]}}, r"corpus\.unlabelled: "),
        ({"teacher": {"models": ["m"], "share": 1.5}}, r"teacher\.share: "),
        ({"teacher": {"models": ["m"], "temperature": 0}}, r"teacher\.temperature: "),
    ],
)
def test_what_does_not_go_together_is_refused(sections, message):
    with pytest.raises(RecipeError, match=message):
        recipe(**sections)


@pytest.mark.parametrize("head", ["generation", "tagging"])
def test_whole_texts_are_labelled(head):
    with pytest.raises(RecipeError, match=f"the {head} head does not label whole texts"):
        recipe(head, corpus=MORE)
    with pytest.raises(RecipeError, match=r"teacher\.models is set"):
        recipe(head, teacher={"models": ["m"], "share": 0.5})
