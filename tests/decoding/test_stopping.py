"""Stop strings in streamed text, against a naive search of the whole text."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.decoding.stopping import StopStrings
from seqkit.errors import UsageError


def naive(text: str, stops: list[str]) -> tuple[str, bool]:
    """What stands before the first stop string to be complete."""
    for end in range(len(text) + 1):
        complete = [len(stop) for stop in stops if text[:end].endswith(stop)]
        if complete:
            return text[: end - max(complete)], True
    return text, False


def stream(pieces: list[str], stops: list[str]) -> tuple[str, bool]:
    """The same through a stream."""
    matcher = StopStrings(stops)
    shown = "".join(matcher.push(piece)[0] for piece in pieces)
    return shown + matcher.flush(), matcher.stopped


# Two letters and short strings make overlaps frequent.
@settings(deadline=None, max_examples=300)
@given(
    st.lists(st.text("ab", max_size=5), max_size=10),
    st.lists(st.text("ab", min_size=1, max_size=4), max_size=3),
)
def test_any_cut_of_the_text_gives_what_a_naive_search_gives(pieces, stops):
    assert stream(pieces, stops) == naive("".join(pieces), stops)


@settings(deadline=None, max_examples=200)
@given(st.text("ab", max_size=12), st.lists(st.text("ab", min_size=1, max_size=4), max_size=3))
def test_text_is_held_back_only_while_it_may_begin_a_stop_string(text, stops):
    matcher = StopStrings(stops)
    shown = ""
    for end, letter in enumerate(text, start=1):
        fresh, stopped = matcher.push(letter)
        shown += fresh
        if stopped:
            break
        held = text[len(shown) : end]
        assert not held or any(stop.startswith(held) and stop != held for stop in stops)


def test_a_stop_string_across_pieces():
    matcher = StopStrings(["\n\n"])
    assert matcher.push("one\n") == ("one", False)
    assert matcher.push("\ntwo") == ("", True)
    assert matcher.push("three") == ("", True)
    assert matcher.flush() == ""


def test_held_text_is_shown_once_it_is_no_stop_string():
    matcher = StopStrings(["END"])
    assert matcher.push("the E") == ("the ", False)
    assert matcher.push("N") == ("", False)
    assert matcher.push("dive") == ("ENdive", False)
    assert matcher.push(" EN") == (" ", False)
    assert (matcher.flush(), matcher.flush(), matcher.stopped) == ("EN", "", False)


def test_a_candidate_inside_a_failed_candidate():
    matcher = StopStrings(["aab"])
    assert matcher.push("aa") == ("", False)
    assert matcher.push("a") == ("a", False)
    assert matcher.push("b") == ("", True)


def test_the_first_to_be_complete_ends_the_text():
    assert stream(["abcd"], ["abcd", "bc"]) == ("a", True)


def test_the_longest_of_those_complete_together_ends_the_text():
    assert stream(["xab"], ["b", "ab"]) == ("x", True)


def test_no_stop_strings_let_all_through():
    assert StopStrings([]).push("anything") == ("anything", False)


def test_an_empty_stop_string_is_refused():
    with pytest.raises(UsageError, match="a stop string is empty"):
        StopStrings(["x", ""])
