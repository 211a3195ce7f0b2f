"""Encoded examples in flat arrays: they come out as they went in."""

from __future__ import annotations

import numpy as np
import pytest

from seqkit.encoding import Encoded
from seqkit.tokenizers.base import EOS
from seqkit.training.batching import Streams, Targets
from seqkit.training.store import EncodedExamples, Packer, digest


def packed(*examples: Encoded) -> EncodedExamples:
    return Packer(examples).examples()


def ids(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int32)


def same(one: np.ndarray | None, other: np.ndarray | None) -> bool:
    if one is None or other is None:
        return one is other
    return (one.dtype, one.shape, one.tolist()) == (other.dtype, other.shape, other.tolist())


def rows(n: int) -> np.ndarray:
    return np.arange(3 * n, dtype=np.int32).reshape(n, 3)


KINDS = {
    "ids alone": [Encoded(ids(3, 4)), Encoded(ids()), Encoded(ids(5))],
    "a label": [Encoded(ids(3, 4), target=np.array(n, np.int64)) for n in (0, 1)],
    "several labels": [
        Encoded(ids(3), target=np.array(row, np.float32)) for row in ([0, 1], [1, 1])
    ],
    "tags": [
        Encoded(ids(3, 4, 5), target=np.array([0, -1]), steps=np.array([1, 2])),
        Encoded(ids(6), target=np.array([1]), steps=np.array([0])),
    ],
    "features": [Encoded(ids(*range(3, 3 + n)), features=rows(n)) for n in (2, 0, 3)],
    "characters": [Encoded(ids(*[3] * n), characters=rows(n).astype(np.uint16)) for n in (2, 0, 3)],
    "letters": [
        Encoded(ids(*[3] * n), letters=ids(*range(m)), places=rows(n)[:, :2])
        for n, m in ((2, 7), (0, 2), (3, 4))
    ],
    "none": [],
}


@pytest.mark.parametrize("examples", KINDS.values(), ids=KINDS)
def test_examples_come_out_as_they_went_in(examples):
    store = packed(*examples)
    assert len(store) == len(examples)
    assert store.lengths.tolist() == [len(e) for e in examples]
    for one, other in zip(store, examples, strict=True):
        for part in ("ids", "features", "characters", "target", "steps", "letters", "places"):
            assert same(getattr(one, part), getattr(other, part)), part
    if examples:
        assert same(store[-1].ids, examples[-1].ids)
        assert len(store[1:]) == len(examples) - 1
    with pytest.raises(IndexError):
        store[len(examples)]


def test_the_ids_are_one_text_that_streams_read_as_it_lies():
    store = packed(Encoded(ids(5, 6)), Encoded(ids()), Encoded(ids(7)))
    assert store.text.tolist() == [EOS, 5, 6, EOS, EOS, 7, EOS]
    assert np.shares_memory(Streams(store, batch_size=1, bptt=2).ids, store.text)


def test_ids_are_mapped_once_the_vocabulary_is_known():
    packer = Packer([Encoded(ids(3, 4)), Encoded(ids(4, 5))])
    packer.map_ids(ids(0, 1, 2, 5, 1, 3))
    assert [e.ids.tolist() for e in packer.examples()] == [[5, 1], [1, 3]]


def test_targets_of_different_types_are_refused():
    with pytest.raises(TypeError, match="targets"):
        packed(
            Encoded(ids(3), target=np.array([1], np.int64)),
            Encoded(ids(3), target=np.array([1], np.float32)),
        )


def test_targets_are_tensors_of_their_own():
    targets = Targets(packed(*KINDS["a label"]))
    assert [t.item() for t in targets] == [0, 1]
    targets[0].add_(5)
    assert [t.item() for t in targets] == [0, 1]
    assert len(Targets(packed(*KINDS["ids alone"]))) == 0


def test_the_digest_sees_every_number():
    one, other = packed(*KINDS["tags"]), packed(*KINDS["a label"])
    both = one, other
    found = {digest(a, b, c, n) for a in both for b in both for c in both for n in (1, 2)}
    assert len(found) == 16
    assert digest(one, other, one, 1) == digest(packed(*KINDS["tags"]), other, one, 1)
