"""Which tags may be neighbours, and the file that says so."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import save_file

from seqkit.decoding.chain import Chain
from seqkit.errors import BundleError

BIO = ("B-x", "B-y", "I-x", "O")


def pairs(chain: Chain, labels: tuple[str, ...]) -> set[str]:
    names = [*labels, "-"]
    return {f"{names[a]} {names[b]}" for a, b in np.argwhere(~chain.allowed).tolist()}


def test_a_scheme_rules_out_what_it_has_no_meaning_for():
    assert pairs(Chain.of(BIO, "bio", set()), BIO) == {"B-y I-x", "O I-x", "- I-x"}
    bioes = ("B-x", "E-x", "O", "S-x")
    assert pairs(Chain.of(bioes, "bioes", set()), bioes) == {
        *("B-x B-x", "B-x O", "B-x S-x", "B-x -"),
        *("E-x E-x", "O E-x", "S-x E-x", "- E-x"),
    }
    assert pairs(Chain.of(BIO, "tags", set()), BIO) == set()


def test_what_training_showed_is_allowed():
    seen = {("O", "I-x"), (None, "I-x")}
    assert pairs(Chain.of(BIO, "bio", seen), BIO) == {"B-y I-x"}


def test_nothing_is_ruled_out_where_some_lengths_would_have_no_path():
    """Without S, I and O there are only pairs, so that no sentence could have three tokens."""
    assert Chain.of(("B-x", "E-x"), "bioes", set()).allowed.all()


def test_before_training_there_are_no_scores():
    chain = Chain.of(BIO, "bio", set())
    assert (chain.scores.dtype, chain.scores.any()) == (np.float32, False)
    assert chain.weights[3, 2] == -np.inf
    assert chain.weights[0, 2] == 0


@pytest.mark.parametrize(
    ("tags", "possible"),
    [
        ([0, 2, 3], [True, True, True]),
        ([3, 2, 2], [True, False, True]),  # O then any that I-x may follow, such as B-x
        ([1, -1, 2], [True, False, True]),
        ([2], [False]),
        ([], []),
    ],
)
def test_tags_that_no_path_goes_through_are_found(tags, possible):
    found = Chain.of(BIO, "bio", set()).possible(np.array(tags, dtype=np.int64))
    assert found.tolist() == possible


def test_a_sentence_that_can_not_end_so_is_found():
    labels = ("B-x", "E-x", "O")
    chain = Chain.of(labels, "bioes", set())
    assert chain.possible(np.array([2, 0])).tolist() == [True, False]
    assert chain.possible(np.array([0, 0])).tolist() == [True, False]
    assert chain.possible(np.array([0, 2, 0])).tolist() == [True, False, False]


def test_a_chain_survives_its_file(tmp_path):
    chain = Chain.of(BIO, "bio", set())
    chain.scores[:] = np.random.default_rng(0).normal(size=(5, 5))
    chain.save(tmp_path)
    again = Chain.load(tmp_path, 4)
    np.testing.assert_array_equal(again.scores, chain.scores)
    np.testing.assert_array_equal(again.allowed, chain.allowed)


def written(folder, **changes):
    arrays = {"scores": np.zeros((3, 3), np.float32), "allowed": np.ones((3, 3), bool), **changes}
    given = {name: array for name, array in arrays.items() if array is not None}
    save_file(given, folder / "transitions.safetensors")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"scores": np.zeros((4, 4), np.float32)}, r"it holds .*\(4, 4\)"),
        ({"scores": np.zeros((3, 3), np.float64)}, "it holds .*float64"),
        ({"allowed": None}, "it holds "),
        ({"more": np.zeros(1)}, "it holds .*more"),
        ({"scores": np.full((3, 3), np.nan, np.float32)}, "a score is no finite number"),
        ({"allowed": np.zeros((3, 3), bool)}, "it does not allow a sentence of every length"),
    ],
)
def test_a_damaged_file_is_refused(tmp_path, changes, said):
    written(tmp_path, **changes)
    with pytest.raises(BundleError, match=said):
        Chain.load(tmp_path, 2)


@pytest.mark.parametrize("content", [b"", b"{}", b"\x00" * 100_000])
def test_what_is_no_such_file_is_refused(tmp_path, content):
    (tmp_path / "transitions.safetensors").write_bytes(content)
    with pytest.raises(BundleError, match=r"transitions\.safetensors is damaged"):
        Chain.load(tmp_path, 2)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(BundleError, match=r"it has no transitions\.safetensors"):
        Chain.load(tmp_path, 2)
