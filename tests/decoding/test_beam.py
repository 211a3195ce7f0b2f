"""Beam search, held against every text that a few tokens can make."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from seqkit.decoding.beam import Beam, BeamSearch
from seqkit.decoding.numerics import log_softmax
from seqkit.errors import UsageError

EOS = 2


def logits(ids: tuple[int, ...], seed: int, size: int = 5) -> np.ndarray:
    """What a model says after these tokens."""
    return np.random.default_rng([seed, *ids]).normal(0, 2, size)


def search(beam: Beam, seed: int) -> list[tuple[int, ...]]:
    paths: list[tuple[int, ...]] = [()]
    while not beam.finished:
        parents, last = beam.grow(np.array([logits(ids, seed) for ids in paths]))
        paths = [(*paths[row], token) for row, token in zip(parents, last, strict=True)]
    return beam.best()


def every_text(seed: int, tokens: int, penalty: float, stop: int = -1) -> list[tuple[int, ...]]:
    """All texts of the tokens 2, 3 and 4, the best first by Wu et al. 2016, equation 14."""
    scores = {}
    for length in range(1, tokens + 1):
        for ids in itertools.product((EOS, 3, 4), repeat=length):
            ends = [i for i, token in enumerate(ids) if token in (EOS, stop)]
            if ends[:1] == [length - 1] or (not ends and length == tokens):
                score = sum(log_softmax(logits(ids[:i], seed))[ids[i]] for i in range(length))
                scores[ids] = score / ((5 + length) ** penalty / 6**penalty)
    return sorted(scores, key=lambda ids: -scores[ids])


@pytest.mark.parametrize("penalty", [0.0, 0.6, 2.0])
@pytest.mark.parametrize("seed", range(6))
def test_a_wide_beam_finds_what_trying_every_text_finds(seed, penalty):
    options = BeamSearch(beam=100, length_penalty=penalty)
    beam = Beam(options, num=4, tokens=4, eos_id=EOS, banned=(0, 1))
    assert search(beam, seed) == every_text(seed, 4, penalty)[:4]


@pytest.mark.parametrize("seed", range(4))
def test_what_else_ends_a_text_ends_its_path(seed):
    beam = Beam(
        BeamSearch(beam=100),
        num=3,
        tokens=4,
        eos_id=EOS,
        banned=(0, 1),
        ends=lambda ids: ids[-1] == 3,
    )
    assert search(beam, seed) == every_text(seed, 4, 0.6, stop=3)[:3]


def test_a_beam_of_one_takes_the_likeliest_token_each_time():
    beam = Beam(BeamSearch(beam=1), num=1, tokens=6, eos_id=EOS)
    (found,) = search(beam, 3)
    assert found == tuple(int(logits(found[:i], 3).argmax()) for i in range(len(found)))


def test_a_penalty_prefers_longer_texts():
    found = {}
    for penalty in (0.0, 3.0):
        options = BeamSearch(beam=100, length_penalty=penalty)
        beam = Beam(options, num=1, tokens=5, eos_id=EOS, banned=(0, 1))
        found[penalty] = len(search(beam, 1)[0])
    assert found[0.0] < found[3.0]


def test_it_ends_when_no_beginning_can_catch_up():
    beam = Beam(BeamSearch(beam=2), num=1, tokens=1000, eos_id=EOS)
    beam.grow(np.array([[-50.0, -50.0, 10.0, -50.0, -50.0]]))
    assert beam.finished
    assert beam.best() == [(EOS,)]


def test_a_beam_gives_no_more_texts_than_it_is_wide():
    with pytest.raises(UsageError, match="A beam of 2 can't give 3 texts"):
        Beam(BeamSearch(beam=2), num=3, tokens=5, eos_id=EOS)


@pytest.mark.parametrize("options", [{"beam": 0}, {"beam": 2, "length_penalty": -1.0}])
def test_an_option_out_of_its_range_is_named(options):
    *_, name = options
    with pytest.raises(UsageError, match=name):
        Beam(BeamSearch(**options), num=1, tokens=5, eos_id=EOS)
