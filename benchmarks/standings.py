"""From the results of a contest to tables: each contender's figures, and how they compare."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from benchmarks import machine
from benchmarks.contest import Contender, Contest, Result
from benchmarks.report import Report, Table, spread
from benchmarks.settings import Settings

#: A contender's figures in one round, by metric; none where it has no such figure.
Figures = Mapping[str, float | None]
#: What a round's results amount to, for each contender.
Measure = Callable[[Mapping[str, Result]], Mapping[str, Figures]]

NOTHING = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One column.

    Attributes:
        key: Its name in the figures.
        title: Its name in tables, with the unit.
        form: How numbers are written, as for :func:`format`.
        better: Which are better.
        compared: Whether contenders are compared by the ratio or by the difference; either way
            more means that seqkit is better.
        mean: Whether the mean of all rounds is shown too.
    """

    key: str
    title: str
    form: str
    better: Literal["less", "more"]
    compared: Literal["ratio", "difference"]
    mean: bool = False

    def advantage(self, ours: float, theirs: float) -> float | None:
        """By how much ``ours`` is better: a ratio or a difference; none where one is zero."""
        if self.better == "less":
            ours, theirs = theirs, ours
        if self.compared == "difference":
            return ours - theirs
        return ours / theirs if theirs else None


def standings(
    contest: Contest, contenders: Sequence[Contender], metrics: Sequence[Metric], measure: Measure
) -> tuple[list[Mapping[str, Figures]], tuple[Table, ...]]:
    """Each round's figures, and the tables of figures, of comparisons and of who was absent."""
    rounds = [measure(results) for results in contest.rounds]
    tables = [_figures(rounds, contenders, metrics)]
    seqkits = [c.name for c in contenders if c.environment is None]
    for name in seqkits:
        peers = [c.name for c in contenders if c.name not in seqkits]
        tables.append(_comparison(rounds, name, peers, metrics))
    if contest.absent:
        rows = tuple(contest.absent.items())
        tables.append(Table(header=("absent", "why"), rows=rows))
    return rounds, tuple(tables)


def _figures(
    rounds: Sequence[Mapping[str, Figures]],
    contenders: Sequence[Contender],
    metrics: Sequence[Metric],
) -> Table:
    rows = []
    for contender in contenders:
        mine = [figures[contender.name] for figures in rounds if contender.name in figures]
        if mine:
            cells = (_figure(metric, [f.get(metric.key) for f in mine]) for metric in metrics)
            rows.append((contender.name, *cells))
    return Table(
        header=("contender", *(metric.title for metric in metrics)),
        rows=tuple(rows),
        caption="The median of the rounds, with the lowest and highest in brackets.",
    )


def _figure(metric: Metric, values: Sequence[float | None]) -> str:
    known = [v for v in values if v is not None]
    if not known:
        return NOTHING
    text = spread(statistics.median(known), min(known), max(known), metric.form)
    if metric.mean and len(known) > 1:
        text += f", mean {statistics.fmean(known):{metric.form}}"
    return text if len(known) == len(values) else f"{text} in {len(known)} of {len(values)} rounds"


def _comparison(
    rounds: Sequence[Mapping[str, Figures]],
    ours: str,
    peers: Sequence[str],
    metrics: Sequence[Metric],
) -> Table:
    rows = []
    for peer in peers:
        both = [figures for figures in rounds if ours in figures and peer in figures]
        if both:
            cells = []
            for metric in metrics:
                found = advantages(metric, both, ours=ours, peer=peer)
                text = NOTHING
                if found:
                    form = "+z.4f" if metric.compared == "difference" else ".2f"
                    text = spread(statistics.median(found), min(found), max(found), form)
                cells.append(text)
            rows.append((peer, *cells))
    return Table(
        header=("against", *(f"{m.title}, {m.compared}" for m in metrics)),
        rows=tuple(rows),
        caption=f"How {ours} compares within each round: the median of the rounds' ratios or "
        "differences, with the lowest and highest. A ratio above 1, or a difference above 0, "
        f"means that {ours} is better.",
    )


def advantages(
    metric: Metric, rounds: Sequence[Mapping[str, Figures]], *, ours: str, peer: str
) -> list[float]:
    """By how much one contender is better than another, in each round in which both have a figure.

    Args:
        metric: What to compare.
        rounds: The figures; both contenders are in each.
        ours: The one.
        peer: The other.
    """
    found = []
    for figures in rounds:
        mine, theirs = figures[ours].get(metric.key), figures[peer].get(metric.key)
        if mine is not None and theirs is not None:
            advantage = metric.advantage(mine, theirs)
            if advantage is not None:
                found.append(advantage)
    return found


def report(
    title: str,
    contest: Contest,
    contenders: Sequence[Contender],
    metrics: Sequence[Metric],
    measure: Measure,
    *,
    settings: Settings,
    extra: Sequence[Table] = (),
    notes: Sequence[str] = (),
) -> Report:
    """Everything that came of a contest.

    Args:
        title: What was measured.
        contest: Its results.
        contenders: Who was to take part.
        metrics: The columns.
        measure: Makes a round's figures.
        settings: How much was measured.
        extra: Tables to put behind the common ones.
        notes: Sentences to put behind the tables.
    """
    rounds, tables = standings(contest, contenders, metrics, measure)
    conditions = machine.conditions(threads=settings.threads, rounds=len(contest.rounds))
    if settings.quick:
        conditions["quick"] = "little data and one round: the numbers mean nothing"
    data: dict[str, Any] = {
        "contenders": {
            c.name: {"about": c.about, "versions": _versions(contest, c)} for c in contenders
        },
        "absent": contest.absent,
        "figures": rounds,
        "results": [{name: asdict(r) for name, r in results.items()} for results in contest.rounds],
    }
    about = [f"{c.name} is {c.about}{_brackets(_versions(contest, c))}." for c in contenders]
    return Report(
        title=title,
        conditions=conditions,
        tables=tuple(table for table in (*tables, *extra) if table.rows),
        data=data,
        notes=(*about, *notes),
    )


def _versions(contest: Contest, contender: Contender) -> dict[str, str]:
    for results in contest.rounds:
        if contender.name in results:
            versions: dict[str, str] = results[contender.name].said["versions"]
            return versions
    return {}


def _brackets(versions: Mapping[str, str]) -> str:
    text = ", ".join(f"{name} {version}" for name, version in versions.items())
    return f" ({text})" if text else ""
