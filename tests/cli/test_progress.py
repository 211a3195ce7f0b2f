"""Training as it is watched, without training."""

from __future__ import annotations

import io

import pytest

from seqkit.cli.progress import Counted, Speed, Watch, duration, in_words
from seqkit.training.events import Answered, Compared, Evaluated, Finished, Started, Stepped


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def started(**changes):
    values = {
        "path": "out",
        "task": "classification",
        "device": "cpu",
        "parameters": 1234,
        "train_examples": 100,
        "dev_examples": 10,
        "train_tokens": 5000,
        "epochs": 2,
        "steps": 20,
        "step": 0,
        "metric": "accuracy",
    }
    return Started(**{**values, **changes})


def stepped(step, *, epoch=1, loss=0.5, tokens=100):
    return Stepped(epoch=epoch, step=step, loss=loss, tokens=tokens, learning_rate=0.001)


def evaluated(**changes):
    values = {
        "epoch": 1,
        "step": 10,
        "train_loss": 0.25,
        "scores": {"loss": 0.3, "accuracy": 0.9},
        "best": True,
        "seconds": 61.0,
        "tokens_per_second": 5000.0,
    }
    return Evaluated(**{**values, **changes})


def answered(texts, seconds):
    return Answered(texts=texts, total=1000, seconds=seconds)


def watch(events, ticks=0.0):
    clock, stream = Clock(), io.StringIO()
    with Watch(stream, clock=clock) as watching:
        for event in events:
            watching.on_event(event)
            clock.now += ticks
    return stream.getvalue().splitlines()


def test_the_beginning_says_what_is_trained_on_what():
    assert watch([started()]) == [
        "training out: 1,234 parameters on cpu, 100 examples (5,000 tokens), 10 held out"
    ]


def test_a_resumed_run_says_where_it_goes_on():
    assert watch([started(step=7)])[1] == "going on after step 7 of 20"


def test_an_epoch_is_a_line():
    line = "epoch 1/2  loss 0.2500  dev loss 0.3000, dev accuracy 0.9000  5,000 tokens/s  1:01"
    assert watch([started(), evaluated()])[1:] == [f"{line}  best so far"]
    assert watch([started(), evaluated(best=False)])[1:] == [line]


def test_an_epoch_without_development_data():
    assert watch([started(), evaluated(scores={})])[1:] == [
        "epoch 1/2  loss 0.2500  5,000 tokens/s  1:01"
    ]


def test_what_is_to_be_beaten_stands_before_the_first_epoch():
    told = Compared(name="a bag of words", metric="accuracy", score=0.905, seconds=3.2)
    assert watch([started(), told])[1:] == [
        "to beat: a bag of words has dev accuracy 0.9050 (0:03)"
    ]


def test_an_epoch_without_steps_has_neither_loss_nor_speed():
    told = evaluated(step=0, train_loss=0.0, seconds=0.0, tokens_per_second=0.0)
    assert watch([started(epochs=1, steps=0), told])[1:] == [
        "epoch 1/1  learnt at once  dev loss 0.3000, dev accuracy 0.9000  best so far"
    ]


def test_steps_are_quiet_for_ten_seconds():
    lines = watch([started(), *(stepped(n) for n in range(1, 9))], ticks=3)
    # every 3 s a step: after 12 s the first line, after 24 s the second
    assert lines[1:] == [
        "epoch 1/2  step 4/20  loss 0.5000  33 tokens/s  0:48 left",
        "epoch 1/2  step 8/20  loss 0.5000  33 tokens/s  0:36 left",
    ]


def test_the_last_score_stands_beside_the_loss():
    lines = watch([started(), evaluated(), stepped(11, epoch=2)], ticks=11)
    assert lines[-1].startswith("epoch 2/2  step 11/20  loss 0.5000  dev accuracy 0.9000  ")


def test_the_end_is_kept_for_the_command():
    end = Finished(reason="done", best_epoch=1, scores={}, seconds=1.0, path="out")
    watching = Watch(io.StringIO())
    watching.on_event(end)
    assert watching.finished is end


def test_a_terminal_gets_one_live_display(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    stream = io.StringIO()
    stream.isatty = lambda: True
    with Watch(stream, clock=Clock()) as watching:
        for event in (started(), stepped(1), evaluated(), stepped(11, epoch=2)):
            watching.on_event(event)
    text = stream.getvalue()
    assert "epoch 2/2" in text
    assert "dev accuracy 0.9000" in text
    assert text.rstrip().endswith("\x1b[2K")  # the bar is gone, the lines above it stay


def test_time_left_counts_from_where_a_run_goes_on():
    clock = Clock()
    speed = Speed(clock)
    speed.begin(10)
    clock.now = 5.0
    assert speed.left(15, 20) == 5.0
    assert speed.left(10, 20) == 0.0


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.4, "0:00"), (61, "1:01"), (3600, "1:00:00"), (36_061, "10:01:01")]
)
def test_durations(seconds, text):
    assert duration(seconds) == text


def test_scores_in_words():
    assert in_words({"loss": 0.5, "f1": 1}, prefix="dev ") == "dev loss 0.5000, dev f1 1.0000"


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    return Terminal()


def test_documents_are_counted_on_a_terminal_with_the_time_that_is_left(terminal):
    clock = Clock()
    with Counted(1000, terminal, clock=clock) as counted:
        clock.now = 0.5
        counted.add(100, 50)
        assert terminal.getvalue() == ""
        clock.now = 2.0
        counted.add(3900, 250)
    assert "4,000 documents  2,000 documents/s  25%  0:06 left" in terminal.getvalue()


def test_what_an_earlier_run_did_is_counted_but_not_timed(terminal):
    clock = Clock()
    with Counted(1000, terminal, clock=clock) as counted:
        clock.now = 100.0
        counted.skip(500, 500)
        clock.now = 102.0
        counted.add(10, 600)
    assert "510 documents  5 documents/s  60%  0:08 left" in terminal.getvalue()


def test_of_a_pipe_nobody_knows_how_much_is_left(terminal):
    clock = Clock()
    with Counted(0, terminal, clock=clock) as counted:
        clock.now = 2.0
        counted.add(10, 0)
    assert "10 documents  5 documents/s" in terminal.getvalue()
    assert "left" not in terminal.getvalue()


def test_nothing_is_counted_where_nobody_looks():
    stream, clock = io.StringIO(), Clock()
    with Counted(1000, stream, clock=clock) as counted:
        clock.now = 10.0
        counted.add(10, 10)
    assert stream.getvalue() == ""


def test_a_teachers_answers_are_counted_in_lines_and_then_told():
    events = [answered(0, 0.1), answered(250, 20.0), answered(500, 40.0), answered(1000, 80.0)]
    assert watch(events, ticks=20.0) == [
        "the teacher has answered 250 of 1,000 texts  1:00 left",
        "the teacher has answered 500 of 1,000 texts  0:40 left",
        "the teacher has answered 1,000 texts (1:20)",
    ]
    assert watch([answered(1000, 0)]) == [
        "the teacher has answered 1,000 texts (known from before)"
    ]
