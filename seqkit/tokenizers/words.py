"""Where words begin and end in plain text.

White space (what :meth:`str.isspace` says) separates and is no token. Everything else is part of
exactly one token:

- A word is a run of letters, digits, underscores and the marks that combine with them, in any
  script. Scripts that write no spaces give long words; use characters or subwords for them.
- An apostrophe (``'`` or U+2019) between letters joins: ``O'Brien``, ``aujourd'hui``. The English
  contractions are tokens of their own, as in the Penn Treebank: ``do | n't``, ``it | 's``,
  ``we | 're``, and likewise ``'ve 'll 'd 'm``.
- Digits with single marks ``. , : /`` between them are one number: ``3.14``, ``1,000``, ``10:30``.
- Two to six single letters, each with a full stop, are one abbreviation: ``U.S.``, ``e.g.``
- A run of full stops or of hyphens is one token: the ellipsis ``...`` and the dash ``--``.
- Any other sign is a token, with the marks on it; signs that a zero-width joiner connects, such as
  those of one emoji, are one token. Hyphens therefore part words: ``well | - | known``.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

_CLITIC = r"['\u2019](?i:s|re|ve|ll|d|m)"


def _compile(word: str, sign: str) -> re.Pattern[str]:
    """The whole rule, as group 1, for a class of word characters and a pattern of one sign.

    White space is taken along with the token before it, which is faster than stumbling over it.
    No alternative repeats inside another without a bound, so that hostile text takes linear time.
    """
    end = f"(?!{word})"
    nt = rf"(?i:n['\u2019]t){end}"
    rules = [
        rf"[^\W\d]{word}++(?!['\u2019])",  # nearly every word; the order of the rest matters
        r"\d+(?:[.,:/]\d+)+",
        rf"(?:[^\W\d_]\.){{2,6}}{end}",
        rf"{word}++(?!['\u2019])",
        rf"(?<=\w){nt}",
        rf"{word}+(?={nt})",
        rf"{word}+(?:(?!{_CLITIC}{end})['\u2019]{word}+)*",
        rf"(?<=\w){_CLITIC}{end}",
        r"\.{2,}",
        r"-{2,}",
        sign,
    ]
    return re.compile(rf"({'|'.join(rules)})\s*+")


_ASCII = _compile(r"\w", r"[^\w\s]")


@cache
def _unicode() -> re.Pattern[str]:
    """The rule for text beyond ASCII; made when first needed, since it reads Unicode's tables."""
    joiners, selectors = "\u200c\u200d", "\U000e0100-\U000e01ef"
    word = rf"[\w{_marks()}{joiners}{selectors}]"
    # Accents, enclosing marks, variation selectors, skin tones, and the tags of flags.
    on_sign = "\u0300-\u036f\u20d0-\u20ff\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f"
    one = rf"[^\w\s][{on_sign}]*"
    return _compile(word, rf"{one}(?:\u200d{one})*")


def _marks() -> str:
    """Ranges of a character class that hold every mark below U+20000.

    Letters, digits and unassigned code points between marks are taken in, which changes nothing
    for a class that holds them anyway: a hundred ranges are tried much faster than a thousand.
    """
    ranges: list[str] = []
    first = last = 0
    for code in range(0x300, 0x20000):
        category = unicodedata.category(chr(code))
        if category[0] == "M":
            first, last = first or code, code
        elif first and category[0] not in "LN" and category != "Cn":
            ranges.append(f"{chr(first)}-{chr(last)}")
            first = 0
    return "".join(ranges)


def _rule(text: str) -> re.Pattern[str]:
    return _ASCII if text.isascii() else _unicode()


def split_words(text: str) -> list[tuple[int, int]]:
    """The words of plain text, by the rule above.

    Returns:
        ``(start, end)`` of each word in order, in characters.
    """
    return [match.span(1) for match in _rule(text).finditer(text)]


def find_words(text: str) -> list[str]:
    """The words themselves; the same as slicing at :func:`split_words`, but faster."""
    if text.isalpha() and text.isascii():
        return [text]
    return _rule(text).findall(text)
