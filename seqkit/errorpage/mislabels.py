"""Labels in the data that are perhaps wrong."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seqkit.errorpage.survey import Decisions


@dataclass(frozen=True, slots=True)
class Hint:
    """A decision whose given label is perhaps wrong.

    Attributes:
        decision: Its number.
        usual: The mean probability of that label where it is given.
        margin: How far below it the label's probability lies here.
    """

    decision: int
    usual: float
    margin: float


def hints(decisions: Decisions) -> list[Hint]:
    """Labels that the model doubts more than is usual, the most doubted first.

    This is the simplest form of the confident learning of Northcutt, Jiang and Chuang 2021,
    "Confident learning: estimating uncertainty in dataset labels". With ``t_c`` the mean of the
    probabilities that the model gives class ``c`` where the data give it, a label ``c`` is doubted
    where the model is surer of another class ``d``, as sure as is usual for that:

    ::

        p_d >= t_d   and   p_d > p_c   and   p_c < t_c

    The paper wants probabilities from models that have not been trained on the texts.

    Args:
        decisions: With the probabilities of the class given and of the class told; where labels do
            not exclude each other, the class that is not given stands for the latter.
    """
    given, other = decisions.given, decisions.told
    p_given, p_other = decisions.p_given, decisions.p_told
    if decisions.several:
        other, p_other = given ^ 1, 1 - p_given
    known = given >= 0
    classes = int(max(given.max(initial=0), other.max(initial=0))) + 1
    counts = np.bincount(given[known], minlength=classes)
    sums = np.bincount(given[known], weights=p_given[known], minlength=classes)
    usual = np.where(counts, sums / counts.clip(min=1), 1.0)
    margin = usual[given] - p_given
    doubted = known & (given != other) & (p_other >= usual[other]) & (p_other > p_given)
    found = np.flatnonzero(doubted & (margin > 0))
    order = found[np.argsort(-margin[found], kind="stable")]
    return [Hint(int(k), float(usual[given[k]]), float(margin[k])) for k in order]
