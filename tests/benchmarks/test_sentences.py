"""What the programs that tag words share: the sentences, and the timing."""

from __future__ import annotations

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


@pytest.mark.parametrize(("quick", "times"), [(False, 3), (True, 1)])
def test_all_words_are_tagged_until_it_has_taken_long_enough(miniatures, peer, quick, times):
    data, sentences, clock = prepared.ewt(quick=False), peer("sentences"), Clock()
    assert sentences.read(data) == ([["Birds", "sing"]] * 2, [["NOUN", "VERB"]] * 2)

    def predict(given):
        return [["NOUN", "NOUN" if i else "VERB"] for i in range(len(given))]

    assert sentences.tag(predict, data, clock, quick=quick) == {"words": 4 * times}
    assert clock.points == [{"accuracy": 0.75}]


def test_a_tag_for_each_word_is_needed(miniatures, peer):
    def predict(given):
        return [["NOUN"] for _ in given]

    with pytest.raises(ValueError, match="zip"):
        peer("sentences").tag(predict, prepared.ewt(quick=False), Clock(), quick=True)
