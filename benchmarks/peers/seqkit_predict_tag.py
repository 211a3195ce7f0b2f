"""seqkit tags given words with its model english-pos and one of its runtimes."""

from record import Clock, arguments, threads, versions
from sentences import tag

clock = Clock()

import seqkit

given = arguments("runtime")
model = seqkit.load("english-pos", runtime=given.runtime, threads=threads())


def predict(sentences):
    """The tags of each sentence."""
    return [[token.tag for token in answer.tokens] for answer in model.tag(sentences)]


facts = tag(predict, given.data, clock, quick=given.quick)
clock.report({"seqkit": seqkit.__version__, **versions("numpy")}, **facts)
