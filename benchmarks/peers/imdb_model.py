"""The textbook's model, trained by seqkit, in forms that each library can predict with.

In the folder are ``bundle``; ``weights.npz``, by their names in it; and what the bundle answers
with seqkit's torch network, 1 for positive: ``labels-ids.npy`` for the reviews' ids and
``labels-texts.npy`` for their texts, in the orders of ``reviews.py``.
"""

import numpy as np
from record import Clock, arguments, versions
from reviews import numbered, written

clock = Clock()

import seqkit
from seqkit import corpora, recipe
from seqkit.bundle.load import open_bundle
from seqkit.encoding import Encoded
from seqkit.runtimes.torch import TorchRuntime

given = arguments()
changes = [f"random_seed={given.seed}", *(["training.epochs=1"] if given.quick else [])]
tables = recipe.override(recipe.read(corpora.recipe_path("imdb/lstm")), changes)
clock.start()
seqkit.train(tables, out=given.save / "bundle", data=given.data / "corpus")
clock.stop()
bundle = open_bundle(given.save / "bundle")
np.savez(given.save / "weights.npz", **bundle.weights())
logits = TorchRuntime(bundle).logits([Encoded(i) for i in numbered(given.data, quick=False).inputs])
np.save(given.save / "labels-ids.npy", np.array([row[0] > 0 for row in logits]))
model = seqkit.load(given.save / "bundle", runtime="torch")
answers = model.classify(written(given.data, quick=False).inputs)
np.save(given.save / "labels-texts.npy", np.array([a.label == "pos" for a in answers]))
clock.report({"seqkit": seqkit.__version__, **versions("torch")})
