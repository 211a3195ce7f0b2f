"""Sentences as characters: where each token begins and ends among them."""

from __future__ import annotations

import numpy as np
import pytest

from seqkit.contextual import Writer, sentence, side_by_side
from seqkit.recipe.sections import Contextual
from seqkit.tokenizers import CharOptions
from seqkit.tokenizers.base import EOS
from seqkit.tokenizers.char import CharTokenizer

FIRST_BYTE = 3


@pytest.fixture
def letters() -> CharTokenizer:
    tokenizer = CharTokenizer(CharOptions())
    tokenizer.train(["ab ab ab"])
    return tokenizer


def test_tokens_stand_beside_each_other_with_a_space_between_ends(letters):
    a, b, space = (letters.encode_ids(c)[0] for c in "ab ")
    written = Writer(letters)(["ab", "a", "bb"])
    assert written.letters.tolist() == [EOS, a, b, space, a, space, b, b, EOS]
    # the last character of each, then the first
    assert written.places.tolist() == [[2, 1], [4, 4], [7, 6]]
    assert (written.letters.dtype, written.places.dtype) == (np.int32, np.int32)


def test_a_character_that_the_models_do_not_know_is_spelt_in_bytes(letters):
    (a,) = letters.encode_ids("a")
    written = Writer(letters)(["\N{EURO SIGN}", "a"])
    euro = [FIRST_BYTE + byte for byte in "\N{EURO SIGN}".encode()]
    assert written.letters.tolist() == [EOS, *euro, letters.encode_ids(" ")[0], a, EOS]
    assert written.places.tolist() == [[3, 1], [5, 5]]


def test_a_token_without_characters_ends_before_it_begins(letters):
    written = Writer(letters)(["a", "", "b"])
    assert written.places.tolist() == [[1, 1], [2, 3], [4, 4]]
    assert Writer(letters)([""]).places.tolist() == [[0, 1]]  # the end symbols themselves
    nothing = Writer(letters)([])
    assert nothing.letters.tolist() == [EOS, EOS]
    assert nothing.places.shape == (0, 2)


def test_sentences_side_by_side_are_padded_after_their_ends(letters):
    write = Writer(letters)
    one, other = write(["ab", "a"]), write(["b"])
    context = side_by_side([one, other], 3)
    assert context.counts.tolist() == [6, 3]
    assert context.letters[:, 0].tolist() == one.letters.tolist()
    assert context.letters[:, 1].tolist() == [*other.letters.tolist(), 0, 0, 0]
    assert context.places.shape == (3, 2, 2)
    assert context.places[:, 0].tolist() == [[2, 1], [4, 4], [0, 0]]
    assert context.places[:, 1].tolist() == [[1, 1], [0, 0], [0, 0]]


def test_drawn_sentences_are_such_as_are_written():
    sizes = Contextual(forward="f", backward="b", vocab_size=9)
    found = sentence(np.random.default_rng(0), 50, sizes)
    ends, starts = found["places"].T
    assert starts[0] == 1
    assert (starts[1:] == ends[:-1] + 2).all()
    assert (ends >= starts).all()
    assert len(found["letters"]) == ends[-1] + 2
    assert set(found["letters"].tolist()) == set(range(EOS, 9))
    assert sentence(np.random.default_rng(0), 50, Contextual()) == {}
