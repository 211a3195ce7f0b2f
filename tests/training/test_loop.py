"""The loop: steps, carried state, the best epoch, patience, divergence, checkpoints."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pytest
import torch

from seqkit import recipe as recipes
from seqkit.encoding import Encoded
from seqkit.errors import BundleError
from seqkit.nn.network import Network
from seqkit.training import checkpoint
from seqkit.training.batching import Examples, Streams
from seqkit.training.checkpoint import Progress
from seqkit.training.events import Evaluated, Event, Stepped
from seqkit.training.loop import Trainer

V, TEXTS = 12, 8


def examples(count: int = TEXTS) -> list[Encoded]:
    rng = np.random.default_rng(0)
    return [
        Encoded(rng.integers(3, V, size=5, dtype=np.int32), target=np.array(n % 2, dtype=np.int64))
        for n in range(count)
    ]


class Recorder(list):
    """The events that were told."""

    def of(self, kind: type[Event]) -> list:
        return [event for event in self if isinstance(event, kind)]


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Trainer]:
    """Make a trainer of a tiny classifier, or of a language model; options are the recipe's."""

    def make(
        *,
        task: str = "classification",
        scores: Iterable[float] = (),
        metric: str = "accuracy",
        greater_is_better: bool = True,
        tell: Callable[[Event], None] = lambda event: None,
        seed: int = 1,
        head: dict | None = None,
        embedding: dict | None = None,
        encoder: dict | None = None,
        **training: object,
    ) -> Trainer:
        options = {"epochs": 2, "batch_size": 4, "bptt": 5, "state_reset": 0.0, **training}
        recipe = recipes.parse(
            {
                "embedding": {"size": 3, **(embedding or {})},
                "encoder": {"hidden_size": 4, **(encoder or {})},
                "head": {"name": task, **(head or {})},
                "training": options,
            }
        )
        streams = task == "generation"
        generator = torch.Generator().manual_seed(seed)
        network = Network(recipe, vocab_size=V, output_size=V if streams else 1)
        network.reset_parameters(generator)
        data = (
            Streams(examples(16), batch_size=4, bptt=5, random=recipe.training.bptt_random)
            if streams
            else Examples(examples(), batch_size=4)
        )
        values = iter(scores)
        return Trainer(
            network,
            data,
            recipe.training,
            random_seed=seed,
            generator=generator,
            score=(lambda: {metric: next(values), "loss": 0.5}) if scores else None,
            metric=metric,
            greater_is_better=greater_is_better,
            directory=tmp_path,
            progress=Progress(recipe="", data=""),
            tell=tell,
        )

    return make


def weights(trainer: Trainer) -> dict[str, torch.Tensor]:
    return {name: t.clone() for name, t in trainer.network.state_dict().items()}


def same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


class TestSteps:
    def test_the_loss_told_is_the_mean_of_the_epoch_so_far_over_real_steps(self, make):
        events = Recorder()
        trainer = make(epochs=1, learning_rate=1e-30, tell=events.append)
        losses = []
        for batch in trainer.data.batches(np.random.default_rng([1, 0])):
            logits = trainer.network(batch.ids, batch.lengths)
            losses.append(trainer.network.head.loss(logits, batch.targets, batch.lengths)[0].item())
        trainer.run()
        told = [event.loss for event in events.of(Stepped)]
        assert told == pytest.approx([losses[0] / 4, sum(losses) / 8], rel=1e-5)
        assert events.of(Evaluated)[0].train_loss == pytest.approx(told[-1])

    def test_the_gradient_is_clipped_to_its_norm(self, make):
        moved = {}
        for clip in (0.0, 0.001):
            trainer = make(optimizer="sgd", learning_rate=1.0, clip_norm=clip)
            before = weights(trainer)
            trainer._step(next(trainer.data.batches(np.random.default_rng(0))))
            after = weights(trainer)
            moved[clip] = torch.cat([(after[n] - before[n]).flatten() for n in before])
        assert moved[0.0].norm() > 0.01
        assert moved[0.001].norm().item() == pytest.approx(0.001, rel=1e-3)
        # no limit leaves the gradient as it is, a limit only shortens it
        torch.testing.assert_close(moved[0.001], moved[0.0] * (0.001 / moved[0.0].norm()))

    def test_each_step_uses_the_rate_of_the_schedule(self, make):
        events = Recorder()
        make(schedule="linear", learning_rate=0.4, tell=events.append).run()
        rates = [event.learning_rate for event in events.of(Stepped)]
        assert rates == pytest.approx([0.4, 0.3, 0.2, 0.1])

    @pytest.mark.parametrize("penalty", [0.0, 2.0])
    def test_accumulated_batches_are_one_large_one(self, make, penalty):
        options = {"optimizer": "sgd", "learning_rate": 1.0, "clip_norm": 0.0}
        options |= {"activation": penalty}
        moved = []
        for accumulate in (1, 3):
            trainer = make(accumulate=accumulate, **options)
            trainer.network.double()
            trainer.data = Examples(examples(6), batch_size=6 // accumulate)
            before = weights(trainer)
            group = tuple(trainer.data.batches(np.random.default_rng(0)))
            assert len(group) == accumulate
            trainer._step(*group)
            after = weights(trainer)
            moved.append({name: after[name] - before[name] for name in before})
        torch.testing.assert_close(*moved, rtol=1e-10, atol=1e-12)

    def test_an_epochs_last_step_takes_the_batches_that_are_left(self, make):
        events = Recorder()
        trainer = make(task="generation", accumulate=3, tell=events.append)
        batches = trainer.data.steps
        trainer.run()
        steps = [event.step for event in events.of(Stepped)]
        assert batches % 3
        assert steps == list(range(1, trainer.steps + 1))
        assert trainer.steps == 2 * -(-batches // 3)
        assert sum(event.tokens for event in events.of(Stepped)) == 2 * trainer.data.tokens

    def test_the_penalty_is_part_of_the_gradient_but_not_of_the_loss_told(self, make):
        told, moved = [], []
        for beta in (0.0, 5.0):
            trainer = make(optimizer="sgd", clip_norm=0.0, temporal_activation=beta)
            told.append(trainer._step(next(trainer.data.batches(np.random.default_rng(0)))))
            moved.append(weights(trainer))
        assert told[0] == told[1]
        assert not same(*moved)

    def test_the_rate_of_a_random_window_is_scaled_by_its_length(self, make):
        events = Recorder()
        options = {"task": "generation", "bptt_random": True, "learning_rate": 0.5, "epochs": 1}
        make(tell=events.append, **options).run()
        told = [(event.learning_rate, event.tokens) for event in events.of(Stepped)]
        assert len({tokens for _, tokens in told}) > 1
        assert [rate for rate, _ in told] == pytest.approx([0.5 * n / 4 / 5 for _, n in told])

    def test_neither_the_order_nor_dropout_touch_the_global_generators(self, make):
        before = torch.get_rng_state(), np.random.get_state()[1].tolist()
        make(head={"dropout": 0.5}).run()
        make(task="generation", state_reset=0.5).run()
        assert torch.equal(before[0], torch.get_rng_state())
        assert before[1] == np.random.get_state()[1].tolist()


class TestStreams:
    def states(self, trainer: Trainer, monkeypatch) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """The state that each window was given, and the one that it left."""
        seen = []
        run = trainer.network.run

        def spy(ids, lengths, state, features=None):
            logits, after = run(ids, lengths, state, features)
            assert not any(s.requires_grad for part in state for s in part)
            seen.append((state[0][0].clone(), after[0][0].detach().clone()))
            return logits, after

        monkeypatch.setattr(trainer.network, "run", spy)
        trainer.run()
        return seen

    def test_a_window_begins_with_the_state_that_the_one_before_it_left(self, make, monkeypatch):
        trainer = make(task="generation")
        states = self.states(trainer, monkeypatch)
        assert len(states) == 2 * trainer.data.steps
        for epoch in (states[: trainer.data.steps], states[trainer.data.steps :]):
            assert not epoch[0][0].any()
            for (_, left), (given, _) in itertools.pairwise(epoch):
                assert torch.equal(left, given)
                assert given.any()

    def test_some_streams_begin_anew_as_the_generator_that_was_handed_in_draws(
        self, make, monkeypatch
    ):
        def resets(seed: int) -> list[list[bool]]:
            states = self.states(make(task="generation", state_reset=0.5, seed=seed), monkeypatch)
            for (_, left), (given, _) in itertools.pairwise(states[:5]):
                kept = given.any(dim=1)
                assert torch.equal(given[kept], left[kept])
            return [given.any(dim=1).tolist() for given, _ in states]

        torch.manual_seed(0)
        first = resets(1)
        torch.manual_seed(99)
        assert resets(1) == first
        assert resets(2) != first
        assert {True, False} <= {kept for window in first[1:4] for kept in window}


class TestBest:
    def run(self, make, scores, **options):
        epochs = []
        events = Recorder()

        def tell(event):
            events.append(event)
            if isinstance(event, Evaluated):
                epochs.append(weights(trainer))

        trainer = make(scores=scores, tell=tell, epochs=len(scores), **options)
        return trainer.run(), epochs, events

    def test_the_best_epochs_weights_are_kept_not_the_last(self, make):
        outcome, epochs, events = self.run(make, [0.5, 0.7, 0.6, 0.7])
        assert (outcome.reason, outcome.progress.best_epoch) == ("done", 2)
        assert outcome.progress.best_scores == {"accuracy": 0.7, "loss": 0.5}
        assert same(outcome.weights, epochs[1])
        assert not same(outcome.weights, epochs[3])
        assert [event.best for event in events.of(Evaluated)] == [True, True, False, False]

    def test_where_less_is_better_the_least_is_best(self, make):
        options = {"metric": "perplexity", "greater_is_better": False}
        outcome, epochs, _ = self.run(make, [5.0, 3.0, 4.0], **options)
        assert outcome.progress.best_epoch == 2
        assert same(outcome.weights, epochs[1])

    def test_patience_ends_training(self, make):
        outcome, epochs, _ = self.run(make, [0.5, 0.7, 0.6, 0.7, 0.9], patience=2)
        assert (outcome.reason, len(epochs)) == ("early-stopping", 4)
        assert same(outcome.weights, epochs[1])

    def test_patience_that_runs_out_with_the_last_epoch_is_no_early_stopping(self, make):
        outcome, _, _ = self.run(make, [0.5, 0.4, 0.4], patience=2)
        assert outcome.reason == "done"

    def test_the_time_ends_training_within_an_epoch_which_is_scored(self, make, monkeypatch):
        now = [0.0]
        monkeypatch.setattr("seqkit.training.loop.time.perf_counter", lambda: now[0])
        events = Recorder()

        def tell(event):
            events.append(event)
            now[0] += 1

        trainer = make(scores=[0.5, 0.7, 0.9], tell=tell, epochs=3, max_seconds=2.5)
        outcome = trainer.run()
        assert (outcome.reason, trainer.steps) == ("out-of-time", 6)
        assert [event.step for event in events.of(Stepped)] == [1, 2, 3]
        assert [event.scores["accuracy"] for event in events.of(Evaluated)] == [0.5, 0.7]
        assert outcome.progress.best_epoch == 2

    def test_the_schedule_runs_its_course_within_the_time(self, make, monkeypatch):
        now = [0.0]
        monkeypatch.setattr("seqkit.training.loop.time.perf_counter", lambda: now[0])
        rates = []

        def tell(event):
            if isinstance(event, Stepped):
                rates.append(event.learning_rate)
                now[0] += 1

        options = {"schedule": "linear", "learning_rate": 1.0, "epochs": 4, "max_seconds": 4}
        make(tell=tell, **options).run()
        assert rates == pytest.approx([1, 7 / 8, 4 / 8, 4 / 8])

    def test_without_scores_the_last_epoch_is_the_best(self, make):
        trainer = make(epochs=3, patience=1)
        outcome = trainer.run()
        assert (outcome.reason, outcome.progress.best_epoch) == ("done", 3)
        assert outcome.progress.best_scores == {}
        assert same(outcome.weights, weights(trainer))

    def test_a_score_that_no_number_can_hold_is_left_out_of_the_checkpoint(self, make, tmp_path):
        trainer = make()
        trainer.score = lambda: {"loss": 800.0, "accuracy": 0.5, "perplexity": math.inf}
        trainer.run()
        progress = checkpoint.read_progress(tmp_path / "training" / checkpoint.LATEST)
        assert progress.best_scores == {"loss": 800.0, "accuracy": 0.5}


class TestDivergence:
    def test_a_loss_that_is_no_number(self, make):
        trainer = make()
        with torch.no_grad():
            trainer.network.head.output.bias.fill_(math.inf)
        outcome = trainer.run()
        assert outcome.reason == "diverged"
        assert outcome.problem in (f"The loss is {x} at step 1, in epoch 1" for x in ("nan", "inf"))

    def test_a_gradient_that_is_no_number_moves_nothing(self, make):
        trainer = make(epochs=1)
        steps = itertools.count(1)

        def spoil(gradient):
            return gradient * math.inf if next(steps) == 2 else gradient

        trainer.network.head.output.bias.register_hook(spoil)
        told = []
        trainer.tell = lambda event: told.append(weights(trainer))
        problem = trainer.run().problem
        assert problem in (
            f"The gradient's norm is {x} at step 2, in epoch 1" for x in ("nan", "inf")
        )
        assert len(told) == 1
        assert same(told[0], weights(trainer))

    @pytest.mark.parametrize(
        "scores", [{"accuracy": math.nan}, {"accuracy": 0.5, "loss": math.inf}]
    )
    def test_scores_that_are_no_numbers(self, make, scores):
        trainer = make()
        trainer.score = lambda: scores
        outcome = trainer.run()
        assert (outcome.reason, outcome.progress.best_epoch) == ("diverged", 0)
        assert outcome.problem.endswith("on the development data after epoch 1")

    def test_logits_that_a_decoder_refuses(self, make):
        def score():
            raise BundleError("the model's output is no number")

        trainer = make()
        trainer.score = score
        assert trainer.run().problem == (
            "The model's output is no number on the development data after epoch 1"
        )

    def test_the_best_epoch_before_it_is_kept(self, make):
        outcome = make(scores=[0.5, 0.7, math.nan], epochs=3).run()
        assert (outcome.reason, outcome.progress.best_epoch) == ("diverged", 2)


class TestCheckpoints:
    def killed(self, trainer: Trainer, step: int) -> None:
        """Run until so many steps have been told of and the next checkpoint is due."""

        class Killed(BaseException):
            pass

        def tell(event):
            if isinstance(event, Stepped) and event.step == step + 1:
                raise Killed

        trainer.tell = tell
        with pytest.raises(Killed):
            trainer.run()

    @pytest.mark.parametrize("step", range(1, 4))
    def test_within_accumulated_steps_too(self, make, step):
        options = {"task": "generation", "accumulate": 2, "checkpoint_seconds": 0}
        whole = make(**options).run()
        self.killed(make(**options), step)
        resumed = make(**options)
        resumed.restore()
        assert same(resumed.run().weights, whole.weights)

    @pytest.mark.parametrize(
        ("task", "training"),
        [
            ("classification", {}),
            ("classification", {"adversarial": "virtual"}),
            ("generation", {}),
        ],
    )
    @pytest.mark.parametrize("step", range(1, 4))
    def test_from_any_step_a_run_goes_on_to_the_same_weights(self, make, task, training, step):
        head = {"dropout": 0.3}
        options = {"task": task, "head": head, "checkpoint_seconds": 0, "schedule": "cosine"}
        options |= training
        options["state_reset"] = 0.3
        whole = make(**options).run()
        self.killed(make(**options), step)
        resumed = make(**options)
        resumed.restore()
        assert resumed.steps_done == step
        outcome = resumed.run()
        assert same(outcome.weights, whole.weights)
        assert outcome.progress.total_seconds > 0

    @pytest.mark.parametrize("average", ["ema", "asgd"])
    @pytest.mark.parametrize("step", [3, 8, 12, 17])
    def test_averages_and_dropped_weights_go_on_too(self, make, average, step):
        values = [3.0, 4.0, 1.0, 0.5]  # asgd begins after the second, and the last is best
        options = {
            "task": "generation",
            "greater_is_better": False,
            "embedding": {"token_dropout": 0.3, "word_dropout": 0.1},
            "encoder": {"weight_dropout": 0.3},
            "temporal_activation": 1.0,
            "bptt_random": True,
            "epochs": 4,
            "checkpoint_seconds": 0,
            "average": average,
            "average_interval": 0,
        }
        whole = make(scores=values, **options)
        outcome = whole.run()
        assert not same(outcome.weights, weights(whole))
        self.killed(make(scores=values, **options), step)
        resumed = make(scores=values[step // whole.data.steps :], **options)
        resumed.restore()
        assert resumed.steps_done == step
        assert same(resumed.run().weights, outcome.weights)

    def test_within_an_epoch_they_are_written_no_more_often_than_asked(self, make, monkeypatch):
        written = []
        monkeypatch.setattr(
            checkpoint, "write", lambda path, tensors, progress: written.append(path.name)
        )
        trainer = make(epochs=2, checkpoint_seconds=3600)
        monkeypatch.setattr(trainer, "_best_weights", dict)
        trainer.run()
        assert written == [checkpoint.BEST, checkpoint.LATEST] * 2

    def test_a_run_killed_between_the_two_files_of_an_epoch_knows_its_best(self, make, monkeypatch):
        trainer = make(scores=[0.5, 0.7], epochs=2)
        write = checkpoint.write

        def fails(path, tensors, progress):
            if path.name == checkpoint.LATEST and progress.epoch == 2:
                raise KeyboardInterrupt
            write(path, tensors, progress)

        monkeypatch.setattr(checkpoint, "write", fails)
        with pytest.raises(KeyboardInterrupt):
            trainer.run()
        monkeypatch.undo()
        resumed = make(scores=[0.7], epochs=2)
        resumed.restore()
        assert resumed.progress.best_scores["accuracy"] == 0.5
        resumed._best_weights()
        assert resumed.progress.best_scores["accuracy"] == 0.7

    def test_a_checkpoint_of_another_network_is_refused(self, make):
        make(task="generation").run()
        with pytest.raises(BundleError, match=r"no checkpoint.*size mismatch|Missing key"):
            make().restore()
