"""Small multiples of time against size, as an SVG document."""

from __future__ import annotations

import io
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.exponents import Exponent
from benchmarks.report import Absent

_COLOURS = ("#0b5fa5", "#c8561b", "#3d8a40")  # told apart without colour vision too
_MARKS = ("o", "s", "^")
_COLUMNS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One set of axes.

    Attributes:
        title: What is varied.
        lines: For each line's name, milliseconds of each round by size.
        laws: The law fitted to each line, where one was.
    """

    title: str
    lines: Mapping[str, Mapping[int, Sequence[float]]]
    laws: Mapping[str, Exponent | None]


def check() -> None:
    """See to it, before hours of measuring, that a picture can be drawn.

    Raises:
        Absent: matplotlib is not installed.
    """
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise Absent(
            "no picture, since matplotlib is not installed. Install it with "
            "'python -m pip install seqkit[plots]'"
        ) from None


def draw(panels: Sequence[Panel], *, title: str) -> str:
    """Draw medians with the range of the rounds, and the fitted laws as dashed lines.

    Both axes are logarithmic, so that a power law is a straight line. The last place holds the
    legend.

    Args:
        panels: At least one.
        title: Stands above them all.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure
    from matplotlib.ticker import FixedLocator, LogLocator, NullLocator, StrMethodFormatter

    rows = -(-(len(panels) + 1) // _COLUMNS)
    # texts that stay texts, and no date or random names: the same numbers are the same file
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "seqkit", "font.size": 10}):
        figure = Figure(figsize=(4 * _COLUMNS, 3.4 * rows), layout="constrained")
        figure.suptitle(title, fontsize=13)
        places = figure.subplots(rows, _COLUMNS, squeeze=False).flatten()
        for axes, panel in zip(places, panels, strict=False):
            for number, (name, times) in enumerate(panel.lines.items()):
                colour, sizes = _COLOURS[number % len(_COLOURS)], sorted(times)
                middle = [statistics.median(times[size]) for size in sizes]
                below = [m - min(times[s]) for m, s in zip(middle, sizes, strict=True)]
                above = [max(times[s]) - m for m, s in zip(middle, sizes, strict=True)]
                axes.errorbar(
                    sizes,
                    middle,
                    yerr=[below, above],
                    color=colour,
                    marker=_MARKS[number % len(_MARKS)],
                    markersize=4.5,
                    linewidth=1.3,
                    capsize=2.5,
                    label=name,
                )
                if law := panel.laws.get(name):
                    fitted = [law.constant * size**law.middle for size in law.sizes]
                    axes.plot(law.sizes, fitted, "--", color="black", linewidth=0.9, zorder=3)
            ticks = sorted({size for times in panel.lines.values() for size in times})
            axes.set_xscale("log", base=2)
            axes.set_yscale("log")
            axes.xaxis.set_major_locator(FixedLocator([float(tick) for tick in ticks]))
            axes.xaxis.set_major_formatter(StrMethodFormatter("{x:.0f}"))
            axes.xaxis.set_minor_locator(NullLocator())
            axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axes.yaxis.set_minor_locator(NullLocator())
            axes.tick_params(axis="x", labelrotation=45 if max(ticks) >= 4096 else 0)
            axes.grid(visible=True, which="major", color="0.88", linewidth=0.7)
            axes.set_axisbelow(True)
            axes.spines[["top", "right"]].set_visible(False)
            axes.set_title(f"{panel.title}\n{_laws(panel)}", fontsize=10.5)
        for axes in places[::_COLUMNS][:rows]:
            axes.set_ylabel("ms a step")
        for axes in places[len(panels) :]:
            axes.set_axis_off()
        handles, labels = places[0].get_legend_handles_labels()
        fitted = places[0].plot([], [], "--", color="black", linewidth=0.9)
        places[len(panels)].legend(
            [*handles, *fitted],
            [*labels, "power law, upper range"],
            loc="center",
            frameon=False,
            fontsize=11,
        )
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def _laws(panel: Panel) -> str:
    known = {name: law for name, law in panel.laws.items() if law}
    if not known:
        return "too few sizes for an exponent"
    if len(known) == 1:
        (law,) = known.values()
        return f"time ~ size^{law.middle:.2f}"
    return "exponent: " + ", ".join(f"{name} {law.middle:.2f}" for name, law in known.items())
