"""A Keras model with given weights labels reviews with predict, all padded to 500 words."""

import os

from record import Clock, arguments, threads, versions
from reviews import BATCH, WORDS, label, numbered, padded

clock = Clock()
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf

given = arguments()
tf.config.threading.set_intra_op_parallelism_threads(threads())
tf.config.threading.set_inter_op_parallelism_threads(threads())
weights = np.load(given.model / "weights.npz")
vocab_size, size = weights["embedding.weight"].shape

ids = keras.Input((WORDS,), dtype="int32")
lengths = keras.Input((), dtype="int32")
outputs = keras.layers.LSTM(32, return_sequences=True)(
    keras.layers.Embedding(vocab_size, size)(ids)
)
# the state after the last word; to mask the padding instead takes twice as long
last = keras.ops.take_along_axis(outputs, lengths[:, None, None] - 1, axis=1)[:, 0]
model = keras.Model([ids, lengths], keras.layers.Dense(1, activation="sigmoid")(last))
model.compile(jit_compile=True)
cell = "encoder.cells.0"
model.set_weights(
    [
        weights["embedding.weight"],
        weights[f"{cell}.W_hx"].T,
        weights[f"{cell}.W_hh"].T,
        weights[f"{cell}.b_x"] + weights[f"{cell}.b_h"],
        weights["head.output.weight"].T,
        weights["head.output.bias"],
    ]
)


def predict(reviews):
    """1 for each review that is positive."""
    inputs = padded(reviews, WORDS)
    return model.predict(inputs, batch_size=BATCH, verbose=0)[:, 0] > 0.5


reviews = numbered(given.data, quick=given.quick)
same_as = given.model / "labels-ids.npy"
facts = label(predict, reviews, clock, same_as=same_as, quick=given.quick)
clock.report(versions("tensorflow-cpu", "keras"), **facts)
