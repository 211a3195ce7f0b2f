"""seqkit labels reviews: a runtime's work from ids, or all of it from texts, as users do it."""

import numpy as np
from record import Clock, arguments, threads, versions
from reviews import label, numbered, written

clock = Clock()

import seqkit
from seqkit.bundle.load import open_bundle
from seqkit.encoding import Encoded
from seqkit.runtimes.choice import choose

given = arguments("runtime", "source")
path = given.model / "bundle"

if given.source == "texts":
    model = seqkit.load(path, runtime=given.runtime, threads=threads())
    reviews = written(given.data, quick=given.quick)

    def predict(texts):
        """1 for each text that is positive."""
        return np.array([answer.label == "pos" for answer in model.classify(texts)])

else:
    runtime = choose(open_bundle(path), given.runtime, threads=threads())
    reviews = numbered(given.data, quick=given.quick)

    def predict(ids):
        """1 for each review that is positive."""
        return np.concatenate(runtime.logits([Encoded(each) for each in ids])) > 0


facts = label(
    predict,
    reviews,
    clock,
    same_as=given.model / f"labels-{given.source}.npy",
    quick=given.quick,
)
clock.report({"seqkit": seqkit.__version__, **versions("numpy")}, **facts)
