"""Pictures of how far probabilities are to be believed, as SVG in the page."""

from __future__ import annotations

from collections.abc import Sequence

from seqkit.errorpage.calibration import Bin
from seqkit.errorpage.markup import Html

#: The width of a picture, the side of what is plotted, and the room for the axis beside it.
_WIDTH, _SIDE, _LEFT, _TOP = 360, 290, 56, 12


def reliability(found: Sequence[Bin], *, error: float, of_labels: bool) -> Html:
    """Each bin's share that came true, beside the diagonal that it should be on."""
    bars = []
    for one in found:
        if not one.count:
            continue
        x, width = _x(one.low), _SIDE * (one.high - one.low)
        tall = _SIDE * one.accuracy
        said = f"said {one.confidence:.3f}, true {one.accuracy:.3f}, {one.count:,} times"
        bars.append(
            f'<g><title>{said}</title><rect class="bar" x="{x + 1:.1f}" '
            f'y="{_TOP + _SIDE - tall:.1f}" width="{width - 2:.1f}" height="{tall:.1f}"/>'
            f'<line class="said" x1="{x + 1:.1f}" x2="{x + width - 1:.1f}" '
            f'y1="{_y(one.confidence):.1f}" y2="{_y(one.confidence):.1f}"/></g>'
        )
    line = f'<line class="ideal" x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}"/>'
    across = "probability of a label" if of_labels else "confidence"
    up = "share that holds" if of_labels else "accuracy"
    return _picture(
        "reliability",
        "Reliability curve",
        f"The share that came true by the probability that was said. Expected calibration error "
        f"{error:.4f}. The numbers stand in the table below.",
        _grid((0, 0.25, 0.5, 0.75, 1), "{:g}") + "".join(bars) + line + _names(across, up),
    )


def histogram(found: Sequence[Bin], *, of_labels: bool) -> Html:
    """How often each probability was said."""
    total = sum(one.count for one in found)
    most = max((one.count for one in found), default=0) / max(1, total)
    top = next(t for t in (0.1, 0.2, 0.25, 0.5, 0.75, 1) if most <= t)
    bars = []
    for one in found:
        tall = _SIDE * one.count / max(1, total) / top
        bars.append(
            f'<rect class="bar" x="{_x(one.low) + 1:.1f}" y="{_TOP + _SIDE - tall:.1f}" '
            f'width="{_SIDE * (one.high - one.low) - 2:.1f}" height="{tall:.1f}">'
            f"<title>{one.low:.2f} to {one.high:.2f}: {one.count:,}</title></rect>"
        )
    across = "probability of a label" if of_labels else "confidence"
    return _picture(
        "histogram",
        "Histogram of confidence",
        "How large a share of all answers has which probability. The numbers stand in the table "
        "below.",
        _grid([top * k / 4 for k in range(5)], "{:.3g}", top=top)
        + "".join(bars)
        + _names(across, "share of all"),
    )


def _x(value: float) -> float:
    return _LEFT + _SIDE * value


def _y(value: float) -> float:
    return _TOP + _SIDE * (1 - value)


def _grid(values: Sequence[float], form: str, *, top: float = 1.0) -> str:
    lines = []
    for value in values:
        y = _y(value / top)
        lines.append(
            f'<line class="grid" x1="{_x(0)}" x2="{_x(1)}" y1="{y:.1f}" y2="{y:.1f}"/>'
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{form.format(value)}</text>'
        )
    lines += [
        f'<text x="{_x(place):.1f}" y="{_TOP + _SIDE + 18}" text-anchor="middle">{place:g}</text>'
        for place in (0, 0.25, 0.5, 0.75, 1)
    ]
    return "".join(lines)


def _names(across: str, up: str) -> str:
    middle = _TOP + _SIDE / 2
    return (
        f'<text x="{_x(0.5)}" y="{_TOP + _SIDE + 38}" text-anchor="middle">{across}</text>'
        f'<text transform="translate(14 {middle}) rotate(-90)" text-anchor="middle">{up}</text>'
    )


def _picture(name: str, title: str, description: str, drawn: str) -> Html:
    return Html(
        f'<svg viewBox="0 0 {_WIDTH} {_TOP + _SIDE + 46}" role="img" '
        f'aria-labelledby="{name}-title {name}-text">'
        f'<title id="{name}-title">{title}</title><desc id="{name}-text">{description}</desc>'
        f"{drawn}</svg>"
    )
