from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seqkit.tokenizers import words
from seqkit.tokenizers.words import find_words, split_words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The cat sat.", "The|cat|sat|."),
        ("It isn't; we've, I'll, CAN'T", "It|is|n't|;|we|'ve|,|I|'ll|,|CA|N'T"),
        ("don\u2019t O\u2019Brien\u2019s", "do|n\u2019t|O\u2019Brien|\u2019s"),
        ("couldn't've rock'n'roll", "could|n't|'ve|rock'n'roll"),
        ("'quoted' dogs' 'tis", "'|quoted|'|dogs|'|'|tis"),
        ("well-known -- e-mail", "well|-|known|--|e|-|mail"),
        ("wait... what?!", "wait|...|what|?|!"),
        ("$1,000.50 at 10:30 on 4/7.", "$|1,000.50|at|10:30|on|4/7|."),
        ("the U.S. e.g. a.b.c A.", "the|U.S.|e.g.|a|.|b|.|c|A|."),
        ("snake_case x2 3rd", "snake_case|x2|3rd"),
        ("<br />", "<|br|/|>"),
        ("naïve cafe\u0301s नमस्ते", "naïve|cafe\u0301s|नमस्ते"),
        ("日本語。Ελλάδα", "日本語|。|Ελλάδα"),
        ("می\u200cخواهم", "می\u200cخواهم"),  # noqa: RUF001 - Persian is meant
        ("ok👍🏽👩\u200d🚀☀\ufe0f", "ok|👍🏽|👩\u200d🚀|☀\ufe0f"),
        ("a\u00a0b\u2028c\x1cd", "a|b|c|d"),
        ("\ufeffa\0", "\ufeff|a|\0"),
        ("𑄌𑄋𑄴𑄟𑄳𑄦", "𑄌𑄋𑄴𑄟𑄳𑄦"),
        (" \n\t", ""),
    ],
)
def test_the_rule(text, expected):
    assert find_words(text) == (expected.split("|") if expected else [])


@settings(deadline=None, max_examples=200)
@given(
    text=st.text(st.sampled_from("ab1.,:/'\u2019-_ \nntsé\u0301😀\u200d\ufe0f\ufeff\0")) | st.text()
)
@example("😀\u200d\u200d")
def test_words_and_white_space_make_up_the_text(text):
    spans = split_words(text)
    cuts = [0, *(at for span in spans for at in span), len(text)]
    assert cuts == sorted(cuts)
    assert all(start < end for start, end in spans)
    gaps = "".join(text[a:b] for a, b in zip(cuts[::2], cuts[1::2], strict=True))
    assert not gaps or gaps.isspace()
    assert find_words(text) == [text[start:end] for start, end in spans]


@settings(deadline=None, max_examples=200)
@given(text=st.text(st.sampled_from("abU1.,:/'-_ \nntS\x1c") | st.characters(max_codepoint=127)))
def test_ascii_text_is_split_alike_by_the_rule_for_all_scripts(text):
    assert find_words(text) == words._unicode().findall(text)


@pytest.mark.parametrize(
    "unit", ["a.", "x'", "a", "n't", "1.", "1,x", ".", "'s", " ", "é'", "😀\u200d", "é.", "\u0301"]
)
def test_hostile_text_takes_linear_time(unit):
    start = time.process_time()
    split_words(unit * 100_000 + "'b")
    assert time.process_time() - start < 3
