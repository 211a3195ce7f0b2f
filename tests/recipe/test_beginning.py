"""Keys of where weights begin that do not go together."""

from __future__ import annotations

import pytest

from seqkit import manager
from seqkit.errors import RecipeError
from seqkit.recipe import parse

PAIR = {"model": "a", "backward_model": "b"}
BOTH_WAYS = {"bidirectional": True}
CHARACTERS = {"forward": "a", "backward": "b"}


@pytest.fixture(autouse=True)
def _alone():
    with manager.isolated():
        yield


def recipe(head="classification", **sections):
    return parse({"head": {"name": head}, **sections}, source="r")


def test_it_begins_from_nothing_by_default():
    section = recipe().pretrained
    assert (section.model, section.backward_model, section.vectors) == ("", "", "")
    assert (section.tokenizer, section.vectors_frozen) == ("own", False)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"pretrained": {"backward_model": "b"}}, r"backward_model is set, but not .*model"),
        ({"pretrained": {"tokenizer": "theirs"}}, r"tokenizer is set, but not pretrained\.model"),
        ({"pretrained": PAIR}, r"backward_model is set, but not encoder\.bidirectional"),
        (
            {"pretrained": {"model": "a"}, "encoder": {**BOTH_WAYS, "layers": 2}},
            r"can't begin 2 bidirectional layers.*encoder\.layers=1",
        ),
        (
            {"pretrained": PAIR, "encoder": BOTH_WAYS, "embedding": {"size": 0}},
            r"backward_model needs an embedding",
        ),
        ({"contextual": {"forward": "a"}}, r"contextual\.forward is set, but not .*backward"),
        ({"contextual": {"backward": "a"}}, r"contextual\.backward is set, but not .*forward"),
        ({"contextual": {"size": 3}}, r"contextual\.size is set, but not contextual\.forward"),
        ({"contextual": CHARACTERS}, r"the classification head answers to a text"),
        (
            {"contextual": CHARACTERS, "head": "tagging", "embedding": {"size": 0}},
            r"contextual\.forward is set and embedding\.size 0",
        ),
        ({"pretrained": {"vectors_frozen": True}}, r"vectors_frozen is set, but not .*vectors"),
        ({"pretrained": {"vectors_words": 9}}, r"vectors_words is set, but not .*vectors"),
        ({"pretrained": {"model": "a", "vectors": "b.txt"}}, r"vectors and .*model are both set"),
        (
            {"pretrained": {"vectors": "b.txt"}, "embedding": {"size": 0}},
            r"vectors needs an embedding",
        ),
    ],
    ids=str,
)
def test_what_does_not_go_together_is_named(sections, message):
    with pytest.raises(RecipeError, match=message):
        recipe(**sections)


@pytest.mark.parametrize("head", ["classification", "tagging"])
def test_only_a_model_of_running_text_reads_backwards(head):
    assert recipe("generation", encoder={"reversed": True}).encoder.reversed
    with pytest.raises(RecipeError, match=r"encoder\.reversed is set.*bidirectional reads both"):
        recipe(head, encoder={"reversed": True})
