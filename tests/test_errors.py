from __future__ import annotations

import pytest

from seqkit import errors
from seqkit.errors import SeqkitError, UsageError, at_least, did_you_mean


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"what": "It broke"}, "It broke."),
        ({"what": "It broke", "why": "Too old", "fix": "Mend it"}, "It broke. Too old. Mend it."),
        ({"what": "It broke.", "fix": "Mend it."}, "It broke. Mend it."),
    ],
)
def test_the_message_is_what_why_and_what_to_do(parts, message):
    assert str(SeqkitError(**parts)) == message


def test_the_parts_can_be_read_one_by_one():
    error = SeqkitError("It broke", why="Too old", fix="Mend it")
    assert (error.what, error.why, error.fix) == ("It broke", "Too old", "Mend it")


@pytest.mark.parametrize(
    "kind",
    ["UsageError", "RecipeError", "DataError", "BundleError", "PluginError", "MissingDependency"],
)
def test_every_kind_is_caught_as_seqkits_own_and_is_the_users_to_mend(kind):
    assert issubclass(getattr(errors, kind), SeqkitError)
    assert getattr(errors, kind)("x").exit_status == 2


@pytest.mark.parametrize(
    ("name", "known", "answer"),
    [
        ("lsmt", ["rnn", "lstm"], "Did you mean 'lstm'? There are: lstm, rnn"),
        ("LSTM", ["rnn", "lstm"], "Did you mean 'lstm'? There are: lstm, rnn"),
        ("cnn-lm", ["CNN-LM"], "Did you mean 'CNN-LM'? There are: CNN-LM"),
        ("transformer", ["rnn", "lstm"], "There are: lstm, rnn"),
        ("rnn", [], "There are none"),
    ],
)
def test_an_unknown_name_gets_the_near_match_and_the_list(name, known, answer):
    assert did_you_mean(name, known) == answer


def test_a_question_ends_as_one():
    assert str(SeqkitError("No 'x'", fix="Did you mean 'y'?")) == "No 'x'. Did you mean 'y'?"


def test_numbers_that_are_too_small_are_refused_by_name():
    at_least(1, num=1, tokens=2)
    with pytest.raises(UsageError, match=r"tokens is 0\. it must be at least 1"):
        at_least(1, num=1, tokens=0)
