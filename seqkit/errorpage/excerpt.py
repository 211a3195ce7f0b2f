"""A text with the words coloured that brought a label its logit, cut down to what matters."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from seqkit.errorpage.markup import Html, escape
from seqkit.reports import Explanation, WordShare

#: Characters of a text that are shown at most, more or less, and of the surroundings of a word.
MOST, AROUND = 600, 60
#: The longest stretch of a word that is shown.
_WORD = 60
#: Grades of colour, and the words that are named beneath a text.
_GRADES, _NAMED = 5, 6

#: A stretch of a text: its first character and the one after its last.
Stretch = tuple[int, int]


def coloured(explanation: Explanation) -> Html:
    """The text of an explanation, its words coloured by their shares, around the greatest ones."""
    words = [w for w in explanation.words if w.end > w.start]
    greatest = max((abs(w.share) for w in words), default=0.0)
    marked = [w for w in words if _mark(w, greatest)]
    marked.sort(key=lambda w: -abs(w.share))
    focus = [] if explanation.word is None else [_at(explanation, explanation.word)]
    important = [*focus, *((w.start, w.end) for w in marked)] or [(0, 0)]
    marks = [(w.start, w.end, _mark(w, greatest)) for w in words]
    return _pieces(explanation.text, cut(explanation.text, important), marks, focus)


def plain(text: str, focus: Sequence[Stretch] = ()) -> Html:
    """A text without colours, around a word if one is meant, otherwise from its beginning."""
    return _pieces(text, cut(text, [*focus, (0, 0)]), [], focus)


def named(explanation: Explanation, *, against: bool) -> Html:
    """The words that speak most for the label, or against it, with their shares."""
    sign = -1 if against else 1
    words = [w for w in explanation.words if sign * w.share >= 0.005 and w.text.strip()]
    words.sort(key=lambda w: -sign * w.share)
    shown = [f"<b>{escape(w.text, most=_WORD)}</b> {w.share:+.2f}" for w in words[:_NAMED]]
    return Html(", ".join(shown) or "nothing")


def cut(text: str, important: Iterable[Stretch]) -> list[Stretch]:
    """Which stretches of a text to show.

    Args:
        text: Shown whole if it is short.
        important: What to show, the most important first; as many as there is room for.

    Returns:
        Stretches in order, apart from each other, of :data:`MOST` characters in all or not many
        more.
    """
    if len(text) <= MOST:
        return [(0, len(text))]
    kept: list[Stretch] = []
    for start, end in important:
        end = min(end, start + _WORD)  # noqa: PLW2901 -- of an endless word its beginning
        if any(low <= start and end <= high for low, high in kept):
            continue
        fresh = (_back(text, max(0, start - AROUND)), _on(text, min(len(text), end + AROUND)))
        more = _joined([*kept, fresh])
        if kept and sum(high - low for low, high in more) > MOST:
            break
        kept = more
    # the beginning of a text that few words of matter
    room = MOST - sum(high - low for low, high in kept)
    if room > AROUND:
        kept = _joined([*kept, _longer(text, kept[-1], room)])
    return kept


def _longer(text: str, last: Stretch, room: int) -> Stretch:
    return last[0], _on(text, min(len(text), last[1] + room))


def _joined(stretches: Iterable[Stretch]) -> list[Stretch]:
    joined: list[Stretch] = []
    for low, high in sorted(stretches):
        if joined and low <= joined[-1][1] + 1:
            joined[-1] = (joined[-1][0], max(high, joined[-1][1]))
        else:
            joined.append((low, high))
    return joined


def _back(text: str, place: int) -> int:
    """Where the word at a place begins, unless it is very long."""
    space = text.rfind(" ", max(0, place - _WORD), place + 1)
    return space + 1 if space >= 0 else place


def _on(text: str, place: int) -> int:
    """Where the word at a place ends, unless it is very long."""
    space = text.find(" ", place, place + _WORD)
    return space if space >= 0 else place


def _mark(word: WordShare, greatest: float) -> str:
    """The tag that colours a word; empty for one that does next to nothing."""
    grade = round(_GRADES * abs(word.share) / greatest) if greatest else 0
    if not grade:
        return ""
    way = "for" if word.share > 0 else "against"
    return f'<mark class="{way}{grade}" title="{word.share:+.2f}">'


def _at(explanation: Explanation, word: int) -> Stretch:
    meant = explanation.words[word]
    return meant.start, meant.end


def _pieces(
    text: str,
    stretches: Sequence[Stretch],
    marks: Sequence[tuple[int, int, str]],
    focus: Sequence[Stretch],
) -> Html:
    found = []
    for low, high in stretches:
        inside = [(max(a, low), min(b, high), tag) for a, b, tag in marks if low < b and a < high]
        tags = {start: tag for start, _, tag in inside if tag}
        edges = {low, high, *(edge for a, b, _ in inside for edge in (a, b))}
        edges |= {edge for pair in focus for edge in pair if low <= edge <= high}
        piece = ""
        for start, end in pairwise(sorted(edges)):
            shown = str(escape(text[start:end]))
            if start in tags:
                shown = f"{tags[start]}{shown}</mark>"
            if any(first <= start < end <= last for first, last in focus):
                shown = f"<u>{shown}</u>"
            piece += shown
        found.append(piece)
    before = "… " if stretches and stretches[0][0] > 0 else ""
    after = " …" if stretches and stretches[-1][1] < len(text) else ""
    return Html(before + " … ".join(found) + after)
