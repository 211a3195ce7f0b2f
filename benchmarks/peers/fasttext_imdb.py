"""fastText with bigrams, as its tutorial on text classification ends up.

Rate, epochs and size are the best of a small grid on the validation reviews.
"""

from record import Clock, arguments, threads, versions

clock = Clock()

import fasttext

given = arguments()
clock.start()
model = fasttext.train_supervised(
    input=str(given.data / "train.txt"),
    lr=0.5,
    epoch=1 if given.quick else 10,
    wordNgrams=2,
    dim=10,
    bucket=2_000_000,
    thread=threads(),
    seed=given.seed,
    verbose=0,
)
clock.stop()
_, accuracy, _ = model.test(str(given.data / "dev.txt"))
clock.point(accuracy=accuracy)
if given.save:
    model.save_model(str(given.save))
rows = model.get_input_matrix().shape, model.get_output_matrix().shape
clock.report(versions("fasttext-wheel"), parameters=sum(n * size for n, size in rows))
