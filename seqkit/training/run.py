"""One training run, from a recipe and its sources to a bundle."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec
import torch

from seqkit import lazy, registry
from seqkit import recipe as recipes
from seqkit.bundle.manifest import CHECKPOINTS, MANIFEST, METRICS, BaselineRecord, Manifest
from seqkit.bundle.save import check_target, extra_files, write_bundle
from seqkit.bundle.weights import rounded
from seqkit.corpora import Sources
from seqkit.decoding.base import Decoder
from seqkit.errors import BundleError, DataError, RecipeError, TrainingError, UsageError
from seqkit.nn.kernels import NO_KERNELS, Kernels, installed
from seqkit.nn.network import Network
from seqkit.pretrained.beginning import Beginning
from seqkit.readers.base import OnBad
from seqkit.recipe import Recipe
from seqkit.tokenizers.base import Tokenizer
from seqkit.training import checkpoint
from seqkit.training.baseline import bag_of_ngrams
from seqkit.training.batching import Examples, Streams, Targets, join
from seqkit.training.callbacks import Observer
from seqkit.training.checkpoint import Progress
from seqkit.training.contextual import read_once
from seqkit.training.corpus import prepare
from seqkit.training.events import Compared, Event, Finished, Started, Transferred
from seqkit.training.loop import Trainer
from seqkit.training.memory import keep_large_buffers
from seqkit.training.mixing import Mixed
from seqkit.training.outcome import Outcome
from seqkit.training.precision import check_bfloat16
from seqkit.training.recording import examine, make_manifest, parameters_of
from seqkit.training.scoring import score_examples, score_streams
from seqkit.training.store import Corpus
from seqkit.training.teaching import Model, Teacher
from seqkit.training.transfer import freeze, transfer


class Run:
    """Trains what a recipe says.

    Args:
        recipe: A checked recipe.
        sources: The files of its corpus.
        out: The bundle's directory.
        on_bad: What to do with a bad row.
        observers: Told of each step and epoch, beside the recipe's callbacks.
        teacher: The model that ``teacher.models`` names; none where that is empty.

    Raises:
        RecipeError: The head learns from labels alone, and there is a teacher.
        UsageError: The recipe wants a GPU and there is none, or a precision that is not here.
    """

    def __init__(
        self,
        recipe: Recipe,
        sources: Sources,
        out: Path,
        *,
        on_bad: OnBad,
        observers: Sequence[Observer],
        teacher: Model | None,
    ) -> None:
        self.beginning = Beginning(recipe)
        self.recipe = recipe = self.beginning.recipe
        self.sources = sources
        self.out = out
        self.on_bad = on_bad
        self.observers = list(observers)
        self.device = _device(recipe.training.device)
        if recipe.training.precision == "bfloat16":
            check_bfloat16(self.device)
        self.spec = recipe.head_spec
        self.teacher = None if teacher is None else Teacher(teacher, self._tell)
        if teacher is not None and not lazy.load(self.spec.target).soft_targets:
            raise RecipeError(
                f"teacher.models is set, but the {self.spec.name} head learns from labels alone",
                fix="Name another head, or leave the section [teacher] out",
            )
        self.tokenizer: Tokenizer = self.beginning.make_tokenizer()
        self._transferred: list[Transferred] = []
        self.decoder: Decoder = lazy.load(self.spec.decoder)(recipe.head.options)

    @property
    def _streams(self) -> bool:
        return self.spec.arity == "one-to-many"

    def train(self, *, resume: bool, overwrite: bool) -> None:
        """Train and write the bundle.

        After Ctrl-C, and where training diverges, the bundle holds the best epoch so far and
        keeps its checkpoints.

        Args:
            resume: Go on from the checkpoint in the bundle's directory.
            overwrite: Replace a finished bundle, or a run that was interrupted.

        Raises:
            BundleError: The directory may not be replaced, or there is nothing to resume.
            DataError: The corpus has a bad row, or is not what the run was begun with.
            TrainingError: The loss is no number any more, or the disk is full.
            UsageError: The recipe is not the one that the run was begun with.
        """
        before = self._begun(resume=resume, overwrite=overwrite)
        corpus = prepare(
            self.recipe,
            self.sources,
            tokenizer=self.tokenizer,
            decoder=self.decoder,
            on_bad=self.on_bad,
            vocabulary=self.beginning.vocabulary,
            letters=self.beginning.letters,
            teacher=self.teacher,
        )
        if self.decoder.tunes and not corpus.dev:
            raise DataError(
                f"The {self.spec.name} head has nothing to be tuned on",
                why="head.calibrate and tuned thresholds want development data, and none is there",
                fix="Set corpus.dev or corpus.dev_fraction, or leave those options out",
            )
        data = self.beginning.digest(corpus.digest)
        progress = Progress(recipe=recipes.to_toml(self.recipe), data=data)
        if before is not None and progress.data != before.data:
            raise DataError(
                f"{self.out} was begun with other training data",
                why="the corpus has changed since, or what [pretrained] or [teacher] names",
                fix="Put the old files back, or start anew with --overwrite",
            )
        keep_large_buffers()
        with _threads(self.recipe.training.threads):
            generator = torch.Generator(self.device).manual_seed(self.recipe.random_seed)
            network = self._network(corpus, generator, fresh=not resume)
            corpus = read_once(corpus, network, self.device)
            trainer = self._trainer(corpus, progress, network, generator)
            self._open(trainer, resume=resume)
            self._tell(self._started(trainer, corpus))
            for event in self._transferred:
                self._tell(event)
            baseline = self._baseline(corpus)
            if not resume:
                trainer.study()
            outcome = trainer.run()
            self._round(outcome, corpus, trainer.network)
            examined: dict[str, Any] = {}
            if not self._streams and outcome.reason != "diverged":
                examined = examine(trainer.network, corpus, self.decoder, self.device)
            manifest = make_manifest(
                self.recipe,
                self.sources,
                corpus,
                trainer.network,
                outcome.progress,
                decoder=self.decoder,
                vocab_size=self.tokenizer.vocab_size,
                device=self.device,
                origins=self.beginning.origins + (self.teacher.records if self.teacher else ()),
            )
            manifest = msgspec.structs.replace(manifest, **examined)
            if baseline is not None:
                manifest = msgspec.structs.replace(manifest, baseline=baseline)
            self._close(outcome, manifest)

    def _begun(self, *, resume: bool, overwrite: bool) -> Progress | None:
        """Make sure that the directory may be written, and look where the run to resume stands."""
        latest = self.out / CHECKPOINTS / checkpoint.LATEST
        if not resume:
            if latest.is_file() and not overwrite:
                raise BundleError(
                    f"{self.out} holds a run that was interrupted",
                    fix="Go on with it (--resume), or start anew (--overwrite)",
                )
            check_target(self.out, overwrite=overwrite)
            return None
        if not latest.is_file():
            finished = (self.out / MANIFEST).is_file()
            raise BundleError(
                f"There is nothing to resume in {self.out}",
                why="it is a finished bundle" if finished else f"{latest} is missing",
                fix="Train anew with --overwrite" if finished else "Leave out --resume",
            )
        # Ctrl-C leaves a bundle, which resuming may replace, and callbacks leave their files
        check_target(self.out, overwrite=True, extra=dict.fromkeys(extra_files(self.out), b""))
        before = checkpoint.read_progress(latest)
        now = recipes.to_toml(self.recipe)
        # read anew, so that what it was begun with has the keys that are there by now
        then = recipes.to_toml(recipes.parse(tomllib.loads(before.recipe)))
        if now != then:
            changed = sorted(set(now.splitlines()) ^ set(then.splitlines()))
            raise UsageError(
                f"{self.out} was begun with another recipe",
                why=f"they differ in: {'; '.join(changed[:4])}",
                fix="Resume with the recipe it was begun with, or start anew with --overwrite",
            )
        return before

    def _trainer(
        self, corpus: Corpus, progress: Progress, network: Network, generator: torch.Generator
    ) -> Trainer:
        return Trainer(
            network,
            self._batches(corpus),
            self.recipe.training,
            random_seed=self.recipe.random_seed,
            generator=generator,
            score=self._scorer(network, corpus),
            metric=self.decoder.metric,
            greater_is_better=self.decoder.greater_is_better,
            directory=self.out,
            progress=progress,
            tell=self._tell,
        )

    def _network(self, corpus: Corpus, generator: torch.Generator, *, fresh: bool) -> Network:
        network = Network(
            self.recipe,
            vocab_size=self.tokenizer.vocab_size,
            output_size=self.tokenizer.vocab_size if self._streams else self.decoder.output_size,
            feature_buckets=self.tokenizer.feature_buckets,
            kernels=self._kernels(),
            half_precision=self.recipe.training.precision == "bfloat16",
        ).to(self.device)
        network.reset_parameters(generator)
        if fresh:  # otherwise a checkpoint has them all
            self._transferred = transfer(self.beginning, self.tokenizer, network)
        else:  # and those are wanted before it is read
            transfer(self.beginning, self.tokenizer, network, characters=True)
        freeze(self.recipe, network)
        # of running text, each token but the first is a target
        targets = [join(corpus.train)[1:]] if self._streams else Targets(corpus.train)
        network.head.prepare(self.decoder, targets)
        return network

    def _kernels(self) -> Kernels:
        return installed(self.recipe.cell.name) if self.recipe.training.kernels else NO_KERNELS

    def _batches(self, corpus: Corpus) -> Examples | Streams:
        options = self.recipe.training
        if self._streams:
            return Streams(
                corpus.train,
                batch_size=options.batch_size,
                bptt=options.bptt,
                random=options.bptt_random,
            )
        if self.teacher is not None or corpus.unlabelled:
            mixed = Mixed(corpus, self.decoder, self.recipe.teacher)
            return Examples(mixed, batch_size=options.batch_size)
        return Examples(corpus.train, batch_size=options.batch_size)

    def _scorer(self, network: Network, corpus: Corpus) -> Callable[[], dict[str, float]] | None:
        if not corpus.dev:
            return None
        if self._streams:
            return lambda: score_streams(
                network, corpus.dev, characters=corpus.dev_characters, device=self.device
            )

        def score() -> dict[str, float]:
            network.head.teach(self.decoder)
            return score_examples(network, corpus.dev, self.decoder, self.device).scores

        return score

    def _open(self, trainer: Trainer, *, resume: bool) -> None:
        """Prepare the directory, go on from its checkpoint, and make the callbacks."""
        if resume:
            trainer.restore()
        else:
            checkpoint.clear(self.out)
            (self.out / METRICS).unlink(missing_ok=True)
        self.out.mkdir(parents=True, exist_ok=True)
        callbacks = [
            registry.load_target("callback", part.name)(part.options, self.out)
            for part in self.recipe.callbacks
        ]
        self.observers = [*callbacks, *self.observers]

    def _tell(self, event: Event) -> None:
        for observer in self.observers:
            observer.on_event(event)

    def _started(self, trainer: Trainer, corpus: Corpus) -> Started:
        return Started(
            path=str(self.out),
            task=self.spec.name,
            device=self.device.type,
            parameters=parameters_of(trainer.network),
            train_examples=len(corpus.train),
            unlabelled_examples=len(corpus.unlabelled),
            dev_examples=len(corpus.dev),
            train_tokens=trainer.data.tokens,
            epochs=trainer.epochs,
            steps=trainer.steps,
            step=trainer.steps_done,
            metric=self.decoder.metric,
        )

    def _baseline(self, corpus: Corpus) -> BaselineRecord | None:
        if not self.recipe.training.baseline or self.spec.reads == "ids":
            return None
        found = bag_of_ngrams(
            corpus, self.tokenizer, self.decoder, random_seed=self.recipe.random_seed
        )
        if found is not None:
            self._tell(
                Compared(
                    name=found.name, metric=found.metric, score=found.score, seconds=found.seconds
                )
            )
        return found

    def _round(self, outcome: Outcome, corpus: Corpus, network: Network) -> None:
        """Have the network compute with the weights as they will be stored, and score those."""
        how = self.recipe.bundle.weights
        weights = rounded({name: w.numpy() for name, w in outcome.weights.items()}, how)
        network.load_state_dict({name: torch.from_numpy(w) for name, w in weights.items()})
        network.eval().head.teach(self.decoder)
        score, progress = self._scorer(network, corpus), outcome.progress
        if how != "float32" and score is not None and progress.best_scores:
            found = score()
            progress.best_scores = {k: v for k, v in found.items() if math.isfinite(v)}

    def _close(self, outcome: Outcome, manifest: Manifest) -> None:
        """Write the bundle, unless training diverged before there was anything to keep."""
        progress = outcome.progress
        self._tell(
            Finished(
                reason=outcome.reason,
                best_epoch=progress.best_epoch,
                scores=progress.best_scores,
                seconds=progress.total_seconds,
                path=str(self.out),
            )
        )
        diverged = outcome.reason == "diverged"
        if progress.best_epoch or not diverged:
            self._write(manifest, outcome)
        if diverged:
            options = self.recipe.training
            kept = (
                f"{self.out} holds the best model before that, of epoch {progress.best_epoch}"
                if progress.best_epoch
                else "No epoch was finished, so there is no model"
            )
            raise TrainingError(
                outcome.problem,
                why="Training diverged",
                fix=f"Train anew with a lower training.learning_rate (it is "
                f"{options.learning_rate:g}) or training.clip_norm (it is {options.clip_norm:g}, "
                f"where 0 is no limit). {kept}",
            )

    def _write(self, manifest: Manifest, outcome: Outcome) -> None:
        kept = extra_files(self.out)
        if outcome.reason in ("interrupted", "diverged"):
            kept |= checkpoint.files(self.out)
        write_bundle(
            self.out,
            manifest=manifest,
            recipe=self.recipe,
            tokenizer=self.tokenizer,
            decoder=self.decoder,
            letters=self.beginning.letters,
            weights={name: tensor.numpy() for name, tensor in outcome.weights.items()},
            extra={name: path.read_bytes() for name, path in kept.items()},
            overwrite=True,
        )


def _device(name: str) -> torch.device:
    if name == "cuda" and not torch.cuda.is_available():
        raise UsageError(
            "training.device is cuda", why="torch finds no GPU here", fix="Set training.device=auto"
        )
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(name)


@contextmanager
def _threads(number: int) -> Iterator[None]:
    """Have torch use so many processor threads for a while; 0 for as many as it does anyway."""
    before = torch.get_num_threads()
    torch.set_num_threads(number or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
