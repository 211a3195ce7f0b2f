"""Which labels are taken for which."""

from __future__ import annotations

from seqkit.errorpage.markup import LABEL, Html, escape, shaded, table
from seqkit.reports import Evaluation

#: The most labels whose whole matrix is shown, and of more the most frequent confusions.
MOST_LABELS, MOST_CONFUSIONS = 30, 40


def confusions(evaluation: Evaluation) -> Html:
    """The confusion matrix, each row shaded by its shares; of many labels what is confused most."""
    labels = evaluation.labels
    if len(labels) > MOST_LABELS:
        return _frequent(evaluation)
    rows = []
    for truth, counts in enumerate(evaluation.confusion):
        total = max(1, sum(counts))
        rows.append(
            [
                escape(labels[truth], most=LABEL),
                *(
                    shaded(n, n / total, kind="right" if k == truth else "wrong")
                    for k, n in enumerate(counts)
                ),
            ]
        )
    names = [escape(label, most=LABEL) for label in labels]
    caption = "Truth in rows, prediction in columns, shaded by the share of the row"
    return table(caption, ["truth \\ prediction", *names], rows, kind="matrix")


def _frequent(evaluation: Evaluation) -> Html:
    labels = evaluation.labels
    found = [
        (-times, truth, guess)
        for truth, counts in enumerate(evaluation.confusion)
        for guess, times in enumerate(counts)
        if times and guess != truth
    ]
    found.sort()
    return table(
        f"The most frequent confusions, {min(MOST_CONFUSIONS, len(found)):,} of {len(found):,}",
        ["truth", "prediction", "times"],
        [
            [escape(labels[t], most=LABEL), escape(labels[g], most=LABEL), -n]
            for n, t, g in found[:MOST_CONFUSIONS]
        ],
    )
