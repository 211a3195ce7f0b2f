"""What a benchmark returns: tables for people, and everything that was measured as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class Absent(Exception):  # noqa: N818 -- a finding to report, not a fault
    """Why a benchmark can't be had on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Cells of text under a header.

    Attributes:
        header: The columns' names; those after the first are set to the right.
        rows: As many cells each.
        caption: What the numbers mean, as a paragraph above the table.
    """

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    caption: str = ""

    def markdown(self) -> str:
        """The table as Markdown that also reads well in a terminal."""
        widths = [max(3, *map(len, column)) for column in zip(self.header, *self.rows, strict=True)]

        def line(cells: tuple[str, ...]) -> str:
            padded = [cells[0].ljust(widths[0])]
            padded += [c.rjust(w) for c, w in zip(cells[1:], widths[1:], strict=True)]
            return f"| {' | '.join(padded)} |"

        rule = "|".join(["-" * (widths[0] + 2), *(f"{'-' * (w + 1)}:" for w in widths[1:])])
        lines = [line(self.header), f"|{rule}|", *map(line, self.rows)]
        return "\n".join([self.caption, "", *lines] if self.caption else lines)


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The outcome of one benchmark.

    Attributes:
        title: What was measured, in one line.
        conditions: What the numbers depend on.
        tables: The numbers.
        data: What they were made from; anything that JSON can hold.
        notes: Sentences that belong to them.
        picture: The numbers as a drawing, an SVG document; empty for none.
    """

    title: str
    conditions: Mapping[str, Any]
    tables: tuple[Table, ...]
    data: Any
    notes: tuple[str, ...] = ()
    picture: str = ""

    def markdown(self) -> str:
        """The whole report as text."""
        facts = "\n".join(f"- {key}: {value}" for key, value in self.conditions.items())
        notes = "\n".join(f"- {note}" for note in self.notes)
        parts = [f"# {self.title}", facts, *(t.markdown() for t in self.tables), notes]
        return "\n\n".join(part for part in parts if part) + "\n"

    def save(self, folder: Path, name: str) -> Path:
        """Write ``NAME.json``, ``NAME.md``, and ``NAME.svg`` if there is a picture.

        Returns:
            The path of ``NAME.md``, which shows the picture.
        """
        folder.mkdir(parents=True, exist_ok=True)
        content = {
            "title": self.title,
            "conditions": self.conditions,
            "notes": self.notes,
            "data": self.data,
        }
        text = json.dumps(content, indent=2, ensure_ascii=False)
        (folder / f"{name}.json").write_text(f"{text}\n", encoding="utf-8")
        path = folder / f"{name}.md"
        shown = ""
        if self.picture:
            (folder / f"{name}.svg").write_text(self.picture, encoding="utf-8")
            shown = f"\n![{self.title}]({name}.svg)\n"
        path.write_text(self.markdown() + shown, encoding="utf-8")
        return path


def spread(middle: float, low: float, high: float, form: str) -> str:
    """A number with the lowest and highest beside it, or alone where they look the same."""
    written = [format(n, form) for n in (middle, low, high)]
    return written[0] if len(set(written)) == 1 else f"{written[0]} ({written[1]} to {written[2]})"
