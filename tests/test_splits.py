"""What is held out of the training examples."""

from __future__ import annotations

from seqkit.examples import TextExample, TokensExample
from seqkit.splits import hold_out as parted


def hold_out(examples, fraction: float, *, streams: bool) -> tuple[list, list]:
    train, dev = parted(examples, fraction, streams=streams)
    found = list(train), list(dev)
    assert found == (list(train), list(dev))  # in each pass
    return found


TEXTS = [TextExample(f"text {n}", f"a:{n}") for n in range(20)]


def test_examples_are_parted_without_loss_and_keep_their_order():
    train, dev = hold_out(TEXTS, 0.25, streams=False)
    assert (len(train), len(dev)) == (15, 5)
    assert sorted([*train, *dev], key=TEXTS.index) == TEXTS
    assert dev == sorted(dev, key=TEXTS.index)
    assert dev != TEXTS[-5:]


def test_the_choice_is_always_the_same():
    assert hold_out(TEXTS, 0.25, streams=False) == hold_out(list(TEXTS), 0.25, streams=False)


def test_of_running_text_the_end_is_held_out():
    train, dev = hold_out([TextExample("abcdef", "a"), TextExample("ghij", "b")], 0.5, streams=True)
    assert [(e.text, e.source) for e in train] == [("abcde", "a")]
    assert [(e.text, e.source) for e in dev] == [("f", "a"), ("ghij", "b")]


def test_given_tokens_of_running_text_are_joined():
    train, dev = hold_out([TokensExample(("a", "b"), "a")], 0.34, streams=True)
    assert [e.text for e in (*train, *dev)] == ["a ", "b"]


def test_nothing_is_held_out_for_a_share_of_nothing():
    for streams in (False, True):
        train, dev = hold_out(TEXTS, 0.0, streams=streams)
        assert (train, dev) == (TEXTS, [])


def test_a_label_that_is_drawn_alone_stays_in_training():
    common = [TextExample(f"text {n}", f"a:{n}", ("common",)) for n in range(10)]
    for place in range(11):
        rare = TextExample("rare", "b", ("rare", "common"))
        train, dev = hold_out([*common[:place], rare, *common[place:]], 0.5, streams=False)
        assert rare in train
        assert len(dev) >= 4
