"""A series and its forecast drawn with characters, for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

#: The bit of each dot of a braille character, by its column and its row from the top.
_DOTS = ((0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80))
_BRAILLE = 0x2800
_SHADE, _BORDER = "░", "┊"


class _Canvas:
    """Characters of two dots by four each, the lowest value in the lowest row of dots.

    Args:
        columns: Characters in a line.
        rows: Lines.
        low: The value at the bottom.
        high: The value at the top.
        points: How many points of time stand side by side.
    """

    def __init__(self, columns: int, rows: int, low: float, high: float, points: int) -> None:
        self.columns, self.rows, self.points = columns, rows, points
        self._low, self._span = low, (high - low) or 1.0
        self._bits = np.zeros((rows, columns), dtype=int)
        self._under = np.full((rows, columns), " ")

    def line(self, first: int, values: np.ndarray) -> None:
        """Join values by dots, the first of them at the point ``first``."""
        x = self._x(first + np.arange(len(values)))
        y = self._y(values)
        across = np.arange(x[0], x[-1] + 1)
        heights = np.interp(across, x, y).round().astype(int)
        following = [*heights[1:], heights[-1]]
        for place, height, goal in zip(across, heights, following, strict=True):
            # up or down to where the next column goes on
            step = 1 if goal > height else -1
            for dot in range(height, goal, step) if goal != height else [height]:
                self._dot(int(place), int(dot))

    def shade(self, first: int, low: np.ndarray, high: np.ndarray) -> None:
        """Grey what lies between two lines that begin at the point ``first``."""
        x = self._x(first + np.arange(len(low))) / 2
        columns = np.arange(int(x[0]), int(x[-1]) + 1)
        bottom = np.interp(columns, x, self._y(low)).round().astype(int)
        top = np.interp(columns, x, self._y(high)).round().astype(int)
        for column, down, up in zip(columns, bottom, top, strict=True):
            if up > down:
                self._under[self.rows - 1 - up // 4 : self.rows - down // 4, column] = _SHADE

    def border(self, point: int) -> None:
        """A broken line down through a point of time."""
        self._under[:, self._x(np.array([point]))[0] // 2] = _BORDER

    def lines(self) -> list[str]:
        """The drawing, the top line first."""
        return [
            "".join(
                chr(_BRAILLE + bits) if bits else under
                for bits, under in zip(row, ground, strict=True)
            )
            for row, ground in zip(self._bits.tolist(), self._under.tolist(), strict=True)
        ]

    def _x(self, points: np.ndarray) -> np.ndarray:
        return (points * (2 * self.columns - 1) / max(self.points - 1, 1)).round().astype(int)

    def _y(self, values: np.ndarray) -> np.ndarray:
        return (values - self._low) * (4 * self.rows - 1) / self._span

    def _dot(self, x: int, y: int) -> None:
        row, inside = divmod(4 * self.rows - 1 - y, 4)
        self._bits[row, x // 2] |= _DOTS[x % 2][inside]


def chart(
    history: np.ndarray,
    median: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    *,
    labels: Sequence[str],
    width: int = 78,
    height: int = 12,
) -> list[str]:
    """Draw the end of a series, its forecast, and the interval in grey.

    Args:
        history: The last values, ``(n,)``, at least one.
        median: The forecast, ``(H,)``.
        low: The lower end of the interval, ``(H,)``.
        high: The upper end, ``(H,)``.
        labels: What the first value, the last one and the last forecast are called.
        width: Characters in a line, axis included.
        height: Lines of the drawing.

    Returns:
        Lines of text, one more than ``height``.
    """
    everything = np.concatenate([history, median, low, high])
    bottom, top = float(everything.min()), float(everything.max())
    names = [f"{value:.5g}" for value in (top, (top + bottom) / 2, bottom)]
    margin = max(map(len, names))
    canvas = _Canvas(
        max(width - margin - 2, 10), height, bottom, top, points=len(history) + len(median)
    )
    last = len(history) - 1
    now = history[-1:]
    canvas.border(last)
    canvas.shade(last, np.concatenate([now, low]), np.concatenate([now, high]))
    canvas.line(0, history)
    canvas.line(last, np.concatenate([now, median]))
    axis = dict(zip((0, height // 2, height - 1), names, strict=True))
    drawn = [
        f"{axis.get(row, ''):>{margin}} │{line}".rstrip() for row, line in enumerate(canvas.lines())
    ]
    where = margin + 2 + round(last / max(canvas.points - 1, 1) * (canvas.columns - 1))
    return [*drawn, _placed(labels, margin + 2, where, margin + 2 + canvas.columns)]


def _placed(labels: Sequence[str], begin: int, middle: int, end: int) -> str:
    """The first label at ``begin``, the last up to ``end``, the one between where there is room."""
    first, now, last = labels
    text = f"{' ' * begin}{first}".ljust(end - len(last)) + last
    place = middle - len(now) // 2
    if begin + len(first) < place and place + len(now) < end - len(last):
        text = f"{text[:place]}{now}{text[place + len(now) :]}"
    return text
