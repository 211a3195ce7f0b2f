"""Keras writes text with given weights: a stateful model that predicts a character at a time."""

import os

from characters import TEMPERATURE, Model, write
from record import Clock, arguments, threads, versions

clock = Clock()
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf

given = arguments()
tf.config.threading.set_intra_op_parallelism_threads(threads())
tf.config.threading.set_inter_op_parallelism_threads(threads())
kept = Model(given.model)
weights = kept.weights
V, E = weights["embedding.weight"].shape
H = 512
rng = np.random.default_rng(given.seed)


def layer(number):
    """The weights of a layer as Keras has them."""
    w_x, w_h, b_x, b_h = (
        weights[f"encoder.cells.{number}.{name}"] for name in ("W_hx", "W_hh", "b_x", "b_h")
    )
    return [w_x.T, w_h.T, b_x + b_h]


def build(batch):
    """The model for so many texts; its state has a row for each."""
    model = keras.Sequential(
        [
            keras.Input(batch_shape=(batch, 1)),
            keras.layers.Embedding(V, E),
            keras.layers.LSTM(H, stateful=True, return_sequences=True),
            keras.layers.LSTM(H, stateful=True),
            keras.layers.Dense(V),
        ]
    )
    head = [weights["head.weight"].T, weights["head.bias"]]
    model.set_weights([weights["embedding.weight"], *layer(0), *layer(1), *head])
    return model


models = {}


def read_seed(batch):
    """The model for so many texts, and its logits after the seed."""
    if batch not in models:
        models[batch] = build(batch)
    model = models[batch]
    for each in model.layers:
        if hasattr(each, "reset_state"):
            each.reset_state()
    for i in kept.seed:
        logits = model.predict_on_batch(np.full((batch, 1), i))
    return model, logits


def generate(batch, tokens):
    """The texts that follow the seed."""
    model, logits = read_seed(batch)
    drawn = []
    for _ in range(tokens):
        # the likeliest after noise of this kind is a draw from the softmax
        ids = (logits / TEMPERATURE + rng.gumbel(size=logits.shape)).argmax(axis=-1)  # (B,)
        drawn.append(ids)
        logits = model.predict_on_batch(ids[:, np.newaxis])
    return [kept.text(ids) for ids in np.stack(drawn, axis=1).tolist()]


kept.check(read_seed(1)[1])
clock.report(versions("tensorflow-cpu", "keras"), **write(generate, clock, quick=given.quick))
