"""Batches of like lengths, and contiguous streams."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.encoding import IGNORED, Encoded
from seqkit.tokenizers.base import EOS, PAD
from seqkit.training.batching import Examples, Streams, collate, evaluation_streams, join

DOCUMENTS = st.lists(st.lists(st.integers(3, 99), max_size=30), min_size=1, max_size=8)


def encoded(*ids: int, target: object = None, steps: list[int] | None = None) -> Encoded:
    return Encoded(
        np.array(ids, dtype=np.int32),
        target=None if target is None else np.array(target, dtype=np.int64),
        steps=None if steps is None else np.array(steps, dtype=np.int64),
    )


def rng(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


class TestCollate:
    def test_pads_on_the_right(self):
        batch = collate([encoded(5, 6, 7), encoded(8)])
        assert batch.ids.tolist() == [[5, 8], [6, PAD], [7, PAD]]
        assert batch.lengths.tolist() == [3, 1]
        assert (batch.features, batch.targets, batch.tokens) == (None, None, 4)

    def test_targets_of_texts_stand_in_a_row(self):
        batch = collate([encoded(5, 6, target=1), encoded(8, target=0)])
        assert batch.targets.tolist() == [1, 0]

    def test_targets_of_several_labels_keep_their_rows(self):
        first, second = (
            Encoded(np.array([5]), target=np.array(row, np.float32)) for row in ([1, 0], [1, 1])
        )
        assert collate([first, second]).targets.tolist() == [[1, 0], [1, 1]]

    def test_targets_of_tokens_stand_where_they_are_complete(self):
        long = encoded(5, 6, 7, target=[2, 4], steps=[1, 2])
        batch = collate([long, encoded(8, target=[3], steps=[0])])
        assert batch.targets.tolist() == [[IGNORED, 3], [2, IGNORED], [4, IGNORED]]

    def test_a_tag_that_training_never_showed_is_ignored(self):
        batch = collate([encoded(5, 6, target=[-1, 2], steps=[0, 1])])
        assert batch.targets.tolist() == [[IGNORED], [2]]

    def test_features_are_padded_with_the_bucket_of_none(self):
        rows = np.array([[1, 2], [3, 4]], dtype=np.int32)
        long = Encoded(np.array([5, 6]), features=rows)
        short = Encoded(np.array([7]), features=rows[:1])
        assert collate([long, short]).features.tolist() == [[[1, 2], [1, 2]], [[3, 4], [0, 0]]]

    def test_empty_texts_have_somewhere_to_stand(self):
        batch = collate([encoded()])
        assert (batch.ids.tolist(), batch.lengths.tolist()) == ([[PAD]], [0])


class TestExamples:
    def made(self, lengths: list[int], batch_size: int = 4) -> Examples:
        # the first id tells which example it is
        return Examples(
            [encoded(*([n + 3] * length)) for n, length in enumerate(lengths)],
            batch_size=batch_size,
        )

    def orders(self, data: Examples, *seed: int, skip: int = 0) -> list[list[int]]:
        return [batch.ids[0].tolist() for batch in data.batches(rng(*seed), skip=skip)]

    def test_an_epoch_holds_every_example_once(self):
        data = self.made(list(range(1, 12)))
        batches = self.orders(data, 1, 0)
        assert sorted(i for batch in batches for i in batch) == list(range(3, 14))
        assert data.steps == len(batches) == 3
        assert data.tokens == sum(range(1, 12))

    def test_examples_of_like_length_stand_together(self):
        data = self.made([2, 100, 2, 100, 2, 100, 2, 100])
        for batch in data.batches(rng(1, 0)):
            assert len(set(batch.lengths.tolist())) == 1

    def test_the_order_depends_on_the_seed_and_the_epoch_alone(self):
        data = self.made([5] * 40)
        assert self.orders(data, 1, 0) == self.orders(data, 1, 0)
        assert self.orders(data, 1, 0) != self.orders(data, 1, 1)
        assert self.orders(data, 1, 0) != self.orders(data, 2, 0)

    @pytest.mark.parametrize("skip", [0, 1, 3, 5])
    def test_skip_goes_on_in_the_middle_of_an_epoch(self, skip):
        data = self.made(list(range(1, 18)))
        assert self.orders(data, 1, 0, skip=skip) == self.orders(data, 1, 0)[skip:]


def targets_by_stream(batches: list) -> list[list[int]]:
    """Each column's targets, put together over the windows."""
    return torch.cat([batch.targets for batch in batches]).t().tolist()


class TestStreams:
    def test_documents_are_joined_by_end_symbols(self):
        assert join([encoded(5, 6), encoded(), encoded(7)]).tolist() == [
            *(EOS, 5, 6, EOS, EOS, 7, EOS)
        ]

    def test_windows_are_contiguous_and_targets_one_step_ahead(self):
        text = list(range(3, 103))
        data = Streams([encoded(*text)], batch_size=3, bptt=7)
        batches = list(data.batches(rng(1, 0)))
        assert len(batches) == data.steps
        assert [batch.fresh for batch in batches] == [True] + [False] * (data.steps - 1)
        inputs = torch.cat([batch.ids for batch in batches])
        ahead = dict(zip([EOS, *text], [*text, EOS], strict=True))
        for column, expected in zip(inputs.t().tolist(), targets_by_stream(batches), strict=True):
            assert column[1:] == expected[:-1]
            # from the last end symbol on, the text begins again
            assert [ahead[i] for i in column if i != EOS] == [
                t for i, t in zip(column, expected, strict=True) if i != EOS
            ]

    def test_epochs_begin_at_different_places(self):
        data = Streams([encoded(*range(3, 103))], batch_size=2, bptt=8)
        first, second = (next(data.batches(rng(1, epoch))).ids for epoch in (0, 1))
        assert not torch.equal(first, second)
        assert torch.equal(first, next(data.batches(rng(1, 0))).ids)

    @pytest.mark.parametrize("skip", [0, 1, 4])
    def test_skip_goes_on_in_the_middle_of_an_epoch(self, skip):
        data = Streams([encoded(*range(3, 103))], batch_size=2, bptt=8)
        resumed = list(data.batches(rng(1, 0), skip=skip))
        for one, other in zip(resumed, list(data.batches(rng(1, 0)))[skip:], strict=True):
            assert torch.equal(one.ids, other.ids)
            assert torch.equal(one.targets, other.targets)
            assert one.fresh == other.fresh

    @settings(deadline=None, max_examples=100)
    @given(DOCUMENTS, st.integers(1, 9), st.integers(1, 9))
    def test_any_corpus_gives_whole_windows(self, documents, batch_size, bptt):
        data = Streams([encoded(*d) for d in [[5], *documents]], batch_size=batch_size, bptt=bptt)
        batches = list(data.batches(rng(1, 0)))
        assert len(batches) == data.steps >= 1
        assert sum(batch.tokens for batch in batches) == data.tokens
        total = len(data.ids) - 1
        assert total - data.batch_size < data.tokens <= total
        assert all(batch.targets.shape == batch.ids.shape for batch in batches)

    def test_a_corpus_shorter_than_the_streams_gets_fewer_of_them(self):
        data = Streams([encoded(5)], batch_size=32, bptt=64)
        (batch,) = data.batches(rng(1, 0))
        assert batch.ids.shape == (2, 1)


class TestEvaluationStreams:
    @settings(deadline=None, max_examples=100)
    @given(DOCUMENTS, st.integers(1, 9), st.integers(1, 9), st.integers(1, 9))
    def test_every_token_is_a_target_exactly_once(self, documents, window, least, most):
        documents = [encoded(*d) for d in documents]
        batches = list(evaluation_streams(documents, window=window, least=least, most=most))
        in_order = [t for stream in targets_by_stream(batches) for t in stream if t != IGNORED]
        assert in_order == join(documents).tolist()[1:]

    def test_the_input_of_a_target_is_the_token_before_it(self):
        batches = list(evaluation_streams([encoded(*range(3, 40))], window=5, least=9, most=3))
        for batch in batches:
            real = batch.targets != IGNORED
            # ids count up, from EOS = 2 and to EOS again
            step = batch.targets[real] - batch.ids[real]
            assert set(step.tolist()) <= {1, EOS - 39}

    def test_a_short_text_is_one_stream(self):
        (batch,) = evaluation_streams([encoded(5, 6)])
        assert batch.ids.tolist() == [[EOS], [5], [6]]
        assert batch.targets.tolist() == [[5], [6], [EOS]]
