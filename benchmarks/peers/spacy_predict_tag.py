"""spaCy tags given words with the pipeline that spacy_tag.py trained."""

from record import Clock, arguments, versions
from sentences import tag

clock = Clock()

import spacy
from spacy.tokens import Doc

given = arguments()
nlp = spacy.load(given.model)


def predict(sentences):
    """The tags of each sentence."""
    docs = nlp.pipe(Doc(nlp.vocab, words=words) for words in sentences)
    return [[token.tag_ for token in doc] for doc in docs]


facts = tag(predict, given.data, clock, quick=given.quick)
clock.report(versions("spacy", "thinc"), **facts)
