"""seqkit on labelled or tagged examples: a recipe on its own corpus, as 'seqkit train' does it.

Reading, splitting into words and counting them are part of the command; peers find that done.
"""

import tempfile
from pathlib import Path

from record import Clock, arguments, versions

clock = Clock()

import seqkit
from seqkit import corpora, recipe
from seqkit.training.events import Evaluated, Event, Started

given = arguments("recipe")


class Watch:
    """Notes the scores of each epoch."""

    def __init__(self) -> None:
        self.parameters = self.words = 0

    def on_event(self, event: Event) -> None:
        """Training begins, or an epoch was scored."""
        if isinstance(event, Started):
            self.parameters, self.words = event.parameters, event.train_tokens
            clock.start()
        elif isinstance(event, Evaluated):
            clock.trained += event.seconds
            clock.point(accuracy=event.scores["accuracy"])


watch = Watch()
changes = [f"random_seed={given.seed}", *(["training.epochs=1"] if given.quick else [])]
tables = recipe.override(recipe.read(corpora.recipe_path(given.recipe)), changes)
with tempfile.TemporaryDirectory() as folder:
    seqkit.train(tables, out=Path(folder) / "model", data=given.data / "corpus", observers=[watch])
clock.report(
    {"seqkit": seqkit.__version__, **versions("torch")},
    parameters=watch.parameters,
    words=watch.words * len(clock.points),
    recipe=given.recipe,
)
