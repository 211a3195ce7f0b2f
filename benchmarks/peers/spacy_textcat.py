"""spaCy's classifier that 'spacy init config' sets up for a processor, saved with drawn weights."""

from record import Clock, arguments, versions

clock = Clock()

import spacy
from spacy.cli.init_config import init_config
from spacy.training import Example

given = arguments()
config = init_config(lang="en", pipeline=["textcat"], optimize="efficiency", gpu=False)
spacy.util.fix_random_seed(given.seed)
nlp = spacy.blank("en")
nlp.add_pipe("textcat", config={"model": config["components"]["textcat"]["model"]})
lines = (given.data / "train.txt").read_text(encoding="utf-8").split("\n")[:100]
examples = []
for line in lines:
    label, text = line.split(" ", 1)
    positive = float(label == "__label__pos")
    cats = {"cats": {"pos": positive, "neg": 1 - positive}}
    examples.append(Example.from_dict(nlp.make_doc(text), cats))
nlp.initialize(lambda: examples)
nlp.to_disk(given.save)
clock.report(versions("spacy"))
