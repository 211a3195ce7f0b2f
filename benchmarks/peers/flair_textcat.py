"""flair's classifier with an LSTM over its own word embeddings, saved with drawn weights."""

import logging
from collections import Counter

from record import Clock, arguments, versions

clock = Clock()

import flair
import torch
from flair.data import Dictionary
from flair.embeddings import DocumentRNNEmbeddings, OneHotEmbeddings
from flair.models import TextClassifier

given = arguments()
logging.getLogger("flair").setLevel(logging.ERROR)
flair.set_seed(given.seed)
flair.device = torch.device("cpu")
lines = (given.data / "train.txt").read_text(encoding="utf-8").split("\n")[:-1]
counts = Counter(word for line in lines for word in line.split(" ")[1:])
words, labels = Dictionary(), Dictionary(add_unk=False)
for word, _ in counts.most_common(50_000):
    words.add_item(word)
for label in ("pos", "neg"):
    labels.add_item(label)
embeddings = DocumentRNNEmbeddings(
    [OneHotEmbeddings(words, embedding_length=50)], hidden_size=32, rnn_type="LSTM"
)
classifier = TextClassifier(embeddings, label_type="sentiment", label_dictionary=labels)
classifier.save(given.save)
clock.report(versions("flair", "torch"))
