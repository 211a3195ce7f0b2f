"""Blocks of examples: where they end, and what becomes of an error among them."""

from __future__ import annotations

import pytest

from seqkit import predicting
from seqkit.examples import TextExample, TokensExample
from seqkit.predicting import blocks, size


def texts(count, length=1):
    return [TextExample("x" * length, f"a:{n}") for n in range(count)]


def test_blocks_double_up_to_a_limit_and_lose_nothing():
    examples = texts(2000)
    cut = list(blocks(examples))
    assert [len(block) for block in cut] == [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 512, 465]
    assert [example for block in cut for example in block] == examples


def test_long_examples_end_a_block_early(monkeypatch):
    monkeypatch.setattr(predicting, "MOST_CHARACTERS", 10)
    assert [len(block) for block in blocks(texts(12, length=4))] == [1, 2, 3, 3, 3]
    assert [len(block) for block in blocks(texts(4, length=99))] == [1, 1, 1, 1]


def test_the_size_of_an_example_is_in_characters():
    assert size(TextExample("añb", "")) == 3
    assert size(TokensExample(("ab", "", "c"), "")) == 3


def test_nothing_makes_no_block():
    assert list(blocks([])) == []


def test_examples_are_read_as_blocks_are_asked_for():
    taken = []
    cut = blocks(taken.append(example) or example for example in texts(100))
    assert taken == []
    next(cut)
    next(cut)
    assert len(taken) == 3


def test_what_was_read_before_an_error_comes_before_it():
    def failing():
        yield from texts(5)
        raise KeyError("broken")

    cut = blocks(failing())
    assert [len(next(cut)) for _ in range(3)] == [1, 2, 2]
    with pytest.raises(KeyError, match="broken"):
        next(cut)
