"""The textbook's program: an LSTM over the last 500 words of a review, in Keras."""

import os

from record import Clock, arguments, threads, versions

clock = Clock()
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras
import numpy as np
import tensorflow as tf

given = arguments()
tf.config.threading.set_intra_op_parallelism_threads(threads())
tf.config.threading.set_inter_op_parallelism_threads(threads())
keras.utils.set_random_seed(given.seed)

WORDS, BATCH = 500, 256
epochs = 1 if given.quick else 3

data = np.load(given.data / "ids.npz")


def split(name):
    """The reviews padded on the left, as is Keras's way, and their labels."""
    ends = np.cumsum(data[f"{name}_lengths"])
    reviews = np.split(data[f"{name}_ids"], ends[:-1])
    return keras.utils.pad_sequences(reviews, maxlen=WORDS), data[f"{name}_labels"]


x_train, y_train = split("train")
x_dev, y_dev = split("dev")

model = keras.Sequential(
    [
        keras.Input(shape=(WORDS,)),
        keras.layers.Embedding(int(data["vocab_size"]), 50),
        keras.layers.Dropout(0.25),
        keras.layers.LSTM(32),
        keras.layers.Dropout(0.25),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])


class Watch(keras.callbacks.Callback):
    """Stops the clock while the model is validated."""

    def on_epoch_begin(self, *_):
        """Training goes on."""
        clock.start()

    def on_test_begin(self, *_):
        """Training pauses."""
        clock.stop()

    def on_epoch_end(self, _, logs):
        """Note the validation's outcome."""
        clock.point(accuracy=float(logs["val_accuracy"]))


model.fit(
    x_train,
    y_train,
    batch_size=BATCH,
    epochs=epochs,
    validation_data=(x_dev, y_dev),
    callbacks=[Watch()],
    verbose=0,
)
clock.report(versions("tensorflow-cpu", "keras"), parameters=model.count_params())
