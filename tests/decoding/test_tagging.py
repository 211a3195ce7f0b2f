"""Tags of tokens: what is learnt, what is refused, what is answered, how it is scored."""

from __future__ import annotations

import numpy as np
import pytest

from seqkit.decoding.base import Wrong
from seqkit.decoding.metrics import LabelScore
from seqkit.decoding.tagging import TaggingDecoder
from seqkit.errors import BundleError, DataError
from seqkit.examples import TextExample, TokensExample
from seqkit.heads import TaggingOptions
from seqkit.predictions import TaggedToken, Tagging


def example(tags: str, line: int = 1) -> TokensExample:
    names = tuple(tags.split())
    return TokensExample(
        tokens=tuple(f"w{i}" for i in range(len(names))), source=f"data.conll:{line}", tags=names
    )


def fitted(*sentences: str, scheme: str = "auto") -> TaggingDecoder:
    decoder = TaggingDecoder(TaggingOptions(scheme=scheme))
    decoder.fit([example(tags, line) for line, tags in enumerate(sentences, start=1)])
    return decoder


def logits_for(decoder: TaggingDecoder, tags: str) -> np.ndarray:
    """Logits whose likeliest tags are these."""
    best = [decoder.labels.index(tag) for tag in tags.split()]
    return np.eye(len(decoder.labels), dtype=np.float32)[best]


def test_fit_sorts_the_tags():
    assert fitted("VERB NOUN", "ADJ NOUN").labels == ("ADJ", "NOUN", "VERB")


@pytest.mark.parametrize(
    ("sentences", "scheme", "metric"),
    [
        (("B-x I-x O",), "bio", "span_f1"),
        (("I-x O",), "io", "span_f1"),
        (("S-x B-x E-x O",), "bioes", "span_f1"),
        (("NOUN VERB",), "tags", "accuracy"),
    ],
)
def test_the_scheme_follows_the_training_tags(sentences, scheme, metric):
    decoder = fitted(*sentences)
    assert (decoder.scheme, decoder.metric) == (scheme, metric)


def test_the_scheme_survives_a_rebuild_from_the_labels():
    assert TaggingDecoder(TaggingOptions(), fitted("B-x I-x O").labels).scheme == "bio"


def test_the_options_can_name_the_scheme():
    assert fitted("B-x I-x O", scheme="tags").metric == "accuracy"
    assert fitted("B I O", scheme="bio").metric == "span_f1"


def test_a_tag_that_does_not_fit_the_named_scheme_is_refused():
    with pytest.raises(
        DataError, match=r"data\.conll:2: the tag 'E-x' does not fit the scheme 'bio'"
    ):
        fitted("B-x O", "B-x E-x", scheme="bio")


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        (
            [TokensExample(tokens=("a", "b"), source="data.conll:5", tags=())],
            "data.conll:5: 2 tokens but 0 tags",
        ),
        ([TextExample(text="plain", source="f.txt")], "f.txt: a plain text"),
        ([example("O O")], "every training token has the same tag 'O'"),
        ([], "the training data holds no tag"),
    ],
)
def test_training_data_of_no_use_is_refused(examples, message):
    with pytest.raises(DataError, match=message):
        TaggingDecoder(TaggingOptions()).fit(examples)


def test_the_target_is_an_index_a_token():
    target = fitted("A B C").target(example("C A C"))
    assert (target.dtype, target.tolist()) == (np.int64, [2, 0, 2])


def test_the_target_of_a_tag_never_seen_is_negative():
    decoder = fitted("A B")
    assert decoder.target(example("B X A Y X")).tolist() == [1, -1, 0, -2, -1]


def test_decode_joins_tokens_with_their_likeliest_tags():
    decoder = fitted("A B C")
    logits = np.log(np.array([[1, 6, 3], [8, 1, 1]], np.float32))
    prediction = decoder.decode(logits, "f.txt", [("two", 0, 3), ("words", 4, 9)])
    assert prediction == Tagging(
        source="f.txt",
        tokens=(
            TaggedToken(text="two", tag="B", probability=pytest.approx(0.6), start=0, end=3),
            TaggedToken(text="words", tag="A", probability=pytest.approx(0.8), start=4, end=9),
        ),
    )


def test_decode_tags_gives_tags_and_probabilities():
    tags, probabilities = fitted("A B").decode_tags(np.log(np.array([[1, 3], [9, 1]])))
    assert (tags, probabilities) == (["B", "A"], pytest.approx([0.75, 0.9]))


def test_as_many_tokens_as_logits_are_wanted():
    with pytest.raises(ValueError, match="argument"):
        fitted("A B").decode(np.zeros((2, 2)), "-", [("one", 0, 3)])


def test_a_text_without_tokens_gets_an_explicit_answer():
    decoder = fitted("A B")
    assert decoder.decode_empty("f.txt") == Tagging(source="f.txt", tokens=())
    assert decoder.decode(np.zeros((0, 2), np.float32), "f.txt") == decoder.decode_empty("f.txt")


def test_logits_that_are_no_numbers_are_refused():
    with pytest.raises(BundleError, match="the model's output is no number"):
        fitted("A B").decode_tags(np.array([[0, np.nan]]))


def test_plain_tags_score_by_accuracy_alone():
    decoder = fitted("A B C")
    logits = [logits_for(decoder, "A B"), logits_for(decoder, "C A C")]
    targets = [decoder.target(example("A B")), decoder.target(example("C C A"))]
    assert decoder.score(logits, targets) == {"accuracy": 3 / 5}
    assert decoder.report(logits, targets) == (
        LabelScore(label="A", precision=0.5, recall=0.5, f1=0.5, support=2),
        LabelScore(label="B", precision=1.0, recall=1.0, f1=1.0, support=1),
        LabelScore(label="C", precision=0.5, recall=0.5, f1=0.5, support=2),
    )


def test_spans_score_by_type_start_and_end():
    decoder = fitted("B-x I-x B-y O")
    logits = [logits_for(decoder, "B-x I-x O B-y"), logits_for(decoder, "B-x O")]
    targets = [decoder.target(example("B-x I-x O B-y")), decoder.target(example("B-x I-x"))]
    assert decoder.score(logits, targets) == {
        "accuracy": 5 / 6,
        "span_precision": pytest.approx(2 / 3),
        "span_recall": pytest.approx(2 / 3),
        "span_f1": pytest.approx(2 / 3),
    }
    assert decoder.report(logits, targets) == (
        LabelScore(label="x", precision=0.5, recall=0.5, f1=0.5, support=2),
        LabelScore(label="y", precision=1.0, recall=1.0, f1=1.0, support=1),
    )


def test_spans_of_a_type_never_seen_count_as_missed():
    decoder = fitted("B-x O")
    logits = [logits_for(decoder, "B-x O B-x")]
    targets = [decoder.target(example("B-x B-new B-other"))]
    assert decoder.score(logits, targets) == {
        "accuracy": 1 / 3,
        "span_precision": 0.5,
        "span_recall": pytest.approx(1 / 3),
        "span_f1": 0.4,
    }
    assert [(row.label, row.support) for row in decoder.report(logits, targets)] == [
        ("new", 1),
        ("other", 1),
        ("x", 1),
    ]


def test_tags_never_seen_keep_their_numbers_when_saved(tmp_path):
    decoder = fitted("A B")
    assert decoder.target(example("X Y")).tolist() == [-1, -2]
    decoder.save(tmp_path)
    again = TaggingDecoder(decoder.options, decoder.labels)
    again.load(tmp_path)
    assert again.target(example("Y Z X")).tolist() == [-2, -3, -1]


def test_a_confusion_matrix_leaves_out_tags_never_seen():
    decoder = fitted("A B C")
    logits = [logits_for(decoder, "A B C"), logits_for(decoder, "C A")]
    targets = [decoder.target(example("A A C")), decoder.target(example("B X"))]
    assert decoder.confusion(logits, targets) == ((1, 1, 0), (0, 0, 1), (0, 0, 1))


def test_mistakes_name_the_token():
    decoder = fitted("A B")
    logits = np.log(np.array([[1, 3], [1, 4], [9, 1]], np.float32))
    assert decoder.mistakes(logits, decoder.target(example("A B X"))) == [
        Wrong(0, "A", "B", pytest.approx(0.75)),
        Wrong(2, "X", "A", pytest.approx(0.9)),
    ]


def test_nothing_can_not_be_scored():
    decoder = fitted("A B")
    with pytest.raises(DataError, match="nothing to score"):
        decoder.score([np.zeros((0, 2))], [np.zeros(0, np.int64)])


def chained(*sentences: str, scheme: str = "auto") -> TaggingDecoder:
    decoder = TaggingDecoder(TaggingOptions(scheme=scheme, crf=True))
    decoder.fit([example(tags, line) for line, tags in enumerate(sentences, start=1)])
    return decoder


class TestChain:
    """With transitions between tags."""

    def test_tags_are_those_of_the_likeliest_sequence(self):
        """I-x is the likeliest second tag alone, but can't stand after O."""
        decoder = chained("B-x I-x O")
        logits = np.log(np.array([[1, 1, 8], [2, 5, 3]], np.float32))
        # O O: 24, O B: 16, B I: 5, B O: 3, B B: 2, and I-x begins none
        tags, probabilities = decoder.decode_tags(logits)
        assert tags == ["O", "O"]
        assert probabilities == pytest.approx([40 / 50, 27 / 50])
        assert decoder.score([logits], [decoder.target(example("O O"))])["accuracy"] == 1

    def test_several_sentences_are_answered_as_one_by_one(self):
        decoder = chained("B-x I-x O O", "O B-x B-x I-x I-x")
        rng = np.random.default_rng(0)
        decoder.learn(rng.normal(size=(4, 4)).astype(np.float32))
        logits = [rng.normal(size=(n, 3)).astype(np.float32) for n in (3, 0, 1, 6)]
        tokens = [[(f"w{i}", 3 * i, 3 * i + 2) for i in range(len(row))] for row in logits]
        sources = ["a", "b", "c", "d"]
        together = decoder.decode_all(logits, sources, tokens)
        for answer, *given in zip(together, logits, sources, tokens, strict=True):
            alone = decoder.decode(*given)
            assert answer.source == alone.source
            assert [(t.text, t.tag, t.start) for t in answer.tokens] == [
                (t.text, t.tag, t.start) for t in alone.tokens
            ]
            assert [t.probability for t in answer.tokens] == pytest.approx(
                [t.probability for t in alone.tokens]
            )

    def test_the_likeliest_sequences_have_their_probabilities(self):
        decoder = chained("B-x I-x O")
        logits = np.log(np.array([[1, 1, 8], [2, 5, 3]], np.float32))
        assert decoder.n_best(logits, 3) == [
            (["O", "O"], pytest.approx(24 / 50)),
            (["O", "B-x"], pytest.approx(16 / 50)),
            (["B-x", "I-x"], pytest.approx(5 / 50)),
        ]
        assert len(decoder.n_best(logits, 100)) == 5

    def test_a_scheme_by_name_refuses_data_in_another(self):
        with pytest.raises(
            DataError, match=r"data\.conll:2: 'I-x' after 'O' does not fit the scheme 'bio'"
        ):
            chained("B-x I-x O", "O I-x", scheme="bio")
        with pytest.raises(DataError, match=r"'I-x' after the sentence's beginning"):
            chained("I-x O", scheme="bio")
        with pytest.raises(DataError, match=r"its end after 'B-x' does not fit the scheme 'bioes'"):
            chained("O B-x", scheme="bioes")

    def test_without_a_name_what_the_data_show_is_possible(self):
        """IOB1, where a span begins with I unless it follows another of its type."""
        decoder = chained("I-x I-x B-x O I-x")
        assert decoder.scheme == "bio"
        assert decoder.target(example("O I-x")).tolist() == [2, 1]

    def test_a_tag_that_can_not_stand_there_counts_as_wrong(self):
        decoder = chained("B-x I-x O")
        target = decoder.target(example("O I-x I-x"))
        assert target.tolist() == [2, -1, 1]
        logits = logits_for(decoder, "O B-x I-x")
        assert decoder.score([logits], [target])["accuracy"] == 2 / 3
        assert [(w.step, w.truth) for w in decoder.mistakes(logits, target)] == [(1, "I-x")]

    def test_it_survives_saving(self, tmp_path):
        decoder = chained("B-x I-x O")
        decoder.learn(np.arange(16, dtype=np.float32).reshape(4, 4))
        decoder.save(tmp_path)
        again = TaggingDecoder(decoder.options, decoder.labels)
        again.load(tmp_path)
        logits = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
        assert again.decode_tags(logits) == decoder.decode_tags(logits)

    def test_of_other_labels_it_is_refused(self, tmp_path):
        chained("B-x I-x O").save(tmp_path)
        with pytest.raises(BundleError, match=r"transitions\.safetensors is damaged"):
            TaggingDecoder(TaggingOptions(crf=True), ("A", "B")).load(tmp_path)

    def test_without_crf_nothing_is_written(self, tmp_path):
        fitted("B-x I-x O").save(tmp_path)
        assert list(tmp_path.iterdir()) == []


def test_tags_that_stand_alone_have_likeliest_sequences_too():
    found = fitted("A B").n_best(np.log(np.array([[1, 3], [9, 1]])), 2)
    assert found == [(["B", "A"], pytest.approx(0.675)), (["A", "A"], pytest.approx(0.225))]


def test_a_long_document_has_its_probabilities_computed_in_parts(monkeypatch):
    decoder = TaggingDecoder(TaggingOptions(), ("A", "B"))
    logits = np.random.default_rng(0).standard_normal((7, 2)).astype(np.float32)
    at_once = decoder.decode_tags(logits)
    monkeypatch.setattr("seqkit.decoding.tagging._ROWS", 3)
    assert decoder.decode_tags(logits) == at_once
    assert len(at_once[1]) == 7


def calibrating(*sentences: str, crf: bool = False) -> TaggingDecoder:
    decoder = TaggingDecoder(TaggingOptions(calibrate=True, crf=crf))
    decoder.fit([example(tags) for tags in sentences])
    return decoder


class TestCalibration:
    #: Odds of 4 to 1 each, of which three in four are right: they should be 3 to 1.
    sure = np.log(np.array([[4, 1], [4, 1], [1, 4], [1, 4]], dtype=np.float32))

    def test_one_temperature_is_found_by_all_tokens(self):
        decoder = calibrating("A B")
        targets = [decoder.target(example(tags)) for tags in ("A A B", "A")]
        logits = [self.sure[:3], self.sure[3:]]
        before = decoder.calibration(logits, targets)
        # each is 0.8 sure, and three of the four are right
        assert before == pytest.approx(
            {"calibration_error": 0.05, "brier_score": (3 * 0.08 + 1.28) / 4}
        )
        decoder.tune(logits, targets)
        assert decoder.temperature == pytest.approx(np.log(4) / np.log(3))
        assert decoder.calibration(logits, targets) == pytest.approx(
            {
                "calibration_error": 0.0,
                "brier_score": (3 * 0.125 + 1.125) / 4,
                "calibration_error_before": 0.05,
                "brier_score_before": (3 * 0.08 + 1.28) / 4,
            },
            abs=1e-6,
        )

    def test_every_probability_is_mended_and_no_tag_is_moved(self):
        decoder = calibrating("A B")
        decoder.temperature = 2.0  # odds of 4 to 1 become 2 to 1
        tags, told = decoder.decode_tags(self.sure)
        assert tags == ["A", "A", "B", "B"]
        assert told == pytest.approx([2 / 3] * 4)
        assert decoder.probabilities(self.sure)[0] == pytest.approx([2 / 3, 1 / 3])
        (wrong,) = decoder.mistakes(self.sure[:2], decoder.target(example("A B")))
        assert wrong == Wrong(1, "B", "A", pytest.approx(2 / 3))

    def test_a_tag_without_a_logit_teaches_nothing_and_is_never_right(self):
        decoder = calibrating("A B")
        targets = [decoder.target(example(tags)) for tags in ("A A B", "A", "X")]
        logits = [self.sure[:3], self.sure[3:], self.sure[:1]]
        decoder.tune(logits, targets)
        assert decoder.temperature == pytest.approx(np.log(4) / np.log(3))
        found = decoder.calibration(logits, targets)
        assert found["calibration_error"] == pytest.approx(0.75 - 3 / 5)
        assert found["brier_score"] == pytest.approx((4 * 0.375 + 0.75**2 + 0.25**2) / 5)

    def test_with_a_chain_it_is_the_marginals_that_are_mended(self):
        decoder, plain = (calibrating("B-x I-x O O", "O B-x O", crf=True) for _ in range(2))
        rng = np.random.default_rng(3)
        L = len(decoder.labels)
        scores = rng.normal(size=(L + 1, L + 1)).astype(np.float32)
        for each in (decoder, plain):
            each.learn(scores)
        logits = [rng.normal(size=(n, L)).astype(np.float32) for n in (4, 3, 1, 6)]
        tags = ["B-x I-x O O", "O O B-x", "O", "O O B-x O O B-x"]
        targets = [decoder.target(example(row)) for row in tags]
        for row, target in zip(logits, targets, strict=True):
            row[np.arange(len(row)), target] += 2  # more right than wrong
        decoder.tune(logits, targets)
        T = decoder.temperature
        assert 0.1 < T < 10
        assert T != 1
        likely = np.concatenate([plain.probabilities(row) for row in logits])

        def loss(temperature: float) -> float:
            told = likely ** (1 / temperature)
            told /= told.sum(axis=1, keepdims=True)
            return -np.log(told[np.arange(len(told)), np.concatenate(targets)]).sum()

        assert loss(T) <= min(loss(T * 1.01), loss(T / 1.01))
        for row in logits:
            powers = plain.probabilities(row) ** (1 / T)
            mended = powers / powers.sum(axis=1, keepdims=True)
            np.testing.assert_allclose(decoder.probabilities(row), mended, rtol=1e-9, atol=1e-15)
            path, told = decoder.decode_tags(row)
            assert path == plain.decode_tags(row)[0]
            columns = [decoder.labels.index(tag) for tag in path]
            sure = mended[np.arange(len(row)), columns]
            np.testing.assert_allclose(told, sure, rtol=1e-9, atol=1e-15)
            assert decoder.n_best(row, 2) == plain.n_best(row, 2)

    def test_with_a_chain_what_is_sure_is_the_answer_not_the_likeliest_of_each(self):
        """Of two paths a tag may be in the best and yet not be the likeliest."""
        decoder = calibrating("A B", "B A", crf=True)
        L = len(decoder.labels)
        scores = np.zeros((L + 1, L + 1), np.float32)
        scores[0, 0] = 1.0  # A to A
        decoder.learn(scores)
        decoder.chain = type(decoder.chain)(scores, np.ones_like(decoder.chain.allowed))
        logits = np.log(np.array([[0.3, 0.7], [0.55, 0.45]], dtype=np.float32))
        path, told = decoder.decode_tags(logits)
        assert path == ["A", "A"]
        assert told[0] < 0.5  # all paths but the best begin with B
        found = decoder.calibration([logits], [decoder.target(example("A A"))])
        apart = [1 - probability for probability in told]
        assert found["calibration_error"] == pytest.approx(np.mean(apart))

    @pytest.mark.parametrize("crf", [False, True])
    def test_it_is_kept(self, tmp_path, crf):
        decoder = calibrating("A B", crf=crf)
        decoder.temperature = 1.5
        decoder.save(tmp_path)
        again = TaggingDecoder(decoder.options, decoder.labels)
        again.load(tmp_path)
        assert again.temperature == 1.5
        (tmp_path / "temperature.json").write_text('{"temperature": 0}')
        with pytest.raises(BundleError, match="out of range"):
            again.load(tmp_path)

    def test_members_of_a_mean_have_theirs_counted(self):
        decoder = calibrating("A B")
        assert decoder.of_mean() is decoder
        decoder.temperature = 2.0
        mean = decoder.of_mean()
        told = decoder.probabilities(self.sure)
        np.testing.assert_allclose(mean.probabilities(mean.logits_of(told)), told)

    def test_logits_that_are_no_numbers_are_refused(self):
        decoder = calibrating("A B")
        targets = [decoder.target(example("A"))]
        for use in (decoder.tune, decoder.calibration):
            with pytest.raises(BundleError):
                use([np.array([[np.nan, 0]], dtype=np.float32)], targets)
        with pytest.raises(DataError):
            decoder.tune([], [])
