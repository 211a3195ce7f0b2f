"""Learning-rate schedules: pure functions of how far training has come."""

from __future__ import annotations

import math

#: Share of the steps in which one-cycle rises where the recipe gives no warm-up, and the fraction
#: of the peak that it starts from (Smith and Topin 2018, as fastai has them).
ONE_CYCLE_RISE = 0.25
ONE_CYCLE_START = 1 / 25

#: The same of slanted-triangular: ``cut_frac``, and one over ``ratio`` (Howard and Ruder 2018).
SLANTED_RISE = 0.1
SLANTED_START = 1 / 32


def rate(schedule: str, *, step: int, steps: int, warmup: float) -> float:
    """The learning rate at a step, as a share of the peak.

    Args:
        schedule: ``constant``, ``linear``, ``cosine``, ``one-cycle`` or ``slanted-triangular``.
        step: Steps already done, from 0.
        steps: Steps in all.
        warmup: Share of the steps in which the rate rises linearly.

    Returns:
        A number from 0 to 1.
    """
    done = step / max(1, steps)
    if schedule == "one-cycle":
        return _one_cycle(done, warmup or ONE_CYCLE_RISE)
    if schedule == "slanted-triangular":
        return _slanted(done, warmup or SLANTED_RISE)
    if done < warmup:
        # the first step must move too, hence the half step ahead; of a warm-up that is no whole
        # number of steps, that may reach beyond the end
        return min(1.0, (step + 0.5) / (warmup * steps))
    left = (done - warmup) / (1 - warmup)
    if schedule == "linear":
        return 1 - left
    if schedule == "cosine":
        return 1 - _cosine_rise(left)
    assert schedule == "constant", schedule
    return 1.0


def _one_cycle(done: float, rise: float) -> float:
    if done < rise:
        return ONE_CYCLE_START + (1 - ONE_CYCLE_START) * _cosine_rise(done / rise)
    return 1 - _cosine_rise((done - rise) / (1 - rise))


def _slanted(done: float, rise: float) -> float:
    height = done / rise if done < rise else 1 - (done - rise) / (1 - rise)
    return SLANTED_START + (1 - SLANTED_START) * height


def _cosine_rise(share: float) -> float:
    return (1 - math.cos(math.pi * min(1.0, share))) / 2
