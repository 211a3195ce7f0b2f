"""What the programs that write characters share: the check of the model, and the timing."""

from __future__ import annotations

import numpy as np
import pytest


class Clock:
    """Each start and stop is a second of work."""

    trained = 0.0

    def start(self):
        """Goes on."""

    def stop(self):
        """A second has passed."""
        self.trained += 1


@pytest.fixture
def characters(peer):
    """The module."""
    return peer("characters")


@pytest.fixture
def model(characters, tmp_path):
    """A model of two characters and one id that is never drawn."""
    np.savez(tmp_path / "weights.npz", w=np.ones(2))
    logits = np.array([-1e4, 0.002, -0.001])
    np.savez(tmp_path / "seed.npz", ids=[1, 2], logits=logits, characters=["", "x", "y"])
    return characters.Model(tmp_path)


def test_a_model_has_its_seed_and_its_characters(model):
    assert model.seed == [1, 2]
    assert model.text([2, 1, 2]) == "yxy"
    assert model.weights["w"].tolist() == [1, 1]


def test_logits_are_compared_by_the_largest_that_can_be_drawn(model):
    model.check(np.array([[-1e4 + 0.5, 0.002001, -0.001], [0, 0.002, -0.001001]]))
    with pytest.raises(ValueError, match=r"off by 0\.005 of the largest"):
        model.check(np.array([[-1e4, 0.00201, -0.001]]))
    with pytest.raises(ValueError, match="off by nan"):
        model.check(np.array([[-1e4, np.nan, -0.001]]))


def test_tokens_of_all_texts_count_until_it_has_taken_long_enough(characters):
    calls = []

    def generate(batch, tokens):
        calls.append((batch, tokens))
        return ["z" * tokens] * batch

    assert characters.write(generate, Clock(), quick=False) == {"speed_1": 100, "speed_64": 6400}
    assert calls == [(1, 5), *[(1, 100)] * 2, (64, 5), *[(64, 100)] * 2]
    assert characters.write(generate, Clock(), batches=(2,), quick=True) == {"speed_2": 10}


def test_a_text_of_another_length_is_refused(characters):
    with pytest.raises(ValueError, match=r"texts of \[4, 5\]"):
        characters.write(lambda *_: ["abcd", "abcde"], Clock(), batches=(2,), quick=True)
