"""How fast a model predicts, by a clock of our own."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

from seqkit import corpora
from seqkit import recipe as recipes
from seqkit.comparing.speed import held_out, measure
from seqkit.readers.base import stop_at_bad
from seqkit.runtimes.choice import Candidate


class Model:
    """Takes a second for each example but for the first round, which takes ten."""

    def __init__(self) -> None:
        self.now = 0.0
        self.rounds = itertools.count()
        head = SimpleNamespace(arity="many-to-one")
        self.recipe = SimpleNamespace(head_spec=head)

    def runtimes(self):
        return iter([Candidate("fast", "it can't"), Candidate("slow", "")])

    def predict(self, examples):
        self.now += len(examples) if next(self.rounds) else 10 * len(examples)
        return iter(examples)


def test_the_first_round_does_not_count_and_the_runtime_is_named():
    model = Model()
    found = measure(model, ["a", "b"], clock=lambda: model.now)
    assert (found.items_per_second, found.items, found.runtime) == (1.0, "documents", "slow")
    assert next(model.rounds) == 4


def test_what_is_held_out_is_predicted(tiny):
    tables = tiny.tables("classification")
    recipe = recipes.parse(tables)
    dev = held_out(corpora.sources(recipe, base=tiny.folder), "many-to-one", on_bad=stop_at_bad)
    assert [e.text for e in dev][:2] == ["a dog ran to the park", "the mat is in the park"]
    del tables["corpus"]["dev"]
    recipe = recipes.parse({**tables, "corpus": {**tables["corpus"], "dev_fraction": 0.25}})
    part = held_out(corpora.sources(recipe, base=tiny.folder), "many-to-one", on_bad=stop_at_bad)
    assert len(part) == 2
