"""flair's sequence tagger with the settings of its tutorial on training a part-of-speech tagger.

Its pretrained embeddings would have to be downloaded; these are the ones that it trains itself,
of words and of their characters. It stops once it is good enough: its epochs take minutes.
"""

import logging
import tempfile

from record import Clock, arguments, threads, versions

clock = Clock()

import flair
import torch
from flair.data import Dictionary
from flair.datasets import ColumnCorpus
from flair.embeddings import (
    CharacterEmbeddings,
    OneHotEmbeddings,
    StackedEmbeddings,
)
from flair.models import SequenceTagger
from flair.trainers import ModelTrainer
from flair.trainers.plugins import TrainerPlugin, TrainingInterrupt

given = arguments("target")
logging.getLogger("flair").setLevel(logging.ERROR)
flair.set_seed(given.seed)
flair.device = torch.device("cpu")
torch.set_num_threads(threads())

corpus = ColumnCorpus(
    given.data,
    {0: "text", 1: "upos"},
    train_file="train.tsv",
    dev_file="dev.tsv",
    column_delimiter="\t",
    sample_missing_splits=False,
)
characters = Dictionary()
for character in sorted({c for sentence in corpus.train for token in sentence for c in token.text}):
    characters.add_item(character)
embeddings = StackedEmbeddings(
    [OneHotEmbeddings.from_corpus(corpus), CharacterEmbeddings(characters)]
)
tagger = SequenceTagger(
    hidden_size=256,
    embeddings=embeddings,
    tag_dictionary=corpus.make_label_dictionary("upos", add_unk=False),
    tag_type="upos",
)
words = sum(len(sentence) for sentence in corpus.train)


class Watch(TrainerPlugin):
    """Stops the clock while the tagger is scored."""

    @TrainerPlugin.hook
    def before_training_epoch(self, **_):
        """Training goes on."""
        clock.start()

    @TrainerPlugin.hook
    def after_training_epoch(self, **_):
        """Training pauses."""
        clock.stop()

    @TrainerPlugin.hook
    def after_evaluation(self, validation_scores, **_):
        """Note the share of words that are tagged right, and stop where it is enough."""
        clock.point(accuracy=validation_scores[0])
        if validation_scores[0] >= float(given.target):
            raise TrainingInterrupt


with tempfile.TemporaryDirectory() as folder:
    ModelTrainer(tagger, corpus).train(
        folder,
        learning_rate=0.1,
        mini_batch_size=32,
        max_epochs=1 if given.quick else 10,
        embeddings_storage_mode="none",
        plugins=[Watch()],
    )
if given.save:
    tagger.save(given.save)
clock.report(
    versions("flair", "torch"),
    parameters=sum(p.numel() for p in tagger.parameters()),
    words=words * len(clock.points),
)
