"""BLEU and chrF, as sacrebleu computes them, so that they can be compared with those of others."""

from __future__ import annotations

from collections.abc import Sequence

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF


def scores(translations: Sequence[str], references: Sequence[str]) -> dict[str, float]:
    """Scores over a whole data set.

    Args:
        translations: At least one.
        references: One for each.

    Returns:
        ``bleu`` and ``chrf``, each from 0 to 100.
    """
    return {
        name: float(metric.corpus_score(list(translations), [list(references)]).score)
        for name, metric in (("bleu", BLEU()), ("chrf", CHRF()))
    }


def signatures() -> dict[str, str]:
    """What each score was computed with, to be printed beside it (Post 2018)."""
    found = {}
    for name, metric in (("bleu", BLEU()), ("chrf", CHRF())):
        metric.corpus_score(["one"], [["one"]])  # it then knows how many references there are
        found[name] = str(metric.get_signature())
    return found
