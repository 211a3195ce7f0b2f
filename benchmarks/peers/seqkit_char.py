"""seqkit on characters: a recipe on its own corpus, as 'seqkit train' does it.

Its checkpoints are set aside while it trains, and scored afterwards as the peers' models are.
"""

import shutil
import tempfile
from pathlib import Path

from record import Clock, arguments, peak_bytes, versions

clock = Clock()

from windows import Moments, losses

import seqkit
from seqkit import corpora, recipe
from seqkit.bundle.load import open_bundle
from seqkit.bundle.manifest import CHECKPOINTS
from seqkit.runtimes.torch import TorchRuntime
from seqkit.training import checkpoint
from seqkit.training.events import Evaluated, Event, Finished, Started, Stepped

given = arguments("recipe")


class Watch:
    """Sets checkpoints aside; training's own clock stands still meanwhile."""

    def __init__(self, bundle: Path, aside: Path) -> None:
        self.latest = bundle / CHECKPOINTS / checkpoint.LATEST
        self.aside = aside
        self.moments = Moments(0.2, 3.0) if given.quick else Moments()
        self.epochs: list[float] = []  # seconds of training in each
        self.parameters = 0
        self.kept: list[Path] = []
        self._seen = 0

    def on_event(self, event: Event) -> None:
        """Look whether there is a new checkpoint that is wanted."""
        if isinstance(event, Started):
            self.parameters = event.parameters
            clock.start()
        elif isinstance(event, Evaluated):
            self.epochs.append(event.seconds)
        elif isinstance(event, Stepped | Finished) and self.latest.is_file():
            age = self.latest.stat().st_mtime_ns
            if age != self._seen:
                self._seen = age
                seconds = self.seconds(checkpoint.read_progress(self.latest))
                if self.moments.due(seconds) or isinstance(event, Finished):
                    self.kept.append(self.aside / f"{len(self.kept)}.safetensors")
                    shutil.copyfile(self.latest, self.kept[-1])

    def seconds(self, progress: checkpoint.Progress) -> float:
        """Seconds of training that came before a checkpoint."""
        return sum(self.epochs[: progress.epoch]) + progress.seconds


every = 0.1 if given.quick else 1.0
changes = [f"random_seed={given.seed}", f"training.checkpoint_seconds={every}"]
changes += ["training.epochs=1"] if given.quick else []
tables = recipe.override(recipe.read(corpora.recipe_path(given.recipe)), changes)
with tempfile.TemporaryDirectory() as folder:
    bundle = Path(folder) / "model"
    watch = Watch(bundle, Path(folder))
    seqkit.train(tables, out=bundle, data=given.data / "corpus", observers=[watch])
    peak = peak_bytes()
    opened = open_bundle(bundle)
    network = TorchRuntime(opened).network
    with (given.data / "dev.txt").open(encoding="utf-8", newline="") as file:
        dev = opened.tokenizer.encode_ids(file.read())

    def forward(ids, state):
        """``(B, T)`` to ``(B, T, V)``, and the state."""
        B, T = ids.shape
        state = network.initial_state(B) if state is None else state
        lengths = ids.new_full((B,), T)
        logits, state = network.run(ids.T.contiguous(), lengths, state)
        return logits.transpose(0, 1), state

    for path in watch.kept:
        tensors, progress = checkpoint.read(path)
        prefix = "network."
        network.load_state_dict(
            {n.removeprefix(prefix): t for n, t in tensors.items() if n.startswith(prefix)}
        )
        clock.trained = watch.seconds(progress)
        clock.point(**losses(forward, dev))
clock.report(
    {"seqkit": seqkit.__version__, **versions("torch")},
    parameters=watch.parameters,
    recipe=given.recipe,
    peak_bytes=peak,
)
