"""flair tags given words with the tagger that flair_tag.py trained."""

from record import Clock, arguments, threads, versions
from sentences import tag

clock = Clock()

import flair
import torch
from flair.data import Sentence
from flair.models import SequenceTagger

given = arguments()
flair.device = torch.device("cpu")
torch.set_num_threads(threads())
tagger = SequenceTagger.load(given.model)


def predict(sentences):
    """The tags of each sentence."""
    made = [Sentence(words) for words in sentences]
    tagger.predict(made)  # in batches of 32, which is faster than larger ones
    return [[token.get_label("upos").value for token in sentence] for sentence in made]


facts = tag(predict, given.data, clock, quick=given.quick)
clock.report(versions("flair", "torch"), **facts)
