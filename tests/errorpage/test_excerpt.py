"""Texts cut around what matters, with their words coloured."""

from __future__ import annotations

import re
from itertools import pairwise

from seqkit.errorpage.excerpt import AROUND, MOST, coloured, cut, named, plain
from seqkit.reports import Explanation, WordShare


def explained(text, shares, word=None):
    words, start = [], 0
    for token, share in zip(text.split(), shares, strict=True):
        start = text.index(token, start)
        words.append(WordShare(text=token, start=start, end=start + len(token), share=share))
        start += len(token)
    return Explanation(
        text=text, label="x", word=word, logit=0.0, baseline=0.0, words=tuple(words),
        residual=0.0, steps=32,
    )  # fmt: skip


def test_words_are_graded_by_their_share_of_the_greatest():
    shown = coloured(explained("so very <bad> not", [0.01, 0.8, -2.0, 1.0]))
    assert shown == (
        'so <mark class="for2" title="+0.80">very</mark> '
        '<mark class="against5" title="-2.00">&lt;bad&gt;</mark> '
        '<mark class="for2" title="+1.00">not</mark>'
    )


def test_the_word_that_has_the_tag_is_marked_too():
    shown = coloured(explained("a b c", [0.0, 1.0, 0.0], word=2))
    assert shown == 'a <mark class="for5" title="+1.00">b</mark> <u>c</u>'


def test_the_strongest_words_are_named_with_their_shares():
    found = explained("so very <bad> not", [0.001, 0.8, -2.0, 1.0])
    assert named(found, against=False) == "<b>not</b> +1.00, <b>very</b> +0.80"
    assert named(found, against=True) == "<b>&lt;bad&gt;</b> -2.00"
    assert named(explained("a", [0.0]), against=True) == "nothing"


def test_a_long_text_is_cut_around_the_strongest_words():
    tokens = [f"word{k}" for k in range(2000)]
    shares = [0.0] * 2000
    shares[1500], shares[700] = 3.0, -2.0
    shown = coloured(explained(" ".join(tokens), shares))
    assert shown.startswith("… ")
    assert shown.endswith(" …")
    assert "word1500</mark>" in shown
    assert "word700</mark>" in shown
    text = re.sub("<[^>]+>", "", shown)
    assert text.count(" … ") >= 1
    assert len(text) < MOST + 3 * AROUND


def test_a_word_without_an_end_is_cut_too():
    assert sum(b - a for a, b in cut("x" * 10**6, [(0, 10**6)])) <= MOST + 2 * AROUND
    assert len(plain("y" * 10**6)) <= MOST + 3 * AROUND


def test_stretches_are_in_order_and_apart():
    text = "ab " * 1000
    found = cut(text, [(1500, 1502), (300, 302), (1530, 1532), (0, 2)])
    assert found == sorted(found)
    assert all(high < low for (_, high), (low, _) in pairwise(found))
    assert len(found) == 3


def test_what_no_page_may_hold_is_replaced():
    shown = plain("a\x00b \u202e \ud800 c\u200dd\u00a0e")
    assert shown == "a\ufffdb \ufffd \ufffd c\u200dd e"
