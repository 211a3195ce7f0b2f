"""A whole run: from rows to a bundle, the same each time, whatever it holds."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from seqkit import api, manager
from seqkit import recipe as recipes
from seqkit.errors import BundleError, DataError, RecipeError, TrainingError, UsageError
from seqkit.examples import TextExample, TokensExample
from seqkit.hookspecs import hookimpl
from seqkit.specs import CallbackSpec
from seqkit.spelling import CHARACTER_SIZE, ROWS
from seqkit.tokenizers.base import EOS, PAD
from seqkit.tokenizers.pieces import FIRST_LEARNT
from seqkit.training import checkpoint
from seqkit.training.callbacks import Callback
from seqkit.training.events import Evaluated, Finished, Started, Stepped

TASKS = ("classification", "tagging", "generation")
each_task = pytest.mark.parametrize("task", TASKS)


def metrics(bundle: Path) -> list[dict]:
    lines = (bundle / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


class TestRepeatable:
    @each_task
    def test_the_same_seed_gives_the_same_weights_bit_for_bit(self, tiny, tmp_path, weights, task):
        changes = {"head": {"dropout": 0.3}, "embedding": {"dropout": 0.2}}
        for name, seed in (("a", 1), ("b", 1), ("c", 2)):
            torch.manual_seed(len(name) + seed)
            np.random.seed(seed)
            tiny.train(task, tmp_path / name, random_seed=seed, **changes)
        assert weights(tmp_path / "a") == weights(tmp_path / "b")
        assert weights(tmp_path / "a") != weights(tmp_path / "c")

    @each_task
    def test_the_global_generators_are_left_alone(self, tiny, tmp_path, task):
        before = torch.get_rng_state(), np.random.get_state()[1].tolist()
        tiny.train(task, tmp_path / "m", head={"dropout": 0.3})
        assert torch.equal(before[0], torch.get_rng_state())
        assert before[1] == np.random.get_state()[1].tolist()

    def test_so_is_the_number_of_threads(self, tiny, tmp_path):
        before = torch.get_num_threads()
        model = tiny.train("tagging", tmp_path / "m", training={"threads": before + 1})
        assert model.manifest.machine.threads == before + 1
        assert torch.get_num_threads() == before


class TestEvents:
    @each_task
    def test_they_tell_what_happens_in_order(self, tiny, tmp_path, task, at):
        observer = at(0, lambda: None)
        tiny.train(task, tmp_path / "m", observers=[observer], training={"schedule": "linear"})
        started, *between, finished = observer.events
        assert isinstance(started, Started)
        assert isinstance(finished, Finished)
        steps = [event for event in between if isinstance(event, Stepped)]
        epochs = [event for event in between if isinstance(event, Evaluated)]
        assert started.steps == len(steps)
        assert [event.step for event in steps] == list(range(1, len(steps) + 1))
        assert sum(event.tokens for event in steps) == 2 * started.train_tokens
        assert [event.epoch for event in epochs] == [1, 2]
        assert all(started.metric in event.scores for event in epochs)
        assert (started.train_examples, started.dev_examples, started.step) == (8, 4, 0)
        assert finished.reason == "done"
        assert finished.scores == epochs[finished.best_epoch - 1].scores

    def test_metrics_jsonl_has_a_line_for_each_but_steps_and_is_kept(self, tiny, tmp_path):
        model = tiny.train("tagging", tmp_path / "m")
        lines = metrics(tmp_path / "m")
        assert [line["event"] for line in lines] == [
            *("started", "evaluated", "evaluated", "finished")
        ]
        assert lines[-1]["scores"] == model.manifest.scores

    def test_a_recipe_may_do_without(self, tiny, tmp_path):
        model = tiny.train("tagging", tmp_path / "m", callbacks=[])
        assert "metrics.jsonl" not in names(tmp_path / "m")
        assert api.load(tmp_path / "m").recipe.callbacks == model.recipe.callbacks == ()

    def test_training_anew_begins_them_anew(self, tiny, tmp_path):
        for _ in range(2):
            tiny.train("tagging", tmp_path / "m", overwrite=True)
            assert len(metrics(tmp_path / "m")) == 4


class Diary(Callback):
    """Writes into the bundle's folder, and into a folder of its own there."""

    def on_event(self, event) -> None:
        if isinstance(event, Evaluated):
            (self.directory / "diary").mkdir(exist_ok=True)
            with (self.directory / "diary" / "epochs.txt").open("a") as file:
                file.write(f"{event.epoch}\n")
        if isinstance(event, Finished):
            (self.directory / "end.txt").write_text(event.reason)


class Plugin:
    @hookimpl
    def seqkit_register_callbacks(self):
        return [CallbackSpec(name="diary", target=f"{__name__}:Diary", summary="a diary")]


class TestCallbacks:
    @pytest.fixture(autouse=True)
    def _plugin(self):
        with manager.isolated([Plugin()]):
            yield

    def test_what_they_write_stays_in_the_bundle(self, tiny, tmp_path):
        tiny.train("tagging", tmp_path / "m", callbacks=[{"name": "diary"}])
        assert (tmp_path / "m" / "diary" / "epochs.txt").read_text() == "1\n2\n"
        assert (tmp_path / "m" / "end.txt").read_text() == "done"
        assert "metrics.jsonl" not in names(tmp_path / "m")

    def test_through_an_interruption_too(self, tiny, tmp_path, at, ctrl_c):
        options = {"callbacks": [{"name": "diary"}, {"name": "jsonl"}]}
        tiny.train("tagging", tmp_path / "m", observers=[at(4, ctrl_c)], **options)
        assert (tmp_path / "m" / "end.txt").read_text() == "interrupted"
        tiny.train("tagging", tmp_path / "m", resume=True, **options)
        assert (tmp_path / "m" / "diary" / "epochs.txt").read_text() == "1\n2\n"
        assert (tmp_path / "m" / "end.txt").read_text() == "done"
        assert "training" not in names(tmp_path / "m")


class TestPrior:
    def test_generation_begins_with_how_often_each_token_occurs(self, tiny, tmp_path):
        options = {"head": {"prior": "unigram"}, "training": {"epochs": 1, "learning_rate": 1e-9}}
        tiny.train("generation", tmp_path / "m", **options)
        bias = load_file(tmp_path / "m" / "weights.safetensors")["head.bias"]
        lines = (tiny.folder / "generation.jsonl").read_text(encoding="utf-8").splitlines()
        texts = [json.loads(line)["text"] for line in lines]
        spaces, ends = sum(text.count(" ") for text in texts), len(texts)
        # each counts once more than it occurs; a space is the most frequent character
        total = sum(map(len, texts)) + ends + len(bias)
        expected = [1 / total, (ends + 1) / total, (spaces + 1) / total]
        assert np.exp(bias[[PAD, EOS, FIRST_LEARNT]]) == pytest.approx(expected, rel=1e-4)

    def test_what_never_occurs_is_still_possible_but_learns_nothing(self, tiny, tmp_path):
        options = {"head": {"prior": "unigram"}, "training": {"learning_rate": 0.05}}
        tiny.train("generation", tmp_path / "m", **options)
        tensors = load_file(tmp_path / "m" / "weights.safetensors")
        assert tensors["head.weight"][FIRST_LEARNT].any()
        assert not tensors["head.weight"][PAD].any()
        assert np.isfinite(tensors["head.bias"]).all()

    def test_resuming_gives_the_same_weights(self, tiny, tmp_path, at, ctrl_c, weights):
        head = {"head": {"prior": "unigram"}}
        tiny.train("generation", tmp_path / "a", **head)
        tiny.train("generation", tmp_path / "b", observers=[at(1, ctrl_c)], **head)
        tiny.train("generation", tmp_path / "b", resume=True, **head)
        assert weights(tmp_path / "a") == weights(tmp_path / "b")


class TestDirectory:
    def test_a_finished_bundle_is_replaced_only_if_asked_for(self, tiny, tmp_path):
        tiny.train("tagging", tmp_path / "m")
        with pytest.raises(BundleError, match="--overwrite"):
            tiny.train("tagging", tmp_path / "m")
        tiny.train("classification", tmp_path / "m", overwrite=True)
        assert api.load(tmp_path / "m").task == "classification"

    def test_a_run_that_was_interrupted_is_not_lost_by_mistake(self, tiny, tmp_path, at, ctrl_c):
        tiny.train("tagging", tmp_path / "m", observers=[at(2, ctrl_c)])
        with pytest.raises(BundleError, match=r"interrupted.*--resume.*--overwrite"):
            tiny.train("tagging", tmp_path / "m")
        model = tiny.train("tagging", tmp_path / "m", overwrite=True)
        assert "training" not in names(tmp_path / "m")
        assert model.manifest.best_epoch > 0

    def test_somebodys_files_are_not_replaced(self, tiny, tmp_path):
        (tmp_path / "novel.txt").write_text("It was a")
        with pytest.raises(BundleError, match=r"novel\.txt"):
            tiny.train("tagging", tmp_path, overwrite=True)

    def test_ctrl_c_while_reading_leaves_nothing_behind(self, tiny, tmp_path, monkeypatch):
        def interrupted(*_, **__):
            raise KeyboardInterrupt

        monkeypatch.setattr("seqkit.training.corpus.read", interrupted)
        with pytest.raises(KeyboardInterrupt):
            tiny.train("tagging", tmp_path / "m", corpus={"cache": False})
        assert list(tmp_path.iterdir()) == []


class TestDivergence:
    def test_too_high_a_learning_rate_says_where_it_ended_and_what_to_do(self, tiny, tmp_path):
        options = {"learning_rate": 1e6, "optimizer": "sgd", "clip_norm": 0.0}
        cell = {"name": "rnn", "activation": "relu"}
        with pytest.raises(TrainingError) as caught:
            tiny.train("generation", tmp_path / "m", cell=cell, training=options)
        assert " at step " in caught.value.what
        assert caught.value.why == "Training diverged"
        assert "lower training.learning_rate (it is 1e+06)" in caught.value.fix
        assert caught.value.fix.endswith("No epoch was finished, so there is no model")
        assert "manifest.json" not in names(tmp_path / "m")
        assert metrics(tmp_path / "m")[-1]["reason"] == "diverged"

    def test_the_best_epoch_before_it_is_written(self, tiny, tmp_path, weights, monkeypatch):
        """The third epoch's first step meets an infinite loss."""
        tiny.train("classification", tmp_path / "whole", training={"epochs": 2})
        from seqkit.heads.classification import ClassificationHead

        right, calls = ClassificationHead.loss, []

        def loss(self, logits, targets, lengths):
            calls.append(self.training)
            total, count = right(self, logits, targets, lengths)
            return total * (float("inf") if sum(calls) == 7 else 1), count

        monkeypatch.setattr(ClassificationHead, "loss", loss)
        with pytest.raises(TrainingError, match=r"loss is inf at step 7, in epoch 3.*model before"):
            tiny.train("classification", tmp_path / "m", training={"epochs": 4})
        monkeypatch.undo()
        assert weights(tmp_path / "m") == weights(tmp_path / "whole")
        assert api.load(tmp_path / "m").classify("a cat").label in ("n", "y")
        # the last good state is still there too
        latest = tmp_path / "m" / "training" / checkpoint.LATEST
        assert checkpoint.read_progress(latest).epoch == 2


class TestFullDisk:
    def full(self, monkeypatch, after: int) -> None:
        """The disk is full at a flush, after so many that were not."""
        flush, times = os.fsync, iter(range(after))

        def fsync(descriptor):
            if next(times, None) is None:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            flush(descriptor)

        monkeypatch.setattr(os, "fsync", fsync)

    # an epoch's end writes two files, the best epoch's and the latest
    @pytest.mark.parametrize("after", [0, 2, 3])
    def test_at_a_checkpoint_the_one_before_it_is_kept(
        self, tiny, tmp_path, monkeypatch, weights, after
    ):
        tiny.train("generation", tmp_path / "whole")
        self.full(monkeypatch, after)
        with pytest.raises(TrainingError, match=r"No space left.*--resume"):
            tiny.train("generation", tmp_path / "m")
        monkeypatch.undo()
        resume = after > 0
        tiny.train("generation", tmp_path / "m", resume=resume, overwrite=not resume)
        assert weights(tmp_path / "m") == weights(tmp_path / "whole")
        epochs = [line["epoch"] for line in metrics(tmp_path / "m") if line["event"] == "evaluated"]
        assert epochs == [1, 2]

    def test_at_the_end_nothing_is_lost(self, tiny, tmp_path, monkeypatch, weights):
        tiny.train("generation", tmp_path / "whole")
        self.full(monkeypatch, 4)
        with pytest.raises(BundleError, match="No space left"):
            tiny.train("generation", tmp_path / "m")
        monkeypatch.undo()
        assert names(tmp_path / "m") == {"training", "metrics.jsonl"}
        tiny.train("generation", tmp_path / "m", resume=True)
        assert weights(tmp_path / "m") == weights(tmp_path / "whole")
        assert "training" not in names(tmp_path / "m")


class TestCorpora:
    def train(self, tiny, out: Path, task: str, rows: list[dict], **changes):
        path = tiny.write("rows.jsonl", rows)
        return tiny.train(task, out, corpus={"train": [path], "dev": []}, **changes)

    def test_without_development_data_the_last_epoch_is_kept(self, tiny, tmp_path):
        rows = [{"text": "a cat", "label": "n"}, {"text": "a dog", "label": "y"}]
        model = self.train(tiny, tmp_path / "m", "classification", rows)
        assert (model.manifest.best_epoch, model.manifest.scores) == (2, {})
        assert model.manifest.corpus.dev_examples == 0

    @pytest.mark.parametrize(
        ("task", "row"),
        [
            ("tagging", {"tokens": ["a", "cat"], "tags": ["X", "N"]}),
            ("generation", {"text": "ab"}),
            ("classification", {"text": "a", "label": ["x", "y"]}),
        ],
    )
    def test_a_single_example_is_enough(self, tiny, tmp_path, task, row):
        head = {"multi_label": True} if task == "classification" else {}
        model = self.train(tiny, tmp_path / "m", task, [row], head=head)
        assert model.manifest.corpus.train_examples == 1

    @each_task
    def test_nothing_but_empty_examples_is_an_error(self, tiny, tmp_path, task):
        row = {"tokens": [], "tags": []} if task == "tagging" else {"text": "", "label": "x"}
        rows = [row, {**row, "label": "y"}]
        expected = "holds no tag" if task == "tagging" else "all examples are empty"
        with pytest.raises(DataError, match=expected):
            self.train(tiny, tmp_path / "m", task, rows)
        assert not (tmp_path / "m").exists()

    def test_no_example_at_all_is_an_error(self, tiny, tmp_path):
        with pytest.raises(DataError, match=r"nothing to train on.*no example was read"):
            self.train(tiny, tmp_path / "m", "generation", [])

    def test_a_single_label_is_an_error(self, tiny, tmp_path):
        with pytest.raises(DataError, match="every training example has the same label 'x'"):
            self.train(tiny, tmp_path / "m", "classification", [{"text": "a", "label": "x"}] * 3)

    def test_sentences_without_tokens_are_left_out(self, tiny, tmp_path):
        rows = [
            {"tokens": ["a", "cat"], "tags": ["X", "N"]},
            {"tokens": [], "tags": []},
            {"tokens": ["dogs"], "tags": ["N"]},
        ]
        model = self.train(tiny, tmp_path / "m", "tagging", rows)
        assert model.manifest.corpus.train_examples == 2

    def test_empty_texts_are_left_out_of_both_splits(self, tiny, tmp_path):
        rows = [{"text": t, "label": label} for t, label in [("a", "x"), ("", "x"), ("b", "y")]]
        path = tiny.write("empty.jsonl", rows)
        corpus = {"train": [path], "dev": [path]}
        model = tiny.train("classification", tmp_path / "m", corpus=corpus)
        assert model.manifest.corpus.train_examples == model.manifest.corpus.dev_examples == 2

    @each_task
    def test_a_very_long_text_stands_next_to_short_ones(self, tiny, tmp_path, task):
        words = ["cat", "the"] * 2000
        long = {"text": " ".join(words), "label": "y"}
        if task == "tagging":
            long = {"tokens": words, "tags": ["N", "X"] * 2000}
        rows = json.loads(
            "[" + ",".join((tiny.folder / f"{task}.jsonl").read_text().splitlines()) + "]"
        )
        options = {"training": {"epochs": 1, "bptt": 200}}
        model = self.train(tiny, tmp_path / "m", task, [*rows, long], **options)
        assert model.manifest.best_epoch == 1

    def test_a_bad_row_stops_or_is_handed_to_whoever_counts_them(self, tiny, tmp_path):
        good = [{"text": "a", "label": "x"}, {"text": "b", "label": "y"}] * 3
        path = tiny.write("bad.jsonl", [*good, {"label": "x"}])
        tables = tiny.tables("classification", corpus={"train": [path], "dev": []})
        with pytest.raises(DataError, match=r"bad\.jsonl:7"):
            api.train(tables, out=tmp_path / "m")
        bad = []
        model = api.train(tables, out=tmp_path / "m", on_bad=bad.append)
        assert len(bad) == 1
        assert model.manifest.corpus.train_examples + model.manifest.corpus.dev_examples == 6


class TestRecipes:
    def test_one_hot_input_trains(self, tiny, tmp_path):
        model = tiny.train("generation", tmp_path / "m", embedding={"size": 0})
        assert model.manifest.scores["loss"] < 5.5  # ln 280 is where it begins

    def test_tied_weights_train_and_are_saved_once(self, tiny, tmp_path):
        model = tiny.train("generation", tmp_path / "m", head={"tie_weights": True})
        stored = {layer.name: layer.shape for layer in model.layers()}
        assert "head.weight" not in stored
        assert stored["embedding.weight"] == (model.manifest.vocab_size, 6)
        assert sum(layer.parameters for layer in model.layers()) == model.manifest.parameters

    def test_weights_of_half_precision(self, tiny, tmp_path):
        model = tiny.train("tagging", tmp_path / "m", bundle={"weights": "float16"})
        assert len(model.tag("a cat").tokens) == 2

    @pytest.mark.parametrize("weights", ["float16", "int8"])
    @pytest.mark.parametrize("task", ["generation", "tagging"])
    def test_what_is_scored_is_what_is_stored(self, tiny, tmp_path, task, weights):
        sizes = {"embedding": {"size": 48}, "encoder": {"hidden_size": 40}}
        tables = tiny.tables(task, bundle={"weights": weights}, **sizes)
        model = api.train(tables, out=tmp_path / "m")
        exact = api.train(tiny.tables(task, **sizes), out=tmp_path / "exact")
        lines = (tiny.folder / f"{task}-dev.jsonl").read_text().splitlines()
        rows = [json.loads(line) for line in lines]
        dev = [
            TokensExample(tuple(row["tokens"]), "", tuple(row["tags"]))
            if task == "tagging"
            else TextExample(row["text"], "")
            for row in rows
        ]
        scores = model.evaluate(dev).scores
        assert model.manifest.scores == pytest.approx(scores, rel=1e-7)
        assert model.manifest.scores["loss"] != exact.manifest.scores["loss"]
        assert scores["loss"] == pytest.approx(exact.manifest.scores["loss"], rel=0.02)

    @pytest.mark.parametrize(
        ("task", "changes", "key"),
        [
            ("generation", {"encoder": {"bidirectional": True}}, "encoder.bidirectional"),
            ("generation", {"embedding": {"feature_size": 4}}, "embedding.feature_size"),
            ("generation", {"embedding": {"characters": "cnn"}}, "embedding.characters"),
            ("tagging", {"embedding": {"characters": "cnn", "size": 0}}, "embedding.characters"),
            (
                "tagging",
                {"embedding": {"characters": "cnn", "character_width": 4}},
                "embedding.character_width",
            ),
            (
                "tagging",
                {"embedding": {"characters": "recurrent", "character_size": 5}},
                "embedding.character_size",
            ),
            ("generation", {"encoder": {"max_tokens": 5}}, "encoder.max_tokens"),
            ("tagging", {"encoder": {"max_tokens": 5}}, "encoder.max_tokens"),
            ("classification", {"encoder": {"context": 5}}, "encoder.context"),
            ("generation", {"encoder": {"context": 5}}, "encoder.context"),
        ],
    )
    def test_what_does_not_go_together_is_refused_at_once(self, tiny, task, changes, key):
        with pytest.raises(RecipeError, match=f"recipe: {key}"):
            recipes.parse(tiny.tables(task, **changes))

    @pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
    def test_a_gpu_that_is_not_there(self, tiny, tmp_path):
        with pytest.raises(UsageError, match=r"training\.device=auto"):
            tiny.train("tagging", tmp_path / "m", training={"device": "cuda"})

    def test_ngrams_beside_the_encoder_are_learnt_saved_and_loaded(self, tiny, tmp_path):
        head = {"ngrams": 2, "ngram_buckets": 512, "ngram_share": 0.9}
        model = tiny.train("classification", tmp_path / "m", head=head)
        stored = {layer.name: layer.shape for layer in model.layers()}
        assert stored["head.ngrams.weight"] == (512, 1)
        assert sum(layer.parameters for layer in model.layers()) == model.manifest.parameters
        texts = ["a cat ran", "the dog", "a", "my mat and the cat"]
        again = [p.probabilities for p in api.load(tmp_path / "m").classify(texts)]
        assert again == [p.probabilities for p in model.classify(texts)]
        singly = [model.classify(text).probabilities for text in texts]
        assert [p["y"] for p in again] == pytest.approx([p["y"] for p in singly], rel=1e-5)

    @pytest.mark.parametrize("how", ["cnn", "recurrent"])
    @pytest.mark.parametrize("task", ["tagging", "classification"])
    def test_characters_are_learnt_saved_and_loaded(self, tiny, tmp_path, task, how):
        embedding = {"size": 4, "characters": how, "character_size": 6}
        model = tiny.train(task, tmp_path / "m", embedding=embedding)
        stored = {layer.name: layer.shape for layer in model.layers()}
        assert stored["embedding.characters.weight"] == (ROWS, CHARACTER_SIZE)
        again = api.load(tmp_path / "m")
        if task == "tagging":
            assert again.tag("A cat ran") == model.tag("A cat ran")
            return
        texts = ["a cat ran", "A CAT ran", "my mat"]
        said = [p.probabilities["y"] for p in again.classify(texts)]
        assert said == [p.probabilities["y"] for p in model.classify(texts)]
        assert said[0] != said[1]  # of ids alone these are the same
        singly = [model.classify(text).probabilities["y"] for text in texts]
        assert said == pytest.approx(singly, rel=1e-5)

    @pytest.mark.parametrize("how", ["cnn", "recurrent"])
    def test_characters_are_resumed_exactly(self, tiny, tmp_path, at, ctrl_c, weights, how):
        embedding = {"size": 4, "characters": how, "character_size": 6, "dropout": 0.5}
        tables = tiny.tables("tagging", embedding=embedding)
        api.train(tables, out=tmp_path / "whole")
        api.train(tables, out=tmp_path / "cut", observers=[at(3, ctrl_c)])
        api.train(tables, out=tmp_path / "cut", resume=True)
        assert weights(tmp_path / "cut") == weights(tmp_path / "whole")

    def test_ngrams_are_resumed_exactly(self, tiny, tmp_path, at, ctrl_c, weights):
        head = {"ngrams": 1, "ngram_buckets": 64, "dropout": 0.5}
        tables = tiny.tables("classification", head=head)
        api.train(tables, out=tmp_path / "whole")
        api.train(tables, out=tmp_path / "cut", observers=[at(2, ctrl_c)])
        api.train(tables, out=tmp_path / "cut", resume=True)
        assert weights(tmp_path / "cut") == weights(tmp_path / "whole")


@pytest.mark.parametrize("weights", ["float32", "float16"])
def test_a_model_with_an_adaptive_softmax_writes_suggests_and_is_scored_without_torch(
    tiny, tmp_path, weights
):
    head = {"softmax": "adaptive", "cutoffs": [4, 9], "prior": "unigram"}
    tiny.train("generation", tmp_path / "m", head=head, bundle={"weights": weights})
    rows = [TextExample(text="the cat ran", source="a")]
    answers = []
    for runtime in ("torch", "onnx"):
        loaded = api.load(tmp_path / "m", runtime=runtime)
        written = loaded.generate("the ", num=2, tokens=12, random_seed=3)
        suggested = [(s.word, round(s.probability, 4)) for s in loaded.suggest("the c")]
        loss = round(loaded.evaluate(rows).scores["loss"], 4)
        answers.append(([w.text for w in written], suggested, loss))
    assert answers[0] == answers[1]
