"""HTML and what goes into it; all that comes from data or a bundle is escaped here."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

#: The most characters of a label, of where a text stands, and of any other cell of a table.
LABEL, SOURCE = 60, 160


class Html(str):
    """A text that is HTML already."""

    __slots__ = ()


def escape(text: str, *, most: int = 0) -> Html:
    """A text of any origin as HTML.

    Args:
        text: Controls, and marks that turn the text around, become U+FFFD.
        most: Cut what is longer than so many characters; 0 for no limit.
    """
    if most and len(text) > most:
        text = f"{text[: most - 1]}…"
    return Html(html.escape("".join(c if _plain(c) else _instead(c) for c in text)))


def table(
    caption: str,
    header: Sequence[str],
    rows: Iterable[Sequence[str | int | float | None]],
    *,
    kind: str = "",
) -> Html:
    """A table whose first column names the rows, in a box that scrolls by itself.

    Args:
        caption: What it shows, for those who can't see where it stands too.
        header: The columns' names; none for a table of facts.
        rows: Text is escaped unless it is :class:`Html`; numbers are rounded, none is a dash.
        kind: A class for the style.
    """
    heads = "".join(f'<th scope="col">{cell(name)}</th>' for name in header)
    lines = []
    for first, *rest in rows:
        cells = "".join(
            value if isinstance(value, _Cell) else f"<td>{cell(value)}</td>" for value in rest
        )
        lines.append(f'<tr><th scope="row">{cell(first)}</th>{cells}</tr>')
    named = f' class="{kind}"' if kind else ""
    return Html(
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f"<table{named}><caption>{escape(caption)}</caption>"
        f"{f'<thead><tr>{heads}</tr></thead>' if heads else ''}\n<tbody>\n"
        + "\n".join(lines)
        + "\n</tbody></table></div>"
    )


class _Cell(Html):
    """A whole cell of a table, with its tag."""

    __slots__ = ()


def shaded(value: int, share: float, *, kind: str) -> Html:
    """A cell on a ground that is the stronger the greater its share, in ten grades.

    They go by the share's root, since confusions that matter are a few in a hundred.

    Args:
        value: What stands in it.
        share: From 0 to 1.
        kind: ``right`` or ``wrong``, which colours it.
    """
    if not value:
        return _Cell('<td class="none">0</td>')
    grade = max(1, round(10 * share**0.5))
    return _Cell(f'<td class="{kind} g{grade}" title="{share:.1%}">{value:,}</td>')


def cell(value: str | int | float | None) -> Html:
    """What stands in a cell."""
    if value is None:
        return Html("\N{EN DASH}")
    if isinstance(value, Html):
        return value
    if isinstance(value, str):
        return escape(value, most=SOURCE)
    return Html(f"{value:.4f}" if isinstance(value, float) else f"{value:,}")


def section(anchor: str, title: str, *parts: str) -> Html:
    """A section with its heading."""
    body = "\n".join(part for part in parts if part)
    return Html(
        f'<section id="{anchor}" aria-labelledby="{anchor}-title">\n'
        f'<h2 id="{anchor}-title">{title}</h2>\n{body}\n</section>'
    )


def paragraph(text: str, *, kind: str = "") -> Html:
    """A paragraph of HTML."""
    return Html(f'<p class="{kind}">{text}</p>' if kind else f"<p>{text}</p>")


def _plain(character: str) -> bool:
    # isprintable is false of controls, of lone surrogates, and of what turns the text around;
    # the two joiners are part of words in many scripts, and of emojis
    return character.isprintable() or character in " \n\u200c\u200d"


def _instead(character: str) -> str:
    return " " if character.isspace() else "\N{REPLACEMENT CHARACTER}"
