"""Numbers as they are stored: rounded by known rules, and refused where they are no numbers."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from seqkit.bundle.load import open_bundle
from seqkit.bundle.weights import SCALES, from_stored, rounded, rows_of_a_scale, to_stored
from seqkit.errors import BundleError


def drawn(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


@pytest.mark.parametrize(
    ("columns", "rows"), [(1, 64), (2, 32), (3, 21), (32, 2), (33, 1), (64, 1), (1000, 1)]
)
def test_narrow_rows_share_a_scale(columns, rows):
    assert rows_of_a_scale(columns) == rows


def test_a_row_is_rounded_by_its_greatest_number():
    W = np.zeros((16, 64), np.float32)
    W[0, :5] = [254, -254, 3, 2.9, -0.9]  # of a scale of 2
    W[1, :3] = [0.5, -0.25, 0.001]
    stored = to_stored({"W": W}, "int8")
    assert sorted(stored) == ["W", "W:scales"]
    assert stored["W"].dtype == np.int8
    assert stored["W"].shape == (16, 64)
    assert stored["W:scales"].dtype == np.float32
    assert stored["W:scales"].tolist() == [2, np.float32(0.5 / 127), *[0] * 14]
    # halves go to the even number
    assert stored["W"][0, :6].tolist() == [127, -127, 2, 1, 0, 0]
    assert stored["W"][1, :4].tolist() == [127, -64, 0, 0]
    read = from_stored(stored, "int8")["W"]
    assert read[0, :6].tolist() == [254, -254, 4, 2, 0, 0]
    assert read[2:].tolist() == np.zeros((14, 64)).tolist()


@pytest.mark.parametrize("shape", [(40, 100), (1030, 1), (101, 12), (1, 4096), (300, 63)])
@pytest.mark.parametrize("size", [1, 1e-30, 1e-44, 1e30])
def test_no_number_is_off_by_more_than_half_a_scale(shape, size):
    W = (drawn(*shape) * np.float32(size)).astype(np.float32)
    W *= np.exp(drawn(shape[0], 1, seed=1))  # rows of different sizes
    stored = to_stored({"W": W}, "int8")
    rows = rows_of_a_scale(shape[1])
    scales = np.repeat(stored["W:scales"], rows)[: shape[0], np.newaxis].astype(np.float64)
    assert len(stored["W:scales"]) == -(-shape[0] // rows)
    off = np.abs(from_stored(stored, "int8")["W"].astype(np.float64) - W)
    assert (off <= scales / 2 * (1 + 1e-4)).all()
    if size == 1:
        assert off.max() > scales.min() / 4  # it is rounded at all
        by_group = [np.abs(W[i : i + rows]).max() for i in range(0, len(W), rows)]
        np.testing.assert_allclose(stored["W:scales"], np.array(by_group) / 127, rtol=1e-6)


def test_what_is_no_large_matrix_stays_in_half_precision_and_whole_numbers_whole():
    weights = {
        "bias": drawn(5000),
        "small": drawn(31, 33),
        "cube": drawn(11, 11, 11),
        "large": drawn(32, 32),
        "steps": np.array([2**40]),
    }
    stored = to_stored(weights, "int8")
    kinds = {name: str(array.dtype) for name, array in stored.items()}
    assert kinds == {
        "bias": "float16",
        "small": "float16",
        "cube": "float16",
        "large": "int8",
        "large:scales": "float32",
        "steps": "int64",
    }
    read = from_stored(stored, "int8")
    assert {str(read[name].dtype) for name in ("bias", "small", "cube", "large")} == {"float32"}
    np.testing.assert_array_equal(read["bias"], weights["bias"].astype(np.float16))
    assert read["steps"].tolist() == [2**40]


def test_a_matrix_with_infinite_numbers_keeps_them():
    W = drawn(40, 40)
    W[3, 3] = -np.inf
    stored = to_stored({"W": W}, "int8")
    assert stored["W"].dtype == np.float16
    assert from_stored(stored, "int8")["W"][3, 3] == -np.inf


@pytest.mark.parametrize(
    "weights", [{"W": np.zeros(3, np.int8)}, {"W": drawn(2), f"W{SCALES}": drawn(2)}]
)
def test_what_would_be_taken_for_rounded_weights_is_refused(weights):
    with pytest.raises(BundleError, match=r"can't be stored as int8.*bundle\.weights=float16"):
        to_stored(weights, "int8")
    assert sorted(to_stored(weights, "float16")) == sorted(weights)


def test_other_storages_know_nothing_of_scales():
    stored = {"W": np.zeros((2, 2), np.int8), f"W{SCALES}": np.ones(2, np.float32)}
    assert sorted(from_stored(stored, "float32")) == sorted(stored)


@pytest.mark.parametrize("how", ["float32", "float16", "int8"])
def test_rounded_is_what_a_bundle_gives_back(write, tmp_path, how):
    weights = {"W": drawn(64, 50), "b": drawn(26)}
    write(tmp_path / "m", weights=weights, dtype=how)
    read = open_bundle(tmp_path / "m").weights()
    expected = rounded(weights, how)
    assert sorted(read) == sorted(expected) == ["W", "b"]
    for name in read:
        np.testing.assert_array_equal(read[name], expected[name])
    assert np.array_equal(read["W"], weights["W"]) == (how == "float32")


def test_eight_bits_make_a_quarter_of_the_file(write, tmp_path):
    weights = {"W": drawn(512, 256), "b": drawn(512)}
    for how in ("float32", "int8"):
        write(tmp_path / how, weights=weights, dtype=how)
    whole, small = (
        (tmp_path / h / "weights.safetensors").stat().st_size for h in ("float32", "int8")
    )
    assert small == pytest.approx(whole / 4, rel=0.03)
    card = (tmp_path / "int8" / "README.md").read_text()
    assert f"{(512 * 256 + 4 * 512 + 2 * 512) / 1e6:.1f} MB as int8" in card


@pytest.fixture
def spoil(write, tmp_path):
    """Write a bundle of 32 rows, change its stored arrays, and give the error of reading it."""

    def spoil(**changes):
        write(tmp_path / "m", weights={"W": drawn(32, 40), "b": drawn(26)}, dtype="int8")
        file = tmp_path / "m" / "weights.safetensors"
        arrays = {**load_file(file), **{n.replace("_", ":"): a for n, a in changes.items()}}
        save_file({name: a for name, a in arrays.items() if a is not None}, file)
        with pytest.raises(BundleError) as caught:
            open_bundle(tmp_path / "m").weights()
        assert str(caught.value).startswith(f"{file} is damaged. ")
        return str(caught.value)

    return spoil


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, -1e-9, 1e38])
def test_a_scale_that_is_no_scale_is_damage(spoil, bad):
    scales = np.ones(32, np.float32)
    scales[7] = bad
    assert "a scale of 'W' is not a finite number from 0" in spoil(W_scales=scales)


@pytest.mark.parametrize(
    "scales",
    [np.ones(31, np.float32), np.ones((32, 1), np.float32), np.ones(32, np.float16), drawn(0)],
)
def test_scales_that_do_not_fit_are_damage(spoil, scales):
    assert "'W' of 32 rows needs 32 scales in float32, but has " in spoil(W_scales=scales)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"W_scales": None}, "'W' is int8 and has no scales"),
        ({"W": None}, "'W:scales' are scales of nothing"),
        ({"W": drawn(32, 40)}, "'W' is float32 and has scales, which int8 alone has"),
        ({"W": np.zeros(1280, np.int8)}, "'W' is int8 and no matrix, but of the shape (1280,)"),
        ({"W": np.zeros((32, 0), np.int8)}, "'W' is int8 and no matrix, but of the shape (32, 0)"),
        ({"b": np.zeros(26, np.int8)}, "'b' is int8 and has no scales"),
    ],
)
def test_parts_that_do_not_belong_together_are_damage(spoil, changes, why):
    assert why in spoil(**changes)
