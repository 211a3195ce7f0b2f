"""Span counts by hand, and against a second reading of the script's rules."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqkit.decoding.metrics import Counts
from seqkit.decoding.spans import count_spans, detect_scheme, fits_scheme, may_follow


def counts(truth: str, predicted: str) -> dict[str, tuple[int, int, int]]:
    """Correct, predicted and actual spans of each type of one sentence."""
    found = count_spans([truth.split()], [predicted.split()])
    return {kind: (each.correct, each.predicted, each.actual) for kind, each in found.items()}


def extract(tags: list[str]) -> list[tuple[str, int, int]]:
    """Spans found token by token, from what a tag means rather than from pairs of tags.

    A span goes on only while the type stays and the tag neither opens one nor follows one that
    closed; brackets, which may open a span inside another, are left out.
    """
    spans: list[list] = []
    open_span = False
    for position, tag in enumerate(tags):
        prefix, _, kind = tag.partition("-")
        if prefix == "O":
            open_span = False
            continue
        if open_span and prefix not in "BS" and spans[-1][0] == kind:
            spans[-1][2] = position + 1
        else:
            spans.append([kind, position, position + 1])
        open_span = prefix in "BI"
    return [tuple(span) for span in spans]


TAGS = ["O", *(f"{prefix}-{kind}" for prefix in "BIES" for kind in ("x", "y"))]
SENTENCES = st.lists(
    st.lists(st.tuples(st.sampled_from(TAGS), st.sampled_from(TAGS)), max_size=12), max_size=4
)


@settings(deadline=None, max_examples=200)
@given(SENTENCES)
def test_counts_are_those_of_extracted_spans_for_any_sequences(sentences):
    truth = [[true for true, _ in sentence] for sentence in sentences]
    predicted = [[guess for _, guess in sentence] for sentence in sentences]
    actual = [(n, *span) for n, tags in enumerate(truth) for span in extract(tags)]
    guessed = [(n, *span) for n, tags in enumerate(predicted) for span in extract(tags)]
    both = set(actual) & set(guessed)
    kinds = {span[1] for span in [*actual, *guessed]}
    assert count_spans(truth, predicted) == {
        kind: Counts(*(sum(span[1] == kind for span in spans) for spans in (both, guessed, actual)))
        for kind in kinds
    }


@pytest.mark.parametrize(
    ("truth", "predicted", "expected"),
    [
        pytest.param("B-x I-x O B-y", "B-x I-x O B-y", {"x": (1, 1, 1), "y": (1, 1, 1)}, id="same"),
        pytest.param("B-x I-x O", "B-x O O", {"x": (0, 1, 1)}, id="end too early"),
        pytest.param("B-x I-x I-x", "O I-x I-x", {"x": (0, 1, 1)}, id="start too late"),
        pytest.param("B-x I-x", "B-y I-y", {"x": (0, 0, 1), "y": (0, 1, 0)}, id="wrong type"),
        pytest.param("B-x I-x O", "I-x I-x O", {"x": (1, 1, 1)}, id="I first starts a span"),
        pytest.param(
            "B-x I-y I-y", "B-x B-y I-y", {"x": (1, 1, 1), "y": (1, 1, 1)}, id="type switch"
        ),
        pytest.param("B-x B-x", "B-x I-x", {"x": (0, 1, 2)}, id="B splits"),
        pytest.param("B-x I-x", "B-x B-x", {"x": (0, 2, 1)}, id="B splits wrongly"),
        pytest.param("I-x I-x I-y", "I-x I-x I-y", {"x": (1, 1, 1), "y": (1, 1, 1)}, id="io"),
        pytest.param("B-x E-x S-x", "B-x E-x S-x", {"x": (2, 2, 2)}, id="bioes, same type"),
        pytest.param("S-x S-x B-x E-x", "S-x B-x I-x E-x", {"x": (1, 2, 3)}, id="bioes, merged"),
        pytest.param("E-x E-x", "B-x E-x", {"x": (0, 1, 2)}, id="each E after E starts anew"),
        pytest.param(
            "B-x-1 I-x-1", "B-x-1 I-x-2", {"x-1": (0, 1, 1), "x-2": (0, 1, 0)}, id="hyphen"
        ),
        pytest.param("B I O B", "B I O O", {"": (1, 1, 2)}, id="no types"),
        pytest.param("[-x [-x ]-x", "[-x [-x ]-x", {"x": (3, 3, 3)}, id="brackets are spans alone"),
        pytest.param(
            "I-x [-x O", "I-x [-x O", {"x": (1, 2, 2)}, id="a bracket does not end what it follows"
        ),
        pytest.param("O O", "O O", {}, id="none"),
        pytest.param("", "", {}, id="empty"),
    ],
)
def test_counts_by_hand(truth, predicted, expected):
    assert counts(truth, predicted) == expected


def test_no_span_crosses_a_sentence():
    assert count_spans([["B-x"], ["I-x"]], [["B-x"], ["I-x"]]) == {"x": Counts(2, 2, 2)}


def test_sentences_of_unlike_lengths_are_refused():
    with pytest.raises(ValueError, match="shorter"):
        count_spans([["O", "O"]], [["O"]])


@pytest.mark.parametrize(
    ("tags", "scheme"),
    [
        ({"O", "I-x"}, "io"),
        ({"O", "B-x", "I-x", "B-y"}, "bio"),
        ({"B-x", "O"}, "bio"),
        ({"O", "B-x", "E-x"}, "bioes"),
        ({"S-x", "O"}, "bioes"),
        ({"NOUN", "VERB"}, "tags"),
        ({"O", "B-x", "NOUN"}, "tags"),
        ({"O", "U-x"}, "tags"),
        ({"O", "B-"}, "tags"),
        ({"O", "B", "I"}, "tags"),
        ({"O"}, "tags"),
        (set(), "tags"),
    ],
)
def test_the_scheme_is_told_from_the_tags(tags, scheme):
    assert detect_scheme(tags) == scheme


def test_a_scheme_allows_its_own_prefixes_only():
    assert [tag for tag in ["O", "B", "B-x", "I-x", "E-x", "NOUN"] if fits_scheme(tag, "bio")] == [
        "O",
        "B",
        "B-x",
        "I-x",
    ]


@pytest.mark.parametrize(
    ("scheme", "ruled_out"),
    [
        ("bio", "O:I-x B-y:I-x I-y:I-x"),
        ("io", ""),
        ("tags", ""),
        (
            "bioes",
            """O:I-x O:E-x S-x:I-x S-x:E-x E-x:I-x E-x:E-x B-x:O B-x:S-x B-x:B-x I-x:O I-x:S-x
            I-x:B-x B-y:I-x I-y:I-x B-y:E-x I-y:E-x B-y:O B-y:S-x B-y:B-x I-y:O I-y:S-x I-y:B-x""",
        ),
    ],
)
def test_a_scheme_says_what_may_follow_what(scheme, ruled_out):
    prefixes = {"bio": "BI", "io": "I", "bioes": "BIES", "tags": "BIES"}[scheme]
    after = ["O", *(f"{prefix}-x" for prefix in prefixes)]
    before = [*after, *({"B-y", "I-y"} if "B" in prefixes else set())]
    found = {f"{a}:{b}" for a in before for b in after if not may_follow(a, b, scheme)}
    assert found == set(ruled_out.split())
