"""Bytes and examples that are written once and read several times."""

from __future__ import annotations

import errno
import os
import tempfile

import numpy as np
import pytest

from seqkit.errors import TrainingError
from seqkit.examples import TextExample, TokensExample
from seqkit.training import spool
from seqkit.training.spool import Examples, Spool

EXAMPLES = [
    TextExample("a text, naïve\n", "a:1", ("yes",)),
    TextExample("", "a:2"),
    TextExample("\ud800 \U0001f600", "a:3", ("x", "")),
    TokensExample(("one", "tw o", ""), "b:1", ("A", "B", "C")),
    TokensExample((), "b:2"),
    TokensExample(("one",), "b:3"),
    TokensExample(("one",), "b:4", ("A",), document="b:é"),
    TextExample("one", "b:5", document="b"),
    TextExample("long " * 400_000, "c"),
]

sizes = pytest.mark.parametrize("most", [0, 100, 1 << 30])


@sizes
@pytest.mark.parametrize("as_objects", [0, 700, 1 << 30])
def test_examples_come_back_in_every_pass(monkeypatch, most, as_objects):
    monkeypatch.setattr(spool, "MOST_IN_MEMORY", most)
    monkeypatch.setattr(spool, "CHUNK", 4096)
    monkeypatch.setattr(spool, "MOST_AS_OBJECTS", as_objects)
    examples = Examples(iter(EXAMPLES))
    assert list(examples) == list(examples) == EXAMPLES
    assert list(Examples([])) == []


@sizes
def test_an_array_is_what_was_written(monkeypatch, most):
    monkeypatch.setattr(spool, "MOST_IN_MEMORY", most)
    monkeypatch.setattr(spool, "CHUNK", 64)
    made = Spool()
    for n in range(100):
        made.write(np.int32(n).tobytes())
    made.array(np.dtype(np.int32), writable=True)[:3] = 7
    array = made.array(np.dtype(np.int32))
    assert array.tolist() == [7, 7, 7, *range(3, 100)]
    assert isinstance(array, np.memmap) == (most < 400)
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1
    assert Spool().array(np.dtype(np.int64)).shape == (0,)


def test_a_full_disk_says_where_room_is_needed(monkeypatch):
    def full():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(spool, "MOST_IN_MEMORY", 0)
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(TrainingError, match=r"No space left on device in .*TMPDIR"):
        Spool().write(b"x")
