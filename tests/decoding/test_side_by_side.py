"""Texts drawn side by side are those drawn alone, to the last token."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.decoding.sampling import Sampler, Sampling
from seqkit.decoding.side_by_side import pick_all
from seqkit.errors import BundleError

OPTIONS = st.builds(
    Sampling,
    temperature=st.sampled_from([0.0, 1e-40, 0.5, 1.0, 3.0]),
    top_k=st.sampled_from([0, 1, 5, 40, 1000]),
    top_p=st.sampled_from([0.1, 0.9, 1.0]),
    min_p=st.sampled_from([0.0, 0.05, 1.0]),
    repetition_penalty=st.sampled_from([0.8, 1.0, 1.3]),
    no_repeat_ngram_size=st.integers(0, 2),
)


def samplers(options, count, banned=()):
    return [Sampler(options, np.random.default_rng(n), banned=banned) for n in range(count)]


@settings(deadline=None, max_examples=150)
@given(
    OPTIONS,
    st.sampled_from([2, 3, 65, 256, 257, 700, 1024]),
    st.integers(0, 2**32),
    st.sampled_from([0.0, 1.0, 6.0]),
    st.integers(1, 9),
)
def test_each_text_gets_the_tokens_that_it_gets_alone(options, size, seed, spread, count):
    rng = np.random.default_rng(seed)
    together, alone = (samplers(options, count, banned=(0,)) for _ in range(2))
    histories = [[int(i) for i in rng.integers(0, size, n % 4)] for n in range(count)]
    for _ in range(6):
        logits = rng.normal(0, spread, (count, size)).astype(np.float32)
        logits[rng.random(logits.shape) < 0.3] = -np.inf
        logits[:, rng.integers(1, size)] = np.round(spread)  # something is possible, some alike
        expected = [
            sampler.pick(row, history)
            for sampler, row, history in zip(alone, logits, histories, strict=True)
        ]
        assert pick_all(together, logits, histories) == expected
        for history, token in zip(histories, expected, strict=True):
            history.append(token)


def test_a_text_without_any_allowed_token_takes_the_likeliest_and_no_number():
    options = Sampling(no_repeat_ngram_size=1)
    together, alone = samplers(options, 4), samplers(options, 4)
    logits = np.tile(np.array([1.0, 3.0, 2.0], np.float32), (4, 1))
    histories = [[0, 1, 2], [0], [1], []]
    assert pick_all(together, logits, histories)[0] == 1
    alone[0].pick(logits[0], histories[0])
    assert [s.uniform() for s in together[:1]] == [s.uniform() for s in alone[:1]]


def test_logits_that_are_no_numbers_are_refused():
    logits = np.zeros((5, 4), np.float32)
    logits[3, 1] = np.nan
    with pytest.raises(BundleError, match="no number"):
        pick_all(samplers(Sampling(), 5), logits, [[] for _ in range(5)])
