"""A trained model: one answer for each text, offsets, scores, mistakes, text and suggestions."""

from __future__ import annotations

import gc
import itertools
import shutil
import threading
import time
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from seqkit import api
from seqkit.decoding.beam import BeamSearch
from seqkit.decoding.sampling import Sampling
from seqkit.errors import BundleError, DataError, UsageError
from seqkit.examples import TextExample, TokensExample
from seqkit.model import TextModel
from seqkit.predictions import Classification, MultiClassification, Tagging
from seqkit.runtimes import choice

TEXTS = ["the cat sat", "a", "", "dogs ran to the park all day long", " \t\n", "my unheard mat"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def classifier(tiny, folder) -> TextModel:
    training = {"epochs": 8, "learning_rate": 0.05}
    return tiny.train("classification", folder / "classifier", training=training)


@pytest.fixture(scope="module")
def several(tiny, folder) -> TextModel:
    """A model of the labels ``animal`` and ``place``, of which both or neither may hold."""
    rows = [
        {"text": "cat park", "label": ["animal", "place"]},
        {"text": "cat", "label": ["animal"]},
        {"text": "park", "label": ["place"]},
        {"text": "day", "label": []},
    ]
    files = [tiny.write("several.jsonl", 3 * rows)]
    return tiny.train(
        "classification",
        folder / "several",
        corpus={"train": files, "dev": files},
        head={"multi_label": True, "pooling": "max"},
        training={"epochs": 12, "learning_rate": 0.1},
    )


@pytest.fixture(scope="module")
def tagger(tiny, folder) -> TextModel:
    return tiny.train(
        "tagging",
        folder / "tagger",
        tokenizer={"name": "word", "affixes": 2},
        embedding={"feature_size": 4},
        encoder={"bidirectional": True},
        training={"epochs": 8, "learning_rate": 0.05},
    )


@pytest.fixture(scope="module")
def writer(tiny, folder) -> TextModel:
    options = {"training": {"epochs": 25, "learning_rate": 0.03}, "encoder": {"hidden_size": 24}}
    return tiny.train("generation", folder / "writer", **options)


@pytest.fixture(scope="module")
def word_writer(tiny, folder) -> TextModel:
    options = {"training": {"epochs": 25, "learning_rate": 0.03}, "tokenizer": {"name": "word"}}
    return tiny.train("generation", folder / "words", **options)


class Counted:
    """Texts without end, and how many of them were asked for."""

    def __init__(self) -> None:
        self.taken = 0

    def __iter__(self) -> Iterator[str]:
        for n in itertools.count(1):
            self.taken = n
            yield "a cat"


class TestClassify:
    def test_one_text_gives_one_answer(self, classifier):
        answer = classifier.classify("the cat sat")
        assert isinstance(answer, Classification)
        assert set(answer.probabilities) == {"n", "y"}
        assert sum(answer.probabilities.values()) == pytest.approx(1)
        assert answer.probability == max(answer.probabilities.values())
        assert answer.probabilities[answer.label] == answer.probability

    def test_each_text_gives_one_in_order_and_as_alone(self, classifier):
        answers = list(classifier.classify(TEXTS))
        assert len(answers) == len(TEXTS)
        for text, answer in zip(TEXTS, answers, strict=True):
            alone = classifier.classify(text)
            assert answer.label == alone.label
            assert answer.probability == pytest.approx(alone.probability, rel=1e-4)
        labels = [answer.label for answer in answers]
        assert [i for i, label in enumerate(labels) if not label] == [2, 4]

    def test_an_empty_text_has_no_label(self, classifier, several):
        assert classifier.classify("") == Classification(
            source="", label="", probability=0.0, probabilities={}
        )
        assert several.classify("") == MultiClassification(source="", labels=(), probabilities={})

    def test_nothing_gives_nothing(self, classifier):
        assert list(classifier.classify([])) == []

    def test_texts_are_read_as_answers_are_asked_for(self, classifier):
        texts = Counted()
        answers = classifier.classify(texts)
        assert texts.taken == 0
        next(answers)
        assert texts.taken == 1
        for _ in range(20):
            next(answers)
        assert texts.taken < 64

    def test_a_text_may_say_where_it_is_from(self, classifier):
        answers = classifier.classify([TextExample("a cat", "a.txt:3"), "a dog"])
        assert [answer.source for answer in answers] == ["a.txt:3", ""]

    def test_several_labels(self, several):
        labels = [set(a.labels) for a in several.classify(["cat park", "cat", "park", "day"])]
        assert labels == [{"animal", "place"}, {"animal"}, {"place"}, set()]


class TestTag:
    text = "The cat's  mat—is\tlong.\n"

    def test_offsets_slice_the_text(self, tagger):
        answer = tagger.tag(self.text)
        assert isinstance(answer, Tagging)
        assert [self.text[t.start : t.end] for t in answer.tokens] == [
            t.text for t in answer.tokens
        ]
        assert [t.text for t in answer.tokens] == [
            *("The", "cat", "'s", "mat", "—", "is", "long", ".")
        ]
        assert {t.tag for t in answer.tokens} <= set(tagger.labels)

    def test_given_tokens_stay_as_they_are(self, tagger):
        (answer,) = tagger.tag([["the", "cat's mat", "", "ran"]])
        assert [(t.text, t.start, t.end) for t in answer.tokens] == [
            ("the", 0, 3),
            ("cat's mat", 4, 13),
            ("", 14, 14),
            ("ran", 15, 18),
        ]
        (same,) = tagger.tag([TokensExample(("the", "cat's mat", "", "ran"), "b:1")])
        assert same.tokens == answer.tokens
        assert same.source == "b:1"

    def test_it_has_learnt_something(self, tagger):
        assert [t.tag for t in tagger.tag("the cat ran to a park").tokens] == [
            *("X", "N", "V", "X", "X", "N")
        ]

    def test_each_text_gives_one_answer_in_order_and_as_alone(self, tagger):
        answers = list(tagger.tag([*TEXTS, ["a", "cat"], []]))
        assert [len(answer.tokens) for answer in answers] == [3, 1, 0, 8, 0, 3, 2, 0]
        for text, answer in zip(TEXTS, answers, strict=False):
            alone = tagger.tag(text)
            assert [t.tag for t in answer.tokens] == [t.tag for t in alone.tokens]

    def test_texts_are_read_as_answers_are_asked_for(self, tagger):
        texts = Counted()
        answers = tagger.tag(texts)
        next(answers)
        assert texts.taken == 1


class TestEvaluate:
    rows = (
        TextExample("the cat sat on a mat", "a:1", ("n",)),
        TextExample("a dog ran to the park", "a:2", ("n",)),
        TextExample("", "a:3", ("y",)),
        TextExample("a cat ran", "a:4", ("y",)),
    )

    def test_empty_texts_are_left_out_and_not_counted(self, classifier):
        evaluation = classifier.evaluate(self.rows)
        assert evaluation.examples == 3
        assert sum(map(sum, evaluation.confusion)) == 3
        assert sum(label.support for label in evaluation.per_label) == 3
        assert evaluation == classifier.evaluate([row for row in self.rows if row.text])

    def test_the_confusion_matrix_has_true_rows_and_predicted_columns(self, classifier):
        answers = [classifier.classify(row.text).label for row in self.rows if row.text]
        truth = [row.labels[0] for row in self.rows if row.text]
        evaluation = classifier.evaluate(self.rows)
        assert evaluation.labels == ("n", "y")
        for t, row in zip("ny", evaluation.confusion, strict=True):
            for p, count in zip("ny", row, strict=True):
                assert count == list(zip(truth, answers, strict=True)).count((t, p))

    def test_sentences(self, tagger):
        rows = [
            TokensExample(("a", "cat"), "", ("X", "N")),
            TokensExample((), ""),
            TokensExample(("we", "ran"), "", ("X", "never seen")),
        ]
        evaluation = tagger.evaluate(rows)
        assert evaluation.examples == 2
        assert evaluation.scores["accuracy"] <= 3 / 4

    def test_running_text(self, writer):
        evaluation = writer.evaluate([TextExample("a cat ran. ", "")])
        assert set(evaluation.scores) == {"loss", "perplexity", "bits_per_character", "top_3"}
        assert (evaluation.examples, evaluation.confusion) == (1, ())

    def test_running_text_by_a_runtime_that_is_named(self, writer):
        rows = [TextExample(text, "") for text in ("a cat ran. ", "", "the dog sat. ")]
        by_onnx = api.load(writer.path, runtime="onnx").evaluate(rows).scores
        assert by_onnx == pytest.approx(writer.evaluate(rows).scores, rel=1e-5)

    def test_nothing_to_evaluate(self, classifier, writer):
        for model in (classifier, writer):
            with pytest.raises(DataError, match="nothing to evaluate"):
                model.evaluate([])
        with pytest.raises(DataError, match="nothing to score"):
            classifier.evaluate([TextExample("", "a", ("y",))])

    def test_a_label_that_is_unknown_or_missing(self, classifier):
        with pytest.raises(DataError, match="a:9: the label 'z'"):
            classifier.evaluate([TextExample("a", "a:9", ("z",))])
        with pytest.raises(DataError, match="a:9: no label"):
            classifier.evaluate([TextExample("a", "a:9")])


class TestErrors:
    def test_the_confidently_wrong_come_first(self, classifier):
        texts = ["the cat sat on a mat", "a dog ran to the park", "", "we saw a park", "the day"]
        rows = [
            TextExample(text, f"a:{n}", ("n" if classifier.classify(text).label == "y" else "y",))
            for n, text in enumerate(texts)
        ]
        right = TextExample("a cat ran", "a:9", (classifier.classify("a cat ran").label,))
        mistakes = classifier.errors([*rows, right])
        assert {m.source for m in mistakes} == {"a:0", "a:1", "a:3", "a:4"}
        assert [m.probability for m in mistakes] == sorted(
            (m.probability for m in mistakes), reverse=True
        )
        for m in mistakes:
            answer = classifier.classify(m.text)
            assert (m.prediction, m.truth != m.prediction) == (answer.label, True)
            assert m.probability == pytest.approx(answer.probability, rel=1e-4)
        assert classifier.errors([*rows, right], limit=2) == mistakes[:2]
        assert classifier.errors([*rows, right], limit=0) == mistakes

    def test_of_a_sentence_the_token_is_marked(self, tagger):
        row = TokensExample(("the", "cat", "ran"), "b:1", ("X", "V", "V"))
        (mistake,) = tagger.errors([TokensExample((), "b:0"), row])
        assert (mistake.source, mistake.text) == ("b:1", "the >cat< ran")
        assert (mistake.truth, mistake.prediction) == ("V", "N")

    def test_of_several_labels_each_is_a_mistake_of_its_own(self, several):
        mistakes = several.errors([TextExample("cat", "c", ("place",)), TextExample("", "d", ())])
        assert {(m.truth, m.prediction) for m in mistakes} == {("", "animal"), ("place", "")}

    def test_a_model_that_writes_makes_none(self, writer):
        with pytest.raises(UsageError, match="has no labels"):
            writer.errors([TextExample("a", "")])


class TestThreads:
    def test_one_model_answers_several_at_once(self, classifier, tagger):
        texts = [f"{text} {n}" for n in range(8) for text in TEXTS]
        for path, ask in ((classifier.path, "classify"), (tagger.path, "tag")):
            alone = list(getattr(api.load(path, threads=1), ask)(texts))
            shared, ready = api.load(path, threads=1), threading.Barrier(6)

            def answers(model=shared, ready=ready, ask=ask):
                ready.wait(10)
                return list(getattr(model, ask)(texts))

            with ThreadPoolExecutor(6) as pool:
                found = [job.result(60) for job in [pool.submit(answers) for _ in range(6)]]
            assert found == 6 * [alone]

    def test_its_runtime_is_made_once(self, classifier, monkeypatch):
        made, ready = [], threading.Barrier(4)

        def choose(*arguments, **options):
            made.append(1)
            time.sleep(0.05)
            return choice.choose(*arguments, **options)

        monkeypatch.setattr("seqkit.engine.choose", choose)
        model = api.load(classifier.path)

        def label():
            ready.wait(10)
            return model.classify("a cat").label

        with ThreadPoolExecutor(4) as pool:
            labels = {job.result(60) for job in [pool.submit(label) for _ in range(4)]}
        assert (len(labels), made) == (1, [1])


class TestClose:
    def test_a_closed_model_says_so(self, classifier):
        with api.load(classifier.path) as model:
            answer = model.classify("a cat")
        assert answer.label
        for call in (lambda: model.classify("a cat"), model.layers, model.runtimes):
            with pytest.raises(UsageError, match=r"is closed\. Load it again"):
                call()
        model.close()

    def test_what_it_held_is_let_go(self, classifier):
        model = api.load(classifier.path)
        model.classify("a cat")
        held = weakref.ref(model._engine.runtime)
        model.close()
        gc.collect()
        assert held() is None

    def test_answers_that_are_being_made_are_finished(self, classifier):
        model = api.load(classifier.path)
        answers = model.classify(["a cat", "a dog"])
        next(answers)
        model.close()
        assert next(answers).label
        with pytest.raises(StopIteration):
            next(answers)


class TestWrongTask:
    def test_the_message_says_what_the_model_is_for(self, classifier, tagger, writer):
        for call in (
            lambda: tagger.classify("a"),
            lambda: classifier.tag("a"),
            lambda: classifier.generate("a"),
            lambda: tagger.stream("a"),
            lambda: classifier.suggest("a"),
            lambda: writer.classify(["a"]),
        ):
            with pytest.raises(UsageError, match=r"is for \w+, not for \w+\. Use it with 'seqkit "):
                call()
        with pytest.raises(UsageError, match="has no labels"):
            writer.predict([TextExample("a", "")])


class TestGenerate:
    def test_the_same_random_seed_gives_the_same_text(self, writer):
        first, second = (writer.generate("a cat", tokens=40, random_seed=3) for _ in range(2))
        assert first == second
        assert first != writer.generate("a cat", tokens=40, random_seed=4)

    def test_without_one_it_is_another_each_time(self, writer):
        hot = Sampling(temperature=20.0)
        first, second = (writer.generate("a cat", sampling=hot) for _ in range(2))
        assert first != second

    def test_greedy_needs_none(self, writer):
        greedy = {"tokens": 40, "sampling": Sampling(temperature=0.0)}
        assert writer.generate("the", **greedy) == writer.generate("the", **greedy)

    def test_each_text_is_the_same_however_many_are_asked_for(self, writer):
        three = writer.generate("the", num=3, tokens=30, random_seed=5)
        assert writer.generate("the", num=1, tokens=30, random_seed=5) == three[:1]
        assert len({result.text for result in three}) == 3

    def test_several_seeds_have_a_list_each_in_their_order(self, writer):
        options = {"num": 2, "tokens": 30, "random_seed": 5}
        found = list(writer.generate(iter(["the", "a cat ran. " * 60, "", "a"]), **options))
        assert [text.seed for texts in found for text in texts[:1]] == [
            "the",
            "a cat ran. " * 60,
            "",
            "a",
        ]
        assert [len(texts) for texts in found] == [2, 2, 2, 2]
        assert found[0] == writer.generate("the", **options)

    def test_each_of_several_seeds_goes_on_as_it_does_alone(self, writer):
        options = {"tokens": 30, "sampling": Sampling(temperature=0.0)}
        seeds = ["the", "a cat ran. " * 60, "", "a"]
        assert list(writer.generate(seeds, **options)) == [
            writer.generate(seed, **options) for seed in seeds
        ]

    def test_a_beam_of_one_is_greedy_and_a_wider_one_has_several_texts(self, writer):
        greedy = {"tokens": 8, "sampling": Sampling(temperature=0.0)}
        one = writer.generate("the", tokens=8, sampling=BeamSearch(beam=1))
        assert one == writer.generate("the", **greedy)
        best, second = writer.generate("the", tokens=8, sampling=BeamSearch(beam=4), num=2)
        assert best != second
        seeds = ["the", "a"]
        several = list(writer.generate(seeds, tokens=8, sampling=BeamSearch(beam=4)))
        assert several[0] == [best]
        assert [texts[0].seed for texts in several] == seeds

    @pytest.mark.parametrize("sampling", [Sampling(top_p=0.0), BeamSearch(beam=0)])
    def test_an_option_out_of_range_is_refused_before_a_seed_is_read(self, writer, sampling):
        with pytest.raises(UsageError, match="out of its range"):
            writer.generate(iter(["the"]), sampling=sampling)

    @pytest.mark.parametrize("seed", ["", "the", "the ", "a cat ran. " * 60, "Ünheard 🙂"])
    def test_streamed_pieces_make_up_the_text(self, writer, word_writer, seed):
        for model in (writer, word_writer):
            options = {"tokens": 30, "random_seed": 2, "stop": ["ran"]}
            stream = model.stream(seed, **options)
            pieces = []
            while True:
                try:
                    pieces.append(next(stream))
                except StopIteration as end:
                    result = end.value
                    break
            assert "".join(pieces) == result.text
            assert [result] == model.generate(seed, **options)
            assert "ran" not in result.text

    def test_it_has_learnt_how_texts_go_on(self, writer):
        (result,) = writer.generate(
            "the cat sat on a m", tokens=2, sampling=Sampling(temperature=0)
        )
        assert result.text == "at"

    def test_words_are_spaced(self, word_writer):
        options = {"tokens": 3, "random_seed": 1}
        (bare,) = word_writer.generate("the", **options)
        (spaced,) = word_writer.generate("the ", **options)
        assert bare.text == f" {spaced.text}"

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ({"tokens": -1}, "tokens is -1"),
            ({"num": 0}, "num is 0"),
            ({"random_seed": -1}, "random_seed is -1"),
            ({"sampling": Sampling(top_p=2.0)}, "sampling option"),
            ({"stop": [""]}, "stop string is empty"),
        ],
    )
    def test_what_makes_no_sense_is_refused(self, writer, arguments, said):
        with pytest.raises(UsageError, match=said):
            writer.generate("a", **arguments)

    def test_a_stream_refuses_it_before_it_is_begun(self, writer):
        with pytest.raises(UsageError, match="tokens is -1"):
            writer.stream("a", tokens=-1)


class TestSuggest:
    def test_likely_words_first(self, writer, word_writer):
        for model in (writer, word_writer):
            found = model.suggest("the", num=3)
            probabilities = [s.probability for s in found]
            assert probabilities == sorted(probabilities, reverse=True)
            assert 0 < sum(probabilities) <= 1 + 1e-9

    def test_it_has_learnt_what_comes_next(self, word_writer):
        assert word_writer.suggest("the cat sat on my", num=1)[0].word in {"mat", "cat"}

    def test_no_word_at_all_makes_no_sense(self, writer):
        with pytest.raises(UsageError, match="num is 0"):
            writer.suggest("a", num=0)


def test_layers_are_the_tensors_that_are_stored(classifier):
    stored = load_file(classifier.path / "weights.safetensors")
    layers = classifier.layers()
    assert {layer.name: layer.shape for layer in layers} == {n: w.shape for n, w in stored.items()}
    assert sum(layer.parameters for layer in layers) == classifier.manifest.parameters


def test_weights_that_do_not_fit_are_told_when_they_are_used(classifier, tmp_path):
    path = shutil.copytree(classifier.path, tmp_path / "m")
    weights = load_file(path / "weights.safetensors")
    weights["embedding.weight"] = np.zeros((3, 300), np.float32)
    save_file(weights, path / "weights.safetensors")
    model = api.load(path)
    with pytest.raises(BundleError, match=r"is damaged\. it does not fit recipe\.toml"):
        model.classify("a cat")
