"""One training run, from a recipe and its sources to a bundle."""

from __future__ import annotations

import datetime
import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

import seqkit
from seqkit import lazy, registry
from seqkit import recipe as recipes
from seqkit.bundle.manifest import CorpusRecord, MachineRecord, Manifest
from seqkit.bundle.save import check_target, record_parts, write_bundle
from seqkit.corpora import Sources
from seqkit.decoding.base import Decoder
from seqkit.encoding import Encoded, ExampleEncoder, text_of, words_of
from seqkit.errors import BundleError, DataError, UsageError
from seqkit.examples import Example
from seqkit.nn.network import Network
from seqkit.readers.base import OnBad
from seqkit.readers.files import read
from seqkit.recipe import Recipe
from seqkit.splits import hold_out
from seqkit.tokenizers.base import Tokenizer
from seqkit.training import checkpoint
from seqkit.training.callbacks import Observer
from seqkit.training.batching import Examples, Streams
from seqkit.training.checkpoint import Progress
from seqkit.training.events import Event, Finished, Started
from seqkit.training.loop import Outcome, Trainer
from seqkit.training.scoring import score_examples, score_streams

_METRICS = "metrics.jsonl"


@dataclass(frozen=True, slots=True)
class Corpus:
    """A corpus in numbers.

    Attributes:
        train: Encoded training examples.
        dev: Encoded development examples; may be empty.
        dev_characters: Characters of the development texts, each end counted as one.
    """

    train: list[Encoded]
    dev: list[Encoded]
    dev_characters: int


class Run:
    """Trains what a recipe says.

    Args:
        recipe: A checked recipe.
        sources: The files of its corpus.
        out: The bundle's directory.
        on_bad: What to do with a bad row.
        observers: Told of each step and epoch, beside the recipe's callbacks.
    """

    def __init__(
        self,
        recipe: Recipe,
        sources: Sources,
        out: Path,
        *,
        on_bad: OnBad,
        observers: Sequence[Observer],
    ) -> None:
        self.recipe = recipe
        self.sources = sources
        self.out = out
        self.on_bad = on_bad
        callbacks = [
            lazy.load(registry.find("callback", part.name).spec.target)(part.options, out)
            for part in recipe.callbacks
        ]
        self.observers: list[Observer] = [*callbacks, *observers]
        self.device = _device(recipe.training.device)
        self.spec = recipe.head_spec
        self.tokenizer: Tokenizer = lazy.load(
            registry.find("tokenizer", recipe.tokenizer.name).spec.target
        )(recipe.tokenizer.options)
        self.decoder: Decoder = lazy.load(self.spec.decoder)(recipe.head.options)

    @property
    def _streams(self) -> bool:
        return self.spec.arity == "one-to-many"

    def train(self, *, resume: bool, overwrite: bool) -> None:
        """Train and write the bundle.

        Args:
            resume: Go on from the checkpoint in the bundle's directory.
            overwrite: Replace a finished bundle.
        """
        folder = self.out / checkpoint.FOLDER
        if resume and not (folder / checkpoint.LATEST).is_file():
            raise BundleError(
                f"There is nothing to resume in {self.out}",
                why=f"{folder / checkpoint.LATEST} is missing",
                fix="Leave out --resume",
            )
        # a run that was stopped by Ctrl-C has left a bundle, which resuming may replace
        check_target(self.out, overwrite=overwrite or resume)
        torch.set_num_threads(self.recipe.training.threads or torch.get_num_threads())
        corpus = self._read()
        began = self._progress(corpus)
        generator = torch.Generator(self.device).manual_seed(self.recipe.random_seed)
        network = self._network(corpus, generator)
        trainer = Trainer(
            network,
            self._batches(corpus),
            self.recipe.training,
            random_seed=self.recipe.random_seed,
            generator=generator,
            score=self._scorer(network, corpus),
            metric=self.decoder.metric,
            greater_is_better=self.decoder.greater_is_better,
            directory=self.out,
            progress=began,
            tell=self._tell,
        )
        if resume:
            trainer.restore()
            self._check_same(began, trainer.progress)
        elif folder.exists():
            shutil.rmtree(folder)
        self.out.mkdir(parents=True, exist_ok=True)
        if not resume:
            (self.out / _METRICS).unlink(missing_ok=True)
        parameters = sum(p.numel() for p in network.parameters())
        self._tell(
            Started(
                path=str(self.out),
                task=self.spec.name,
                device=self.device.type,
                parameters=parameters,
                train_examples=len(corpus.train),
                dev_examples=len(corpus.dev),
                train_tokens=trainer.data.tokens,
                epochs=self.recipe.training.epochs,
                steps=trainer.steps,
                step=trainer.progress.epoch * trainer.data.steps + trainer.progress.step,
                metric=self.decoder.metric,
            )
        )
        outcome = trainer.run()
        self._write(outcome, corpus, parameters)

    def _tell(self, event: Event) -> None:
        for observer in self.observers:
            observer.on_event(event)

    def _read(self) -> Corpus:
        """Read, split, train the tokenizer, learn the labels, encode."""
        train = self._examples(self.sources.train)
        dev = self._examples(self.sources.dev)
        if not dev and self.sources.dev_fraction:
            train, dev = hold_out(train, self.sources.dev_fraction, streams=self._streams)
        if not train:
            raise DataError("There is nothing to train on", why="no example was read")
        many = self.spec.arity == "many-to-many"
        self.tokenizer.train(words_of(e) if many else text_of(e) for e in train)
        self.decoder.fit(train)
        encoder = ExampleEncoder(self.tokenizer, self.decoder, self.spec.arity, self.recipe.encoder)
        labelled = not self._streams
        corpus = Corpus(
            [encoder.encode(e, with_target=labelled) for e in train],
            [encoder.encode(e, with_target=labelled) for e in dev],
            sum(len(text_of(e)) + 1 for e in dev),
        )
        if not any(len(e) for e in corpus.train):
            raise DataError("There is nothing to train on", why="all examples are empty")
        if labelled:  # an empty text teaches nothing, and its answer is known
            return Corpus(
                [e for e in corpus.train if len(e)],
                [e for e in corpus.dev if len(e)],
                corpus.dev_characters,
            )
        return corpus

    def _examples(self, paths: Sequence[Path]) -> list[Example]:
        return list(
            read(
                paths,
                reader=self.sources.reader,
                encoding=self.recipe.corpus.encoding,
                on_bad=self.on_bad,
            )
        )

    def _network(self, corpus: Corpus, generator: torch.Generator) -> Network:
        network = Network(
            self.recipe,
            vocab_size=self.tokenizer.vocab_size,
            output_size=self.tokenizer.vocab_size if self._streams else self.decoder.output_size,
            feature_buckets=self.tokenizer.feature_buckets,
        ).to(self.device)
        network.reset_parameters(generator)
        targets = [torch.from_numpy(e.target) for e in corpus.train if e.target is not None]
        network.head.prepare(self.decoder, targets)
        return network

    def _batches(self, corpus: Corpus) -> Examples | Streams:
        options = self.recipe.training
        if self._streams:
            return Streams(corpus.train, batch_size=options.batch_size, bptt=options.bptt)
        return Examples(corpus.train, batch_size=options.batch_size)

    def _scorer(self, network: Network, corpus: Corpus) -> Callable[[], dict[str, float]] | None:
        if not corpus.dev:
            return None
        if self._streams:
            return lambda: score_streams(
                network, corpus.dev, characters=corpus.dev_characters, device=self.device
            )
        return lambda: score_examples(network, corpus.dev, self.decoder, self.device).scores

    def _progress(self, corpus: Corpus) -> Progress:
        digest = hashlib.sha256()
        for example in (*corpus.train, *corpus.dev):
            digest.update(np.int64(len(example)).tobytes())
            digest.update(example.ids.tobytes())
            if example.target is not None:
                digest.update(example.target.tobytes())
        return Progress(recipe=recipes.to_toml(self.recipe), data=digest.hexdigest())

    def _check_same(self, now: Progress, before: Progress) -> None:
        if now.recipe != before.recipe:
            changed = sorted(set(now.recipe.splitlines()) ^ set(before.recipe.splitlines()))
            raise UsageError(
                f"{self.out} was begun with another recipe",
                why=f"they differ in: {'; '.join(changed[:4])}",
                fix="Resume with the recipe it was begun with, or start anew with --overwrite",
            )
        if now.data != before.data:
            raise DataError(
                f"{self.out} was begun with other training data",
                why="the corpus has changed since",
                fix="Put the old files back, or start anew with --overwrite",
            )

    def _write(self, outcome: Outcome, corpus: Corpus, parameters: int) -> None:
        progress = outcome.progress
        recipe, sources = self.recipe, self.sources
        manifest = Manifest(
            seqkit_version=seqkit.__version__,
            task=self.spec.name,
            language=recipe.bundle.language or sources.language,
            parts=record_parts(recipe),
            labels=self.decoder.labels,
            vocab_size=self.tokenizer.vocab_size,
            parameters=parameters,
            random_seed=recipe.random_seed,
            scores=progress.best_scores,
            best_epoch=progress.best_epoch,
            seconds=round(progress.total_seconds, 3),
            corpus=CorpusRecord(
                name=sources.name,
                licence=sources.licence,
                train_examples=len(corpus.train),
                dev_examples=len(corpus.dev),
                sources=sources.origins,
            ),
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            weights=recipe.bundle.weights,
            machine=MachineRecord(
                torch=torch.__version__, threads=torch.get_num_threads(), device=self.device.type
            ),
        )
        self._tell(
            Finished(
                reason=outcome.reason,
                best_epoch=progress.best_epoch,
                scores=progress.best_scores,
                seconds=progress.total_seconds,
                path=str(self.out),
            )
        )
        extra = (
            {_METRICS: metrics.read_bytes()} if (metrics := self.out / _METRICS).exists() else {}
        )
        if outcome.reason == "interrupted":
            for name in (checkpoint.LATEST, checkpoint.BEST):
                file = self.out / checkpoint.FOLDER / name
                if file.exists():
                    extra[f"{checkpoint.FOLDER}/{name}"] = file.read_bytes()
        write_bundle(
            self.out,
            manifest=manifest,
            recipe=recipe,
            tokenizer=self.tokenizer,
            weights={name: t.numpy() for name, t in outcome.weights.items()},
            extra=extra,
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
