"""The textbook's model of Keras from text to probability, saved: its words known, weights drawn."""

import os

from record import Clock, arguments, versions

clock = Clock()
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import keras

given = arguments()
keras.utils.set_random_seed(given.seed)
lines = (given.data / "train.txt").read_text(encoding="utf-8").split("\n")[:-1]
split = keras.layers.TextVectorization(max_tokens=50_000, output_sequence_length=500)
split.adapt([line.split(" ", 1)[1] for line in lines])
model = keras.Sequential(
    [
        keras.Input(shape=(1,), dtype="string"),
        split,
        keras.layers.Embedding(50_000, 50, mask_zero=True),
        keras.layers.LSTM(32),
        keras.layers.Dense(1, activation="sigmoid"),
    ]
)
given.save.mkdir()
model.save(given.save / "model.keras")  # the name is how its format is told
clock.report(versions("keras"))
