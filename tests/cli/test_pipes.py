"""Documents from a pipe: answered as they come, and no further read than needed."""

from __future__ import annotations

import queue
import threading
import time

import pytest

from seqkit.cli import pipes
from seqkit.cli.pipes import Pipe
from seqkit.errors import DataError
from seqkit.examples import TextExample


class Source:
    """Gives documents when the test says so."""

    def __init__(self):
        self.given = queue.SimpleQueue()

    def __iter__(self):
        while (found := self.given.get()) is not None:
            if isinstance(found, Exception):
                raise found
            yield TextExample(found, "")

    def give(self, *found):
        for one in found:
            self.given.put(one)


def texts(block):
    return [example.text for example in block]


def next_full(blocks):
    return texts(next(block for block in blocks if block))


def test_nothing_is_lost_and_blocks_double():
    examples = [TextExample(str(n), "") for n in range(3000)]
    cut = [block for block in Pipe(examples).blocks() if block]
    assert [example for block in cut for example in block] == examples
    assert len(cut[0]) == 1
    assert 2 <= max(map(len, cut)) <= 512


def test_what_has_come_is_given_though_the_pipe_stays_open():
    source = Source()
    blocks = Pipe(source).blocks()
    source.give("a")
    assert next_full(blocks) == ["a"]
    source.give("b")
    assert next_full(blocks) == ["b"]  # two were wanted
    assert next(blocks) == []
    source.give("c", None)
    assert next_full(blocks) == ["c"]
    assert list(blocks) in ([], [[]])


def test_a_slow_stream_does_not_wait_for_a_block_to_fill(monkeypatch):
    monkeypatch.setattr(pipes, "PATIENCE", 0.02)

    def trickle():
        for n in range(60):
            time.sleep(0.005)
            yield TextExample(str(n), "")

    cut = [block for block in Pipe(trickle()).blocks() if block]
    assert sum(map(len, cut)) == 60
    assert max(map(len, cut)) < 16


def test_an_error_comes_after_what_was_read_before_it():
    source = Source()
    source.give("a", "b", "c", DataError("-:4: bad"))
    found = []

    def read():
        for block in Pipe(source).blocks():
            found.extend(texts(block))

    with pytest.raises(DataError, match="-:4: bad"):
        read()
    assert found == ["a", "b", "c"]


def test_it_does_not_read_far_ahead():
    taken = []

    def endless():
        while True:
            taken.append(1)
            yield TextExample("x" * 100_000, "")

    blocks = Pipe(endless()).blocks()
    next_full(blocks)
    deadline = time.monotonic() + 10
    while len(taken) < 11 and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    assert 11 <= len(taken) <= 12
    blocks.close()


def test_nobody_asks_any_more_and_the_thread_ends():
    before = set(threading.enumerate())
    blocks = Pipe(TextExample("x", "") for _ in range(10**9)).blocks()
    next_full(blocks)
    blocks.close()
    deadline = time.monotonic() + 10
    while set(threading.enumerate()) - before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not set(threading.enumerate()) - before
