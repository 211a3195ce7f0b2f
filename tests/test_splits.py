"""What is held out of the training examples."""

from __future__ import annotations

from typing import get_args

from seqkit.examples import TextExample, TokensExample
from seqkit.specs import Arity
from seqkit.splits import hold_out as parted


def hold_out(examples, fraction: float, arity: Arity = "many-to-one") -> tuple[list, list]:
    train, dev = parted(examples, fraction, arity=arity)
    found = list(train), list(dev)
    assert found == (list(train), list(dev))  # in each pass
    return found


TEXTS = [TextExample(f"text {n}", f"a:{n}") for n in range(20)]


def test_examples_are_parted_without_loss_and_keep_their_order():
    train, dev = hold_out(TEXTS, 0.25)
    assert (len(train), len(dev)) == (15, 5)
    assert sorted([*train, *dev], key=TEXTS.index) == TEXTS
    assert dev == sorted(dev, key=TEXTS.index)
    assert dev != TEXTS[-5:]


def test_the_choice_is_always_the_same():
    assert hold_out(TEXTS, 0.25) == hold_out(list(TEXTS), 0.25)


def test_of_running_text_the_end_is_held_out():
    train, dev = hold_out(
        [TextExample("abcdef", "a"), TextExample("ghij", "b")], 0.5, "one-to-many"
    )
    assert [(e.text, e.source) for e in train] == [("abcde", "a")]
    assert [(e.text, e.source) for e in dev] == [("f", "a"), ("ghij", "b")]


def test_given_tokens_of_running_text_are_joined():
    train, dev = hold_out([TokensExample(("a", "b"), "a")], 0.34, "one-to-many")
    assert [e.text for e in (*train, *dev)] == ["a ", "b"]


def test_nothing_is_held_out_for_a_share_of_nothing():
    for arity in get_args(Arity):
        train, dev = hold_out(TEXTS, 0.0, arity)
        assert (train, dev) == (TEXTS, [])


def test_a_label_that_is_drawn_alone_stays_in_training():
    common = [TextExample(f"text {n}", f"a:{n}", ("common",)) for n in range(10)]
    for place in range(11):
        rare = TextExample("rare", "b", ("rare", "common"))
        train, dev = hold_out([*common[:place], rare, *common[place:]], 0.5)
        assert rare in train
        assert len(dev) >= 4


def test_texts_with_answers_are_drawn_together_with_their_like():
    pairs = [TextExample(f"text {n % 8}", f"a:{n}", (f"answer {n}",)) for n in range(24)]
    train, dev = hold_out(pairs, 0.25, "sequence-to-sequence")
    assert (len(train), len(dev)) == (18, 6)
    assert {e.text for e in train}.isdisjoint(e.text for e in dev)
    assert [*train, *dev] != pairs
    assert sorted([*train, *dev], key=pairs.index) == pairs
