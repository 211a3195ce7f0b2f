"""A quantity over time, as an SVG document."""

from __future__ import annotations

import io
from collections.abc import Sequence


def draw(points: Sequence[tuple[float, float]], *, title: str, x: str, y: str) -> str:
    """Draw one line from zero.

    Args:
        points: At least one.
        title: Stands above it.
        x: What the first numbers are, with the unit.
        y: What the second numbers are, likewise.
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    # texts that stay texts, and no date or random names: the same numbers are the same file
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "seqkit", "font.size": 10}):
        figure = Figure(figsize=(7, 3.4), layout="constrained")
        axes = figure.subplots()
        axes.plot(*zip(*points, strict=True), color="#0b5fa5", linewidth=1.3)
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
        axes.set_xlabel(x)
        axes.set_ylabel(y)
        axes.set_title(title, fontsize=11)
        axes.grid(visible=True, color="0.88", linewidth=0.7)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
        file = io.StringIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()
