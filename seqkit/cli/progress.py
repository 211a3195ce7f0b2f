"""What takes long as it is watched: a live display on a terminal; of training, lines elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

from seqkit.training.events import (
    Answered,
    Compared,
    Evaluated,
    Event,
    Finished,
    Started,
    Stepped,
    Transferred,
)

if TYPE_CHECKING:
    from rich.progress import Progress

#: Seconds between plain lines within an epoch.
QUIET = 10.0

#: Seconds after which a count of documents is shown.
SOON = 1.0


class Display:
    """A live display on a terminal, gone at the end of the ``with`` statement that it is used in.

    Args:
        stream: Where to write; standard error if not given.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stderr
        self._live: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def _start(self, *, total: int | None, completed: int = 0, bar: bool = True) -> Progress:
        """Begin to show how much of ``total`` is done; without it, that something is."""
        from rich.console import Console  # only where somebody looks at it
        from rich.progress import BarColumn, Progress, TextColumn

        # Epochs pass by on standard error above the bar, so that results alone are piped.
        self._live = Progress(
            TextColumn("{task.description}"),
            *([BarColumn(bar_width=24)] if bar else []),
            TextColumn("{task.fields[facts]}"),
            console=Console(file=self.stream),
            transient=True,
            redirect_stdout=False,
        )
        self._live.add_task("", total=total, completed=completed, facts="")
        self._live.start()
        return self._live

    def _stop(self) -> None:
        if self._live is not None:
            self._live.stop()
            self._live = None


class Watch(Display):
    """An observer of training that shows it on standard error; used as a context manager.

    Args:
        stream: Where to write.
        clock: Seconds that never go back.
    """

    def __init__(
        self, stream: TextIO | None = None, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(stream)
        self.clock = clock
        #: The last event, once training has ended.
        self.finished: Finished | None = None
        self._started: Started | None = None
        self._speed = Speed(clock)
        self._spoke = 0.0
        self._metric = ""

    def on_event(self, event: Event) -> None:
        """Show ``event``."""
        match event:
            case Answered():
                self._answer(event)
            case Started():
                self._begin(event)
            case Transferred():
                self._say(f"{event.source} knows {event.found:,} of {event.tokens:,} tokens")
            case Compared():
                self._say(
                    f"to beat: {event.name} has dev {event.metric} {event.score:.4f} "
                    f"({duration(event.seconds)})"
                )
            case Stepped():
                self._step(event)
            case Evaluated():
                self._epoch(event)
            case Finished():
                self.finished = event
                self._stop()

    def _answer(self, event: Answered) -> None:
        if event.texts == event.total:
            self._stop()
            how = duration(event.seconds) if event.seconds else "known from before"
            self._say(f"the teacher has answered {event.total:,} texts ({how})")
            return
        now = self.clock()
        left = event.seconds * (event.total - event.texts) / max(event.texts, 1)
        facts = f"{event.texts:,} of {event.total:,} texts  {duration(left)} left"
        if self.stream.isatty():
            live = self._live or self._start(total=event.total)
            task = live.task_ids[0]
            live.update(task, completed=event.texts, description="asking the teacher", facts=facts)
        elif now - self._spoke >= QUIET:
            self._spoke = now
            self._say(f"the teacher has answered {facts}")

    def _begin(self, event: Started) -> None:
        self._started = event
        self._speed.begin(event.step)
        self._spoke = self.clock()
        self._say(
            f"training {event.path}: {event.parameters:,} parameters on {event.device}, "
            f"{event.train_examples:,} examples ({event.train_tokens:,} tokens), "
            f"{event.dev_examples:,} held out"
        )
        if event.step:
            self._say(f"going on after step {event.step:,} of {event.steps:,}")
        if self.stream.isatty():
            self._start(total=event.steps, completed=event.step)

    def _step(self, event: Stepped) -> None:
        assert self._started is not None
        self._speed.add(event.tokens)
        now = self.clock()
        if self._live is None and now - self._spoke < QUIET:
            return
        left = self._speed.left(event.step, self._started.steps)
        facts = [f"loss {event.loss:.4f}", self._metric, f"{self._speed.tokens():,.0f} tokens/s"]
        epoch = f"epoch {event.epoch}/{self._started.epochs}"
        if self._live is not None:
            shown = "  ".join(filter(None, [*facts, f"{duration(left)} left"]))
            self._live.update(
                self._live.task_ids[0], completed=event.step, description=epoch, facts=shown
            )
            return
        self._spoke = now
        step = f"step {event.step:,}/{self._started.steps:,}"
        self._say("  ".join(filter(None, [epoch, step, *facts, f"{duration(left)} left"])))

    def _epoch(self, event: Evaluated) -> None:
        assert self._started is not None
        metric = self._started.metric
        if metric in event.scores:
            self._metric = f"dev {metric} {event.scores[metric]:.4f}"
        self._spoke = self.clock()
        self._say(
            "  ".join(
                filter(
                    None,
                    [
                        f"epoch {event.epoch}/{self._started.epochs}",
                        f"loss {event.train_loss:.4f}" if event.step else "learnt at once",
                        in_words(event.scores, prefix="dev "),
                        f"{event.tokens_per_second:,.0f} tokens/s" if event.step else "",
                        duration(event.seconds) if event.step else "",
                        "best so far" if event.best and event.scores else "",
                    ],
                )
            )
        )

    def _say(self, line: str) -> None:
        if self._live is not None:
            self._live.console.print(line, markup=False, highlight=False, soft_wrap=True)
        else:
            print(line, file=self.stream, flush=True)


class Counted(Display):
    """Documents that are done, shown on a terminal once that takes a while; a context manager.

    Args:
        size: Bytes of all input, or 0 where that is not known.
        stream: Where to write.
        clock: Seconds that never go back.
    """

    def __init__(
        self,
        size: int,
        stream: TextIO | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(stream)
        self.clock = clock
        self._size = size
        self._documents = self._done = self._from = 0
        self._began = clock()

    def skip(self, documents: int, read: int) -> None:
        """Some documents were done by an earlier run, which says nothing of the speed of this."""
        self._done += documents
        self._began, self._from = self.clock(), read

    def add(self, documents: int, read: int) -> None:
        """Some documents are done.

        Args:
            documents: How many.
            read: Bytes of the input up to the last of them.
        """
        self._documents += documents
        passed = self.clock() - self._began
        if passed < SOON or not self.stream.isatty():
            return
        live = self._live or self._start(total=self._size or None, bar=bool(self._size))
        facts = [
            f"{self._done + self._documents:,} documents",
            f"{self._documents / passed:,.0f} documents/s",
        ]
        if self._size:
            left = passed * (self._size - read) / max(read - self._from, 1)
            facts += [f"{read / self._size:.0%}", f"{duration(left)} left"]
        live.update(live.task_ids[0], completed=read, facts="  ".join(facts))


class Stages(Display):
    """What is being done, one thing after the other; a context manager.

    On a terminal each stage has a bar, elsewhere each is a line when it begins.

    Args:
        stream: Where to write.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream)
        self._stage = ""

    def show(self, stage: str, done: int, total: int) -> None:
        """Something is being done.

        Args:
            stage: What.
            done: How much of it.
            total: How much there is to do; 0 where that is not known.
        """
        facts = f"{done:,} of {total:,}" if total else ""
        if self._live is None and self.stream.isatty():
            self._start(total=None)
        if self._live is not None:
            task = self._live.task_ids[0]
            self._live.update(
                task, description=stage, completed=done, total=total or None, facts=facts
            )
        elif stage != self._stage:
            print(f"{stage} {total:,}" if total else stage, file=self.stream, flush=True)
        self._stage = stage


class Speed:
    """Steps and tokens a second since training began or went on, for the time that is left."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began, self._first, self._tokens = 0.0, 0, 0

    def begin(self, step: int) -> None:
        """Start counting at ``step`` steps done."""
        self._began, self._first, self._tokens = self._clock(), step, 0

    def add(self, tokens: int) -> None:
        """Count the tokens of one step."""
        self._tokens += tokens

    def tokens(self) -> float:
        """Tokens a second."""
        return self._tokens / max(self._clock() - self._began, 1e-9)

    def left(self, step: int, steps: int) -> float:
        """Seconds until ``steps``, at the mean speed so far."""
        done = step - self._first
        return (self._clock() - self._began) * (steps - step) / done if done else 0.0


def duration(seconds: float) -> str:
    """Seconds as ``m:ss`` or ``h:mm:ss``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def in_words(scores: Mapping[str, float], *, prefix: str = "") -> str:
    """Scores in one line: ``dev accuracy 0.8712, dev loss 0.3120``."""
    return ", ".join(f"{prefix}{name} {value:.4f}" for name, value in scores.items())
