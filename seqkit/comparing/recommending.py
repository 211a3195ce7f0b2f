"""What follows from the numbers of a comparison, in words."""

from __future__ import annotations

from collections.abc import Sequence

from seqkit.comparing.rows import ALIKE, Row, faster_by, smaller_by


def recommend(rows: Sequence[Row], *, metric: str, greater_is_better: bool, items: str) -> str:
    """Say who has the best score, who can't be told apart from it, and which to prefer.

    Two candidates can't be told apart where their means differ by no more than the greater of
    their standard deviations.

    Args:
        rows: A row a candidate.
        metric: The score's name.
        greater_is_better: Whether a greater one is better.
        items: What the speed of prediction is counted in.
    """
    scored = sorted(
        (row for row in rows if row.score is not None),
        key=lambda row: row.score or 0.0,
        reverse=greater_is_better,
    )
    if not scored:
        return "No run has come to a score, so there is nothing to recommend."
    best, *others = scored
    first = f"{best.candidate} has the best {metric}, {_score(best)}"
    if not others:
        return f"{first}, and no other candidate has any: there is nothing to compare it with."
    if best.spread is None and all(row.spread is None for row in others):
        return (
            f"{first}, before {others[0].candidate} with {_score(others[0])}. But each was trained "
            "with a single seed, which tells nothing about the spread: the order may be chance."
        )
    alike = [row for row in others if _gap(best, row) <= _spread(best, row)]
    if not alike:
        runner_up = others[0]
        return (
            f"{first}, and is to be preferred: {runner_up.candidate} is next with "
            f"{_score(runner_up)}, and the difference of {_gap(best, runner_up):.4f} is more than "
            f"the spread over seeds, {_spread(best, runner_up):.4f}."
        )
    names = _listed([row.candidate for row in alike])
    verb = "differs" if len(alike) == 1 else "differ"
    return (
        f"{first}, but {names} {verb} from it by no more than the spread over seeds, so that they "
        f"can't be told apart. {_preferred([best, *alike], items)}"
    )


def _preferred(group: Sequence[Row], items: str) -> str:
    """Which of some candidates to take whose scores are as good as each other's."""
    fast = [row for row in group if all(faster_by(row, other) >= -ALIKE for other in group)]
    small = [row for row in group if all(smaller_by(row, other) >= -ALIKE for other in group)]
    chosen = [row for row in fast if row in small]
    if len(chosen) == len(group):
        return f"They are as fast and as small as each other too: {group[0].candidate} will do."
    if not chosen:
        return (
            f"Prefer {fast[0].candidate} for speed ({_speed(fast[0], items)}) or "
            f"{small[0].candidate} for size ({_size(small[0])})."
        )
    reasons = []
    if len(fast) < len(group):
        reasons.append(f"faster ({_speed(chosen[0], items)})")
    if len(small) < len(group):
        reasons.append(f"smaller ({_size(chosen[0])})")
    return f"{chosen[0].candidate} is to be preferred, since it is {' and '.join(reasons)}."


def _gap(one: Row, other: Row) -> float:
    return abs((one.score or 0.0) - (other.score or 0.0))


def _spread(one: Row, other: Row) -> float:
    return max(one.spread or 0.0, other.spread or 0.0)


def _score(row: Row) -> str:
    return f"{row.score:.4f}"


def _speed(row: Row, items: str) -> str:
    return f"{row.items_per_second or 0:,.0f} {items} a second"


def _size(row: Row) -> str:
    return f"{(row.bytes or 0) / 1000:,.0f} kB"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
