"""A run that ends before its time goes on to the same weights as one that does not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import seqkit
from seqkit import api
from seqkit.errors import BundleError, DataError, UsageError
from seqkit.training import checkpoint
from seqkit.training.events import Evaluated, Finished, Started

ROOT = Path(seqkit.__file__).parents[1]

#: Imports torch once, then trains in a forked process for each line of its input; at a step that
#: process is killed, or waits for Ctrl-C.
NURSERY = """
import json, os, signal, sys, traceback
from seqkit import api
from seqkit.training import run
from seqkit.training.events import Stepped

class Observer:
    def __init__(self, step, how):
        self.step, self.how = step, how

    def on_event(self, event):
        if isinstance(event, Stepped) and event.step == self.step:
            if self.how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            print(os.getpid(), flush=True)
            sys.stdin.readline()

while line := sys.stdin.readline():
    tables, out, step, how = json.loads(line)
    if not (child := os.fork()):
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            api.train(tables, out=out, observers=[Observer(step, how)])
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""


@pytest.fixture(scope="module")
def child() -> Iterator[Callable[..., int]]:
    """``child(tables, out, step, how)`` trains in another process and returns its exit status."""
    with subprocess.Popen(
        [sys.executable, "-c", NURSERY],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    ) as nursery:

        def child(recipe: dict, out: Path, step: int, how: str) -> int:
            print(json.dumps([recipe, str(out), step, how]), file=nursery.stdin, flush=True)
            if how == "wait":
                os.kill(int(nursery.stdout.readline()), signal.SIGINT)
                print(file=nursery.stdin, flush=True)
            return int(nursery.stdout.readline())

        yield child
        nursery.kill()


OPTIONS = {
    "classification": {"head": {"dropout": 0.3}},
    "generation": {"head": {"dropout": 0.3}, "embedding": {"dropout": 0.1}},
}
TRAINING = {"schedule": "cosine", "state_reset": 0.2, "epochs": 3}


def tables(tiny, task: str, checkpoint_seconds: float) -> dict:
    training = {**TRAINING, "checkpoint_seconds": checkpoint_seconds}
    return tiny.tables(task, training=training, **OPTIONS[task])


@pytest.mark.parametrize("task", ["classification", "generation"])
@pytest.mark.parametrize("when", ["in the middle of an epoch", "at the end of an epoch"])
def test_after_a_kill(tiny, tmp_path, weights, at, child, task, when):
    middle = when == "in the middle of an epoch"
    recipe = tables(tiny, task, 0 if middle else 3600)
    observer = at(0, lambda: None)
    api.train(recipe, out=tmp_path / "whole", observers=[observer])
    per_epoch = observer.events[0].steps // 3
    # the step itself is done again, since its checkpoint comes after it was told
    step = per_epoch + 2 if middle else per_epoch + 1
    assert child(recipe, tmp_path / "m", step, "kill") == -signal.SIGKILL
    assert {path.name for path in (tmp_path / "m").iterdir()} == {"training", "metrics.jsonl"}
    resumed = at(0, lambda: None)
    api.train(recipe, out=tmp_path / "m", resume=True, observers=[resumed])
    assert resumed.events[0].step == step - 1
    assert weights(tmp_path / "m") == weights(tmp_path / "whole")


@pytest.mark.parametrize("task", ["classification", "generation"])
def test_after_ctrl_c(tiny, tmp_path, weights, at, child, task):
    recipe = tables(tiny, task, 3600)
    observer = at(0, lambda: None)
    api.train(recipe, out=tmp_path / "whole", observers=[observer])
    step = observer.events[0].steps // 3 + 2
    assert child(recipe, tmp_path / "m", step, "wait") == 0
    assert api.load(tmp_path / "m").manifest.best_epoch == 1
    resumed = at(0, lambda: None)
    api.train(recipe, out=tmp_path / "m", resume=True, observers=[resumed])
    assert resumed.events[0].step == step
    assert weights(tmp_path / "m") == weights(tmp_path / "whole")
    content = (tmp_path / "m" / "metrics.jsonl").read_text(encoding="utf-8")
    lines = [json.loads(line) for line in content.splitlines()]
    assert [(line["event"], line.get("epoch")) for line in lines] == [
        ("started", None),
        ("evaluated", 1),
        ("finished", None),
        ("started", None),
        ("evaluated", 2),
        ("evaluated", 3),
        ("finished", None),
    ]


class TestInterrupted:
    def test_the_best_epoch_is_written_and_the_checkpoint_kept(
        self, tiny, tmp_path, weights, at, ctrl_c
    ):
        tiny.train("tagging", tmp_path / "first", training={"epochs": 1})
        observer = at(4, ctrl_c)
        model = tiny.train("tagging", tmp_path / "m", observers=[observer])
        finished = observer.events[-1]
        assert isinstance(finished, Finished)
        assert (finished.reason, finished.best_epoch) == ("interrupted", 1)
        assert weights(tmp_path / "m") == weights(tmp_path / "first")
        assert model.manifest.scores == finished.scores
        assert len(model.tag("a cat").tokens) == 2
        progress = checkpoint.read_progress(tmp_path / "m" / "training" / checkpoint.LATEST)
        assert (progress.epoch, progress.step) == (1, 1)

    def test_before_an_epoch_is_finished_the_weights_are_those_of_the_moment(
        self, tiny, tmp_path, at, ctrl_c
    ):
        model = tiny.train("tagging", tmp_path / "m", observers=[at(2, ctrl_c)])
        assert (model.manifest.best_epoch, model.manifest.scores) == (0, {})
        tensors, _ = checkpoint.read(tmp_path / "m" / "training" / checkpoint.LATEST)
        for name, array in model._engine.bundle.weights().items():
            assert tensors[f"network.{name}"].numpy().tobytes() == array.tobytes()

    def test_while_it_is_scored_the_epoch_is_finished_first(self, tiny, tmp_path, ctrl_c):
        class AtScore:
            def on_event(self, event):
                if isinstance(event, Evaluated) and event.epoch == 1:
                    ctrl_c()

        model = tiny.train("tagging", tmp_path / "m", observers=[AtScore()])
        progress = checkpoint.read_progress(tmp_path / "m" / "training" / checkpoint.LATEST)
        assert (progress.epoch, progress.step, model.manifest.best_epoch) == (1, 0, 1)

    def test_a_second_one_interrupts_at_once(self, tiny, tmp_path, weights, at, ctrl_c):
        tiny.train("tagging", tmp_path / "whole")

        def twice():
            ctrl_c()
            ctrl_c()

        with pytest.raises(KeyboardInterrupt):
            tiny.train("tagging", tmp_path / "m", observers=[at(4, twice)])
        assert not (tmp_path / "m" / "manifest.json").exists()
        tiny.train("tagging", tmp_path / "m", resume=True)
        assert weights(tmp_path / "m") == weights(tmp_path / "whole")

    def test_any_number_of_times(self, tiny, tmp_path, weights, at, ctrl_c):
        tiny.train("generation", tmp_path / "whole")
        for step in (2, 3, 9, 15):
            options = {"resume": step > 2, "observers": [at(step, ctrl_c)]}
            tiny.train("generation", tmp_path / "m", **options)
        tiny.train("generation", tmp_path / "m", resume=True)
        assert weights(tmp_path / "m") == weights(tmp_path / "whole")


class TestRefused:
    @pytest.fixture
    def begun(self, tiny, tmp_path, at, ctrl_c) -> Path:
        tiny.train("tagging", tmp_path / "m", observers=[at(4, ctrl_c)])
        return tmp_path / "m"

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"training": {"learning_rate": 0.5}}, "learning_rate = 0.5"),
            ({"encoder": {"hidden_size": 9}}, "hidden_size = 9"),
            ({"random_seed": 2}, "random_seed = 2"),
        ],
    )
    def test_another_recipe(self, tiny, begun, changes, said):
        with pytest.raises(UsageError, match=rf"another recipe.*{said}.*--overwrite"):
            tiny.train("tagging", begun, resume=True, **changes)

    @pytest.mark.parametrize("split", ["tagging", "tagging-dev"])
    def test_other_data(self, tiny, begun, split, weights):
        path, before = tiny.folder / f"{split}.jsonl", weights(begun)
        rows = path.read_text()
        try:
            path.write_text(rows.replace('"N"', '"X"', 1))
            with pytest.raises(DataError, match=r"other training data.*Put the old files back"):
                tiny.train("tagging", begun, resume=True)
        finally:
            path.write_text(rows)
        assert weights(begun) == before
        tiny.train("tagging", begun, resume=True)

    def test_no_recipe_for_a_key_that_was_not_there_when_it_began(self, tiny, begun):
        path = begun / "training" / checkpoint.LATEST
        tensors, progress = checkpoint.read(path)
        lines = progress.recipe.splitlines(keepends=True)
        progress.recipe = "".join(x for x in lines if not x.startswith("average"))
        assert len(progress.recipe) < len("".join(lines))
        checkpoint.write(path, tensors, progress)
        assert tiny.train("tagging", begun, resume=True).manifest.best_epoch

    def test_nothing_to_resume(self, tiny, tmp_path):
        with pytest.raises(BundleError, match=r"nothing to resume.*is missing.*Leave out --resume"):
            tiny.train("tagging", tmp_path / "m", resume=True)
        assert list(tmp_path.iterdir()) == []

    def test_a_finished_bundle(self, tiny, tmp_path):
        tiny.train("tagging", tmp_path / "m")
        with pytest.raises(BundleError, match=r"nothing to resume.*finished bundle.*--overwrite"):
            tiny.train("tagging", tmp_path / "m", resume=True)

    def test_a_damaged_checkpoint(self, tiny, begun):
        (begun / "training" / checkpoint.LATEST).write_bytes(b"")
        with pytest.raises(BundleError, match=r"no checkpoint.*--overwrite"):
            tiny.train("tagging", begun, resume=True)


def test_a_run_whose_epochs_are_done_is_finished(tiny, tmp_path, monkeypatch, weights, at):
    tiny.train("tagging", tmp_path / "whole", training={"patience": 1})

    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("seqkit.training.run.write_bundle", interrupted)
    with pytest.raises(KeyboardInterrupt):
        tiny.train("tagging", tmp_path / "m", training={"patience": 1})
    monkeypatch.undo()
    observer = at(0, lambda: None)
    resume = {"resume": True, "observers": [observer]}
    model = tiny.train("tagging", tmp_path / "m", training={"patience": 1}, **resume)
    assert [type(event) for event in observer.events] == [Started, Finished]
    assert weights(tmp_path / "m") == weights(tmp_path / "whole")
    assert model.manifest.scores == api.load(tmp_path / "whole").manifest.scores
    assert not (tmp_path / "m" / "training").exists()
