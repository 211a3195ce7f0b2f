"""What the programs that label reviews share: their order, padding, and the timing."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import prepared


class Clock:
    """Each start and stop is a second of work."""

    def __init__(self):
        self.trained, self.points = 0.0, []

    def start(self):
        """Goes on."""

    def stop(self):
        """A second has passed."""
        self.trained += 1

    def point(self, **scores):
        """Noted."""
        self.points.append(scores)


@pytest.fixture
def reviews(peer):
    """The module."""
    return peer("reviews")


def test_reviews_held_out_come_last_in_ids_and_in_texts(miniatures, reviews):
    data = prepared.imdb(quick=False)
    arrays = np.load(data / "ids.npz")
    ids, texts = reviews.numbered(data, quick=False), reviews.written(data, quick=False)
    assert (len(ids.inputs), ids.held_out) == (len(texts.inputs), texts.held_out) == (20, 4)
    assert [len(each) for each in ids.inputs[-4:]] == arrays["dev_lengths"].tolist()
    assert ids.labels[-4:].tolist() == arrays["dev_labels"].tolist()
    lines = (data / "dev.txt").read_text().splitlines()
    assert [line.split(" ", 1)[1] for line in lines] == list(texts.inputs[-4:])
    assert texts.labels.tolist() == [int(text.startswith("lovely")) for text in texts.inputs]


def test_a_quick_run_keeps_the_last(reviews):
    few = reviews.Reviews(list("abcd"), np.array([0, 1, 1, 0]), 2).last(3)
    assert (few.inputs, few.labels.tolist(), few.held_out) == (["b", "c", "d"], [1, 1, 0], 2)


def test_padding_stands_at_the_end(reviews):
    x, lengths = reviews.padded([np.array([5, 6]), np.array([7])], 3)
    assert x.tolist() == [[5, 6, 0], [7, 0, 0]]
    assert lengths.tolist() == [2, 1]


@pytest.mark.parametrize(("quick", "documents"), [(False, 8), (True, 4)])
def test_all_are_labelled_until_it_has_taken_long_enough(tmp_path, reviews, quick, documents):
    kept = tmp_path / "labels.npy"
    np.save(kept, np.array([9, 1, 0, 0, 0]))  # of one more, before those of a quick run
    given = reviews.Reviews(list("abcd"), np.array([0, 0, 1, 1]), 2)
    clock = Clock()

    def predict(inputs):
        return np.array([letter in "ad" for letter in inputs])

    facts = reviews.label(predict, given, clock, same_as=kept, quick=quick)
    assert facts == {"documents": documents, "different": 1}
    assert clock.points == [{"accuracy": 0.5}]
    assert "different" not in reviews.label(predict, given, clock, quick=True)
