"""What the programs that tag words share: the sentences, and how they are timed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

_SECONDS = 3.0  # the sentences are tagged anew until so much time has passed
_WARM_UP = 32  # sentences


def read(data: Path) -> tuple[list[list[str]], list[list[str]]]:
    """The words of each sentence that was held out, and their tags."""
    words, tags = [], []
    text = (data / "dev.tsv").read_text(encoding="utf-8")
    for sentence in filter(None, text.split("\n\n")):
        rows = [line.split("\t") for line in sentence.strip("\n").split("\n")]
        words.append([word for word, _ in rows])
        tags.append([tag for _, tag in rows])
    return words, tags


def tag(
    predict: Callable[[Sequence[list[str]]], list[list[str]]],
    data: Path,
    clock: Any,
    *,
    quick: bool,
) -> dict[str, int]:
    """Time a tagger on all sentences, after a few that do not count.

    Args:
        predict: Gives the tags for the words of sentences.
        data: The prepared corpus.
        clock: Runs meanwhile, and gets the share of words that are tagged right.
        quick: Tag them once only.

    Returns:
        ``words`` that were tagged.
    """
    words, tags = read(data)
    predict(words[:_WARM_UP])
    tagged, once = 0, sum(map(len, words))
    while not tagged or (clock.trained < _SECONDS and not quick):
        clock.start()
        answers = predict(words)
        clock.stop()
        tagged += once
    pairs = [pair for row in zip(answers, tags, strict=True) for pair in zip(*row, strict=True)]
    clock.point(accuracy=sum(answer == truth for answer, truth in pairs) / len(pairs))
    return {"words": tagged}
