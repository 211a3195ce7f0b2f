"""spaCy's tagger on its convolutional network, as 'spacy init config' sets it up for a processor.

It is an English pipeline without pretrained vectors, chosen with --optimize efficiency.
"""

import io
import tempfile
from pathlib import Path

from record import Clock, arguments, versions

clock = Clock()

import spacy
from spacy.cli.init_config import init_config
from spacy.tokens import Doc, DocBin
from spacy.training.initialize import init_nlp
from spacy.training.loop import train

given = arguments()


def convert(name, target):
    """Write a split as spaCy reads it; how many words it has."""
    vocab, docs = spacy.blank("en").vocab, DocBin()
    text = (given.data / f"{name}.tsv").read_text(encoding="utf-8")
    for sentence in filter(None, text.split("\n\n")):
        rows = [line.split("\t") for line in sentence.strip("\n").split("\n")]
        docs.add(Doc(vocab, words=[w for w, _ in rows], tags=[tag for _, tag in rows]))
    docs.to_disk(target)
    return sum(map(len, docs.get_docs(vocab)))


with tempfile.TemporaryDirectory() as folder:
    paths = {name: Path(folder) / f"{name}.spacy" for name in ("train", "dev")}
    words = {name: convert(name, path) for name, path in paths.items()}
    config = init_config(lang="en", pipeline=["tagger"], optimize="efficiency", gpu=False)
    config["paths"] = {**config["paths"], **{name: str(path) for name, path in paths.items()}}
    config["system"]["seed"] = given.seed
    config["training"]["max_epochs"] = 10  # as many as flair's tutorial; there is no end otherwise
    if given.quick:
        config["training"]["max_steps"] = 20
        config["training"]["eval_frequency"] = 10
    nlp = init_nlp(config)
    seen = 0
    score, update = nlp.evaluate, nlp.update

    def evaluate(*arguments, **options):
        """Score with the clock stopped, and note the share of words that are tagged right."""
        clock.stop()
        scores = score(*arguments, **options)
        clock.point(accuracy=scores["tag_acc"], words=seen)
        clock.start()
        return scores

    def count(examples, **options):
        """Count the words that are trained on."""
        global seen  # noqa: PLW0603 -- one program, one count
        seen += sum(len(example.reference) for example in examples)
        return update(examples, **options)

    nlp.evaluate, nlp.update = evaluate, count
    clock.start()
    train(nlp, stdout=io.StringIO(), stderr=io.StringIO())
    clock.stop()
    nlp.evaluate = score
if given.save:
    nlp.to_disk(given.save)
nodes = [node for _, pipe in nlp.pipeline for node in pipe.model.walk()]
parameters = sum(n.get_param(name).size for n in nodes for name in n.param_names)
clock.report(versions("spacy", "thinc"), parameters=parameters, words=seen)
