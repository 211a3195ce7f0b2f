"""One run of a comparison: trained, or gone on with, and measured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from seqkit.bundle.manifest import CHECKPOINTS, MANIFEST, METRICS
from seqkit.comparing import speed
from seqkit.comparing.plan import Candidate
from seqkit.comparing.records import RUNS, RunRecord, read, write
from seqkit.comparing.sizes import told_already
from seqkit.corpora import Sources
from seqkit.errors import SeqkitError, TrainingError
from seqkit.examples import Example
from seqkit.training.events import Evaluated, Event, Finished

if TYPE_CHECKING:
    from seqkit.model import TextModel
    from seqkit.recipe import Recipe
    from seqkit.training.callbacks import Observer


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A candidate and one of its seeds.

    Attributes:
        candidate: Who is trained.
        seed: Which seed, from 0.
        out: The comparison's folder.
    """

    candidate: Candidate
    seed: int
    out: Path

    @property
    def recipe(self) -> Recipe:
        """What it is trained by."""
        return self.candidate.seeded(self.seed)

    @property
    def name(self) -> str:
        """What its bundle and its record are called."""
        return f"{self.candidate.name}-seed{self.recipe.random_seed}"

    @property
    def bundle(self) -> Path:
        """Where its model is."""
        return self.out / RUNS / self.name

    @property
    def _record(self) -> Path:
        return self.out / RUNS / f"{self.name}.json"

    def recorded(self) -> RunRecord | None:
        """What came of it, if it has ended.

        Raises:
            BundleError: The record is damaged.
        """
        return read(self._record, RunRecord)

    def do(
        self, sources: Sources, examples: Sequence[Example], observers: Sequence[Observer]
    ) -> RunRecord:
        """Train to the end, or go on to it, then measure and keep the record.

        Args:
            sources: The files of the corpus.
            examples: To predict, for the speed.
            observers: Are told of each step and epoch.

        Returns:
            What came of it. A run that diverged is kept, since it would diverge again; one that
            failed in another way is tried again the next time.

        Raises:
            KeyboardInterrupt: Ctrl-C came; the run can be gone on with.
            SeqkitError: Something that would end every run, such as a full disk.
            OSError: Likewise, such as a terminal that is gone.
        """
        try:
            problem, kept = self._train(sources, observers)
            record = self._failed(problem) if problem else self._measured(examples)
        except (SeqkitError, OSError):
            raise
        except Exception as error:  # noqa: BLE001 -- a bug of one plugin's cell ends its run alone
            problem, kept = f"{type(error).__name__}: {' '.join(str(error).split())}", False
            record = self._failed(problem)
        if kept:
            write(self._record, record)
        return record

    def _train(self, sources: Sources, observers: Sequence[Observer]) -> tuple[str, bool]:
        """Train; what went wrong, or nothing, and whether it would again."""
        # training is torch's
        from seqkit import api
        from seqkit.training import checkpoint
        from seqkit.training.run import Run as TrainingRun

        begun = (self.bundle / CHECKPOINTS / checkpoint.LATEST).is_file()
        if not begun and (self.bundle / MANIFEST).is_file():
            return "", True  # ended between the bundle and its record
        end = _End()
        run = TrainingRun(
            self.recipe,
            sources,
            self.bundle,
            on_bad=told_already,
            observers=[*observers, end],
            teacher=api.teacher_of(self.recipe),
        )
        try:
            run.train(resume=begun, overwrite=not begun)
        except TrainingError as error:
            if end.reason != "diverged":
                raise
            return error.what, True
        if end.reason == "interrupted":
            raise KeyboardInterrupt
        return "", True

    def _failed(self, problem: str) -> RunRecord:
        return RunRecord(
            candidate=self.candidate.name, random_seed=self.recipe.random_seed, problem=problem
        )

    def _measured(self, examples: Sequence[Example]) -> RunRecord:
        from seqkit import api

        with api.load(self.bundle, threads=self.recipe.training.threads) as model:
            manifest, metric = model.manifest, self.candidate.metric
            if metric not in manifest.scores:  # which has the finite ones
                return self._failed(f"its {metric} is no number")
            epochs, tokens_per_second = _throughput(self.bundle / METRICS)
            return RunRecord(
                candidate=self.candidate.name,
                random_seed=self.recipe.random_seed,
                score=manifest.scores[metric],
                scores=manifest.scores,
                seconds=manifest.seconds,
                epochs=epochs,
                tokens_per_second=tokens_per_second,
                speed=speed.measure(model, examples),
                bytes=_size(model),
            )


class _End:
    """How training ended."""

    def __init__(self) -> None:
        self.reason = ""

    def on_event(self, event: Event) -> None:
        if isinstance(event, Finished):
            self.reason = event.reason


def _throughput(metrics: Path) -> tuple[int, float]:
    """Epochs, and tokens a second in all of them together, from the record of events."""
    epochs, tokens, seconds = 0, 0.0, 0.0
    for line in metrics.read_bytes().splitlines():
        told = msgspec.json.decode(line)
        if told["event"] == "evaluated":
            event = msgspec.convert(told, Evaluated)
            epochs = event.epoch
            tokens += event.tokens_per_second * event.seconds
            seconds += event.seconds
    return epochs, tokens / max(seconds, 1e-9)


def _size(model: TextModel) -> int:
    """Bytes of the bundle as it would be shipped."""
    return sum(file.stat().st_size for file in model.path.rglob("*") if file.is_file())
