"""Pictures of comparisons, as PNG; matplotlib draws them where it is installed."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from seqkit.lazy import missing_dependency

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from seqkit.comparing.rows import Row
    from seqkit.comparing.table import Comparison

#: A point for each of its first two numbers; the third is how far its bar reaches up and down.
Point = tuple[float, float, float]

_MARKS = "osD^vPX*"


def check() -> None:
    """See to it, before anything is computed, that a picture can be drawn.

    Raises:
        MissingDependency: matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise missing_dependency("matplotlib", wanted_by="A picture") from None


def of_scores(comparison: Comparison) -> bytes:
    """The score against the time of training and of prediction, with the front of each.

    Raises:
        MissingDependency: matplotlib is not installed.
    """
    scored = [row for row in comparison.rows if row.score is not None]
    item = comparison.items.removesuffix("s")

    def points(time: Callable[[Row], float]) -> dict[str, Point]:
        return {row.candidate: (time(row), row.score or 0.0, row.spread or 0.0) for row in scored}

    panels = {
        "training, s": points(lambda row: row.seconds or 0.0),
        f"prediction, ms a {item}": points(lambda row: 1000 / (row.items_per_second or 1.0)),
    }

    def draw(axes: Sequence[Axes]) -> None:
        for place, (title, found) in zip(axes, panels.items(), strict=True):
            for number, (name, (x, y, spread)) in enumerate(found.items()):
                mark = _MARKS[number % len(_MARKS)]
                place.errorbar([x], [y], yerr=[spread], fmt=mark, capsize=3, label=name)
            best = front(found.values(), greater_is_better=comparison.greater_is_better)
            place.plot(*zip(*best, strict=True) if best else ([], []), ":", color="0.5", zorder=0)
            place.set_xlabel(title)
        axes[0].set_ylabel(comparison.metric)

    return _drawn(draw, columns=2)


def front(points: Sequence[Point] | Any, *, greater_is_better: bool) -> list[tuple[float, float]]:
    """The points that no other outdoes in time and score, from the quickest on."""
    best: list[tuple[float, float]] = []
    for x, y, _ in sorted(points, key=lambda p: (p[0], -p[1] if greater_is_better else p[1])):
        if not best or (y > best[-1][1] if greater_is_better else y < best[-1][1]):
            best.append((x, y))
    return best


def of_lines(
    panels: Mapping[str, Mapping[str, Mapping[int, float]]],
    *,
    across: str,
    logarithmic: Sequence[str] = (),
) -> bytes:
    """Lines over a whole number, such as a distance.

    Args:
        panels: By the title of each panel and the name of each line, the number at each place.
        across: What the places are.
        logarithmic: The panels whose numbers are shown by their logarithm.

    Raises:
        MissingDependency: matplotlib is not installed.
    """

    def draw(axes: Sequence[Axes]) -> None:
        for place, (title, found) in zip(axes, panels.items(), strict=True):
            for number, (name, values) in enumerate(found.items()):
                mark = _MARKS[number % len(_MARKS)] if len(values) < 20 else ""
                place.plot([*values], [*values.values()], marker=mark, markersize=4, label=name)
            place.set_xlabel(across)
            place.set_ylabel(title)
            if title in logarithmic:
                place.set_yscale("log")

    return _drawn(draw, columns=len(panels))


def _drawn(draw: Callable[[Sequence[Axes]], None], *, columns: int) -> bytes:
    check()
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5 * columns, 3.8), layout="constrained")
    axes = figure.subplots(1, columns, squeeze=False)[0]
    draw(axes)
    if axes[0].get_legend_handles_labels()[0]:
        axes[0].legend(frameon=False)
    for place in axes:
        place.grid(visible=True, color="0.9")
        place.set_axisbelow(True)
        place.spines[["top", "right"]].set_visible(False)
    file = io.BytesIO()
    # without a date, so that the same numbers make the same file
    figure.savefig(file, format="png", dpi=120, metadata={"Software": None})
    return file.getvalue()
