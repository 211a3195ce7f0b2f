"""What each sampling rule keeps, and what the sampler draws."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from seqkit.decoding.numerics import softmax
from seqkit.decoding.rules import (
    ban,
    draw,
    heat,
    min_p,
    penalise_repetition,
    top_k,
    top_p,
)
from seqkit.decoding.sampling import Sampler, Sampling
from seqkit.errors import BundleError, UsageError

# Few distinct values give ties, wide ranges give peaks; up to 200 is past the block shortcuts.
ROWS = hnp.arrays(
    np.float32,
    st.integers(1, 200),
    elements=st.one_of(st.floats(-20, 20, width=32), st.sampled_from([0.0, 1.0, 2.0])),
)
OPTIONS = st.builds(
    Sampling,
    temperature=st.sampled_from([0.0, 1e-40, 0.5, 1.0, 3.0]),
    top_k=st.integers(0, 50),
    top_p=st.sampled_from([0.1, 0.9, 1.0]),
    min_p=st.sampled_from([0.0, 0.05, 1.0]),
    repetition_penalty=st.sampled_from([0.8, 1.0, 1.3]),
    no_repeat_ngram_size=st.integers(0, 3),
)


def sampler(seed: int = 0, banned: tuple[int, ...] = (), **options: object) -> Sampler:
    return Sampler(Sampling(**options), np.random.default_rng(seed), banned=banned)


def heated(logits: np.ndarray, temperature: float = 1.0) -> np.ndarray:
    bent = logits.copy()
    heat(bent, temperature)
    return bent


def write(drawer: Sampler, logits: np.ndarray, length: int) -> list[int]:
    history: list[int] = []
    for _ in range(length):
        history.append(drawer.pick(logits, history))
    return history


# The rules, each alone


@settings(deadline=None, max_examples=100)
@given(ROWS, st.integers(1, 250))
def test_top_k_keeps_the_k_likeliest_and_ties_of_the_last(logits, k):
    least = np.sort(logits)[::-1][:k][-1]
    assert top_k(logits, k).tolist() == np.flatnonzero(logits >= least).tolist()


def test_top_k_of_a_large_row_keeps_exactly_k():
    logits = np.random.default_rng(0).permutation(32_000).astype(np.float32)
    for k in (1, 50, 499, 501, 31_999):
        assert top_k(logits, k).tolist() == np.flatnonzero(logits >= 32_000 - k).tolist()


def test_top_k_keeps_no_impossible_token():
    assert top_k(np.array([-np.inf, 1, -np.inf, 0], np.float32), 3).tolist() == [1, 3]


@settings(deadline=None, max_examples=100)
@given(ROWS, st.floats(0.01, 1))
def test_top_p_keeps_the_smallest_set_that_reaches_p(logits, p):
    kept = top_p(np.exp(heated(logits)), p)
    probabilities = softmax(logits.astype(np.float64))
    assert probabilities[kept].sum() >= p - 1e-6
    # Without its least likely token it would fall short, and no larger token was passed over.
    assert probabilities[kept].sum() - probabilities[kept].min() < p + 1e-6
    left_out = np.delete(probabilities, kept)
    assert left_out.size == 0 or left_out.max() <= probabilities[kept].min() + 1e-6
    assert (np.diff(kept) > 0).all()


def test_top_p_of_equally_likely_tokens_keeps_the_first():
    assert top_p(np.ones(10, np.float32), 0.35).tolist() == [0, 1, 2, 3]
    assert top_p(np.array([0, 5, 0, 5, 0], np.float32), 0.4).tolist() == [1]


@pytest.mark.parametrize("spread", [0.0, 0.3, 3.0, 5.0])
def test_top_p_of_a_large_row_looks_as_far_as_it_must(spread):
    logits = np.random.default_rng(1).normal(0, spread, 20_000).astype(np.float32)
    probabilities = np.sort(softmax(logits.astype(np.float64)))[::-1]
    expected = int(np.searchsorted(probabilities.cumsum(), 0.9)) + 1
    assert len(top_p(np.exp(logits), 0.9)) == pytest.approx(expected, abs=1)


@settings(deadline=None, max_examples=100)
@given(ROWS, st.floats(0.01, 1))
def test_min_p_keeps_what_is_not_far_less_likely_than_the_likeliest(logits, p):
    ratio = np.exp(logits.astype(np.float64) - logits.max())
    kept = min_p(heated(logits), p)
    assert (ratio[kept] >= p * (1 - 1e-5)).all()
    assert (ratio[~kept] <= p * (1 + 1e-5)).all()


def test_repetition_penalty_divides_positive_and_multiplies_negative_logits_once():
    logits = np.array([2.0, -2.0, 3.0, 0.0])
    penalise_repetition(logits, np.array([0, 1, 1, 3]), 2.0)
    assert logits.tolist() == [1.0, -4.0, 3.0, 0.0]


def test_banning_makes_impossible():
    logits = np.array([1.0, 2.0, 3.0])
    ban(logits, [0, 2])
    assert logits.tolist() == [-np.inf, 2.0, -np.inf]


def test_heat_divides_differences_from_the_likeliest():
    assert heated(np.array([1.0, 3.0, -np.inf]), 0.5).tolist() == [-4.0, 0.0, -np.inf]


@pytest.mark.parametrize("temperature", [1e-320, 1e-40, 1e-10])
def test_the_least_temperature_leaves_the_likeliest(temperature):
    logits = np.array([1, 3, 2, np.finfo(np.float32).min], np.float32)
    assert softmax(heated(logits, temperature)).tolist() == [0, 1, 0, 0]


@pytest.mark.parametrize(
    ("uniform", "index"), [(0.0, 1), (0.249, 1), (0.251, 3), (0.999, 3), (1 - 2**-53, 3)]
)
def test_draw_inverts_the_cumulative_distribution(uniform, index):
    assert draw(np.array([0, 1, 0, 3, 0], np.float32), uniform) == index


@settings(deadline=None, max_examples=50)
@given(st.integers(1, 3000), st.integers(0, 2**32), st.sampled_from([0.0, 0.5, 1 - 2**-53]))
def test_draw_finds_a_possible_token_at_any_length(length, seed, uniform):
    generator = np.random.default_rng(seed)
    logits = generator.normal(0, 5, length).astype(np.float32)
    logits[generator.random(length) < 0.5] = -np.inf
    logits[generator.integers(length)] = 0
    index = draw(np.exp(logits), uniform)
    assert logits[index] > -np.inf
    share = softmax(logits.astype(np.float64)).cumsum()
    assert share[index] >= uniform - 1e-5
    assert index == 0 or share[index - 1] <= uniform + 1e-5


# The sampler


@settings(deadline=None, max_examples=100)
@given(ROWS, OPTIONS, st.integers(0, 2**32), st.data())
def test_a_banned_id_is_never_drawn(logits, options, seed, data):
    ids = st.integers(0, len(logits) - 1)
    banned = data.draw(st.sets(ids, max_size=len(logits) - 1))
    drawer = Sampler(options, np.random.default_rng(seed), banned=tuple(banned))
    assert banned.isdisjoint(write(drawer, logits, 8))


@settings(deadline=None, max_examples=50)
@given(ROWS, OPTIONS, st.integers(0, 2**32))
def test_the_same_seed_draws_the_same(logits, options, seed):
    first, second = (
        write(Sampler(options, np.random.default_rng(seed)), logits, 10) for _ in range(2)
    )
    assert first == second


@settings(deadline=None, max_examples=50)
@given(ROWS, OPTIONS, st.integers(0, 2**32))
def test_every_rule_holds_of_what_is_drawn(logits, options, seed):
    options = Sampling(top_k=options.top_k, top_p=options.top_p, min_p=options.min_p)
    ids = np.arange(len(logits))
    if options.top_k:
        ids = ids[top_k(logits, options.top_k)]
    ids = ids[top_p(np.exp(heated(logits[ids])), options.top_p)]
    ids = ids[min_p(heated(logits[ids]), options.min_p or 1e-30)]
    assert Sampler(options, np.random.default_rng(seed)).pick(logits, []) in ids


@settings(deadline=None, max_examples=50)
@given(ROWS)
def test_temperature_zero_takes_the_likeliest_and_no_random_number(logits):
    generator = np.random.default_rng(0)
    before = generator.bit_generator.state
    assert Sampler(Sampling(temperature=0), generator).pick(logits, []) == int(logits.argmax())
    assert generator.bit_generator.state == before


def test_each_draw_takes_one_random_number():
    generator, other = np.random.default_rng(3), np.random.default_rng(3)
    write(Sampler(Sampling(top_k=3, top_p=0.9), generator), np.arange(5, dtype=np.float32), 4)
    other.random(4)
    assert generator.random() == other.random()


@pytest.mark.parametrize(
    ("options", "weights"),
    [
        ({}, [1, 2, 3, 4, 10]),
        ({"temperature": 0.5}, [1, 4, 9, 16, 100]),
        ({"top_k": 3}, [0, 0, 3, 4, 10]),
        ({"top_p": 0.8}, [0, 0, 3, 4, 10]),
        ({"min_p": 0.25}, [0, 0, 3, 4, 10]),
        ({"top_k": 4, "top_p": 0.7, "temperature": 0.5}, [0, 0, 0, 0, 1]),
        ({"top_k": 3, "top_p": 0.9, "min_p": 0.35}, [0, 0, 0, 4, 10]),
    ],
)
def test_draws_follow_the_distribution(options, weights):
    logits = np.log(np.array([1, 2, 3, 4, 10], np.float32))
    drawer, draws = sampler(5, **options), 4000
    observed = np.bincount([drawer.pick(logits, []) for _ in range(draws)], minlength=5)
    expected = draws * np.array(weights) / sum(weights)
    possible = expected > 0
    assert observed[~possible].sum() == 0
    statistic = ((observed - expected)[possible] ** 2 / expected[possible]).sum()
    # The 99.9 % quantile of chi-square with four degrees of freedom, the most there are.
    assert statistic < 18.47


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 3), st.integers(0, 2**32), st.lists(st.integers(0, 4), max_size=8))
def test_no_ngram_is_drawn_twice_while_another_is_possible(size, seed, seed_text):
    drawer = Sampler(Sampling(no_repeat_ngram_size=size), np.random.default_rng(seed))
    logits, history = np.zeros(5, np.float32), list(seed_text)
    for _ in range(20):
        context = tuple(history[len(history) - size + 1 :])
        runs = {tuple(history[i : i + size]) for i in range(len(history) - size + 1)}
        possible = {i for i in range(5) if (*context, i) not in runs}
        token = drawer.pick(logits, history)
        assert not possible or token in possible
        history.append(token)


def test_greedy_text_under_no_repeated_pairs():
    logits = np.array([3, 2, 1], np.float32)
    history = write(sampler(temperature=0, no_repeat_ngram_size=2), logits, 6)
    assert history == [0, 0, 1, 0, 2, 0]


def test_the_penalty_counts_the_seed_text_and_what_was_drawn():
    drawer = sampler(temperature=0, repetition_penalty=2.0)
    logits = np.array([3.0, 2.0, 1.6], np.float32)
    assert drawer.pick(logits, [0]) == 1
    assert drawer.pick(logits, [0, 1]) == 2
    assert drawer.pick(logits, [0, 1, 2]) == 0


def test_where_no_token_is_left_the_likeliest_unbanned_is_taken():
    drawer = sampler(no_repeat_ngram_size=1, banned=(0,))
    logits = np.array([9, 1, 3, 2], np.float32)
    assert drawer.pick(logits, [1, 2, 3]) == 2


@pytest.mark.parametrize("options", [{}, {"repetition_penalty": 2.0}, {"temperature": 0.0}])
def test_the_logits_stay_as_they_are(options):
    logits = np.arange(5, dtype=np.float32)
    sampler(banned=(4,), **options).pick(logits, [3])
    assert logits.tolist() == [0, 1, 2, 3, 4]


def test_impossible_tokens_do_not_lead_to_a_banned_one():
    assert sampler(banned=(0, 1)).pick(np.full(4, -np.inf, np.float32), []) == 2


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_logit_that_is_no_number_is_refused(temperature):
    with pytest.raises(BundleError, match="the model's output is no number"):
        sampler(temperature=temperature).pick(np.array([0, np.nan, 1], np.float32), [])


@pytest.mark.parametrize("history", [[1, 2], [1, 2, 4]])
def test_a_history_of_another_sequence_is_refused(history):
    drawer = sampler()
    drawer.pick(np.zeros(5, np.float32), [1, 2, 3])
    with pytest.raises(ValueError, match="does not go on"):
        drawer.pick(np.zeros(5, np.float32), history)


@pytest.mark.parametrize(
    "options",
    [
        {"temperature": -0.1},
        {"temperature": float("nan")},
        {"temperature": float("inf")},
        {"top_k": -1},
        {"top_p": 0.0},
        {"top_p": 1.5},
        {"min_p": -0.5},
        {"repetition_penalty": 0.0},
        {"no_repeat_ngram_size": -2},
    ],
)
def test_an_option_out_of_its_range_is_named(options):
    (name,) = options
    with pytest.raises(UsageError, match=name):
        sampler(**options)


def test_a_vocabulary_that_is_banned_whole_is_refused():
    with pytest.raises(ValueError, match="empty sequence"):
        sampler(banned=(0, 1)).pick(np.zeros(2, np.float32), [])
